"""What the core needs from a store. Implementations: smdp.store; tests may bring their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from smdp.core.records import Call, Installation, Operator, Order, Package, Profile, Record, Session


class Conflict(Exception):
    """Somebody else changed one of the records first, or took a unique value; nothing was stored."""


class Store(Protocol):
    """Reads are of committed records; `commit` is one transaction.

    in_process: calls are so short that they need no thread of their own.
    """

    in_process: bool

    def commit(self, *records: Record) -> None:
        """Store all records or none.

        Raises Conflict when one of them is stale, breaks a uniqueness rule, or came of something recalled that is.
        """

    def proved(self) -> bool:
        """False if something recalled since the last commit was stale; the next time it won't be."""

    def session(self, transaction_id: bytes) -> Session | None:
        """The session with this transactionId."""

    def recall_session(self, transaction_id: bytes) -> Session | None:
        """The same, but maybe only as this thread left it: to be proved by `commit` or `proved`."""

    def order(self, order_id: str) -> Order | None:
        """The order with this id, whatever its state."""

    def recall_order(self, order_id: str) -> Order | None:
        """The same, but maybe only as this thread left it: to be proved by `commit` or `proved`."""

    def order_of_profile(self, iccid: str) -> Order | None:
        """The order that holds the profile: the one not ended by CancelOrder."""

    def order_of_matching_id(self, matching_id: str) -> Order | None:
        """The Confirmed, Released or Downloaded order with this non-empty Matching ID."""

    def default_orders(self, eid: str) -> Sequence[Order]:
        """The downloadable orders with an empty Matching ID for this EID, oldest first."""

    def expired_orders_with_event(self, now: datetime) -> Sequence[Order]:
        """The downloadable orders that have expired and still have an event at an SM-DS."""

    def orders(self) -> Sequence[Order]:
        """All orders, oldest first."""

    def profile(self, iccid: str) -> Profile | None:
        """The profile in the inventory."""

    def profiles(self) -> Sequence[Profile]:
        """The whole inventory, by ICCID."""

    def free_profile(self, profile_type: str, operator: str | None = None) -> Profile | None:
        """An Available profile of this type that no order holds, the lowest ICCID first.

        operator: only one that is this operator's or nobody's.
        """

    def profile_types(self) -> dict[str, frozenset[str]]:
        """Every profile type with the operators that own profiles of it."""

    def package(self, iccid: str) -> Package | None:
        """The profile package of a profile."""

    def protected_package(self, iccid: str) -> Package | None:
        """The same without its plaintext, which stays sealed; not to be stored again."""

    def installation(self, iccid: str, eid: str) -> Installation | None:
        """What this eUICC last reported of this profile."""

    def operator(self, identifier: str) -> Operator | None:
        """The registered operator."""

    def operators(self) -> Sequence[Operator]:
        """All registered operators, by their identifier."""

    def call(self, requester: str, identifier: str) -> Call | None:
        """The executed call with this functionCallIdentifier of this requester."""

    def delete_profile(self, iccid: str) -> None:
        """Forget a profile, its package and its orders."""

    def forget_sessions(self, before: datetime) -> int:
        """Remove sessions created before this time that never delivered a package; returns how many."""
