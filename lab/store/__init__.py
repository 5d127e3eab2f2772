"""What the management of a lab keeps: profiles, devices, operations, events, webhooks, keys, audit, in one database."""

from lab.store.ledger import Ledger, Transaction, open_ledger

__all__ = ["Ledger", "Transaction", "open_ledger"]
