"""The SM-DP+ under test: ES9+ and ES2+ as its peers call them, and orders to begin with."""

import itertools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from certs.authority import Credential
from lpa.core.actions import HttpReply
from scenarios.kit.profile import Profile
from scenarios.model import Inconclusive
from scenarios.parties.answer import Answer
from scenarios.parties.server import HEADERS, Caller
from scenarios.stock import Limits
from wire.activation_code import ActivationCode
from wire.codes import ES2P
from wire.ids import Iccid

_NOT_THERE: Final = [
    (code.subject, code.reason) for code in (ES2P.DOWNLOAD_ORDER.ICCID_UNKNOWN, ES2P.DOWNLOAD_ORDER.ICCID_NOT_AVAILABLE)
]


@dataclass(frozen=True)
class Ordered:
    """A download order at the SM-DP+ under test, and what its user gets."""

    iccid: Iccid
    matching_id: str
    address: str
    confirmation_code: str | None = field(default=None, repr=False)
    eid: str | None = None
    profile: Profile | None = field(default=None, repr=False)

    @property
    def activation_code(self) -> ActivationCode:
        """What the user types or scans."""
        required = self.confirmation_code is not None
        return ActivationCode(self.address, self.matching_id, confirmation_code_required=required)


class SmdpBackend(Protocol):
    """Where the SM-DP+ under test is: in this process, or behind a URL."""

    address: str
    es9: Caller
    es2: Caller
    requester: str

    def new_profile(self, **options: Any) -> Profile | None:
        """A profile that is in its inventory; None where only its own profile types are there."""

    def order_request(self, profile: Profile | None) -> dict[str, Any]:
        """The members of ES2+.DownloadOrder that ask for the profile, or for one of a type."""

    def limited_order(self, profile: Profile, limits: Limits, confirmation_code: str | None) -> Ordered:
        """A Released order of the profile with these limits."""

    def state(self, iccid: str) -> str | None:
        """The state of the profile's order; None where nobody can look."""

    def installation(self, iccid: str, eid: str) -> str | None:
        """What the eUICC last reported of the profile; None where nobody can look."""

    def change(self, **settings: Any) -> None:
        """Run on with other settings (`smdp.core.settings.SmDpSettings`)."""

    def restart(self) -> None:
        """As after a crash: nothing is kept but the database."""

    def messages(self) -> list[tuple[str, dict[str, Any]]]:
        """What it has still to tell other servers: function and members."""

    @property
    def operator(self) -> Credential:
        """What the operator shows on ES2+."""


