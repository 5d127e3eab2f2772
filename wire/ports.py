"""The ports through which every core meets the world; implementations live with the roles' drivers and in lab.

A core never reads a clock, random numbers, keys or files itself. With a seeded `Entropy`, a fixed `Clock` and
deterministic signatures (RFC 6979) a whole session is byte-identical on every run. Scenarios wrap these ports to
inject faults; no product code knows about that.
"""

from datetime import datetime
from typing import NamedTuple, Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, timezone-aware, UTC."""


class Entropy(Protocol):
    def octets(self, count: int) -> bytes:
        """`count` random octets."""


class Signed(NamedTuple):
    """What goes on the wire: the data and its signature (raw r||s, 64 octets)."""

    data: bytes
    signature: bytes


class Signer(Protocol):
    def sign(self, what: str, data: bytes, suffix: bytes = b"") -> Signed:
        """Sign `data || suffix` with ECDSA-SHA256; `what` is the ASN.1 name of the signed object.

        Callers send `Signed.data`, not their own copy: a wrapped signer may have changed it.
        """


class Vault(Protocol):
    """Keeps secrets at rest; the place says what a secret is, and a sealed one opens for its own place only."""

    def seal(self, secret: bytes, place: str) -> bytes:
        """The secret as it may be stored."""

    def open(self, sealed: bytes, place: str) -> bytes:
        """The secret again."""


class Trace(Protocol):
    def record(self, kind: str, session: str, **fields: object) -> None:
        """Note one event of a session; docs/trace.md lists the kinds and their fields.

        session: the transactionId in upper-case hex, or "" while there is none. bytes values are given as bytes;
        the writer decodes, redacts and encodes them.
        """