class Smdp:
    """The SM-DP+ under test.

    given: what a pre-condition is made in; its failure is inconclusive, not a failure of the system under test.
    calls: what the functionCallIdentifiers begin with, another one in every scenario. observe: finds an order's state
    out where nobody can look inside.
    """

    def __init__(
        self,
        backend: SmdpBackend,
        given: Callable[[str], AbstractContextManager[None]],
        calls: str,
        observe: Callable[[Ordered], str],
    ) -> None:
        self.backend = backend
        self._given = given
        self._prefix = calls
        self._observe = observe
        self._calls = itertools.count(1)

    @property
    def address(self) -> str:
        """Its address, as activation codes carry it."""
        return self.backend.address

    # what is asked of it

    def es9(self, function: str, **members: Any) -> Answer:
        """Call an ES9+ function; members that are octets travel as base64, None is left out."""
        return self.backend.es9.call(function, members)

    def es9_raw(self, function: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Call an ES9+ function with this body."""
        return self.backend.es9.raw(function, body, headers=HEADERS if headers is None else headers)

    def asn1(self, message: bytes) -> HttpReply:
        """Send a message of the ASN.1 binding (A2 around the function)."""
        return self.backend.es9.asn1(message)

    def es2(self, function: str, *, requester: str | None = None, call: str | None = None, **members: Any) -> Answer:
        """Call an ES2+ function as the operator; call: the functionCallIdentifier, a new one by default."""
        header = {
            "functionRequesterIdentifier": self.backend.requester if requester is None else requester,
            "functionCallIdentifier": call or self.new_call(),
        }
        return self.backend.es2.call(function, {"header": header, **members}, credential=self.backend.operator)

    def new_call(self) -> str:
        """A functionCallIdentifier that no other call has."""
        return f"{self._prefix}-{next(self._calls)}"

    # pre-conditions, set and verified

    def new_profile(self, **options: Any) -> Profile:
        """A profile in its inventory, Available; options as of `stock.Stocked`. Needs `prepared`."""
        with self._given("a profile in the inventory"):
            profile = self.backend.new_profile(**options)
            if profile is None:
                raise Inconclusive("this SM-DP+ has its own profiles only")
        return profile

    def order(
        self,
        *,
        confirmation_code: str | None = None,
        eid: str | None = None,
        matching_id: str | None = None,
        release: bool = True,
        confirm: bool = True,
        smds_address: str | None = None,
        profile: Profile | None = None,
        **options: Any,
    ) -> Ordered:
        """A profile ordered over ES2+: Released, or (release=False) Confirmed, or (confirm=False) Allocated/Linked.

        matching_id: None lets the SM-DP+ choose, "" is the default SM-DP+ use case (needs `eid`). options describe the
        profile (`stock.Stocked`). Options need `prepared`.
        """
        with self._given("an order at the SM-DP+"):
            offered = profile or self.backend.new_profile(**options)
            answer = self.es2("downloadOrder", eid=eid, **self.backend.order_request(offered))
            if offered is not None and answer.code in _NOT_THERE:
                raise Inconclusive(f"ES2+ downloadOrder: {answer}; load the preparation for this seed before each run")
            self._expect(answer)
            iccid = Iccid(answer.text("iccid"))
            matched = ""
            if confirm:
                answer = self._expect(
                    self.es2(
                        "confirmOrder",
                        iccid=str(iccid),
                        eid=eid,
                        matchingId=matching_id,
                        confirmationCode=confirmation_code,
                        smdsAddress=smds_address,
                        releaseFlag=release,
                    )
                )
                matched = answer.text("matchingId")
            expected = ("Released" if release else "Confirmed") if confirm else ("Linked" if eid else "Allocated")
            found = self.backend.state(str(iccid))
            if found not in (None, expected):
                raise Inconclusive(f"the order is {found}, not {expected}")
        return Ordered(iccid, matched, self.address, confirmation_code, eid, offered)

    def limited_order(self, limits: Limits, confirmation_code: str | None = None) -> Ordered:
        """A Released order with limits that ES2+ has no words for. Needs `prepared`."""
        profile = self.new_profile()
        with self._given("an order at the SM-DP+"):
            return self.backend.limited_order(profile, limits, confirmation_code)

    def _expect(self, answer: Answer) -> Answer:
        if not answer.ok:
            raise Inconclusive(f"ES2+ {answer.function}: {answer}")
        return answer

    def change(self, **settings: Any) -> None:
        """Go on with other settings (`smdp.core.settings.SmDpSettings`). Needs `settings`."""
        self.backend.change(**settings)

    def restart(self) -> None:
        """As after a crash: nothing is kept but the database. Needs `crash`."""
        self.backend.restart()

    # what can be seen of it

    def messages(self) -> list[tuple[str, dict[str, Any]]]:
        """What it has still to tell operators and SM-DSs: (function, members). Needs `inspect`."""
        return self.backend.messages()

    def state(self, order: Ordered) -> str:
        """The order's state ("Released", ...), or the profile's where nothing is ordered.

        A foreign SM-DP+ is asked for it over ES9+ and ES2+ (`parties.observer`), which changes orders that are neither
        Released nor Downloaded: it comes last.
        """
        inside = self.backend.state(str(order.iccid))
        return self._observe(order) if inside is None else inside

    def installation(self, order: Ordered, eid: str) -> str | None:
        """What the eUICC last reported of the profile ("Installed", "Enabled", ...); None where nobody can look."""
        return self.backend.installation(str(order.iccid), eid)
