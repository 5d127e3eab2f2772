"""The SM-DP+ side of a profile: its package in the inventory, its order, its activation code."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lab.clock import SystemEntropy
from lab.desk import Desk, OrderRequest
from lab.errors import LabError
from lab.inventory import RULES, add_profile, fresh_parameters
from lab.managers.errors import invalid, not_permitted
from lab.managers.settings import ApiSettings
from lab.services import capability_bits
from lab.views import activation_code
from smdp.core.inventory import hash_confirmation_code, new_matching_id, new_package
from smdp.core.ports import Conflict
from smdp.core.records import Order, Profile, Requirements
from smdp.core.states import DOWNLOADABLE, Event, State, after
from smdp.profiles import Algorithm, ParameterError, ProfileParameters, build_package, metadata, read_package
from wire.es10 import PprIds, ProfileClass
from wire.ids import Iccid
from wire.ports import Clock, Entropy

PROFILE_CLASSES = {
    "OPERATIONAL": ProfileClass.operational,
    "PROVISIONING": ProfileClass.provisioning,
    "TESTING": ProfileClass.test,
}
POLICIES = {"PPR1": RULES["ppr1"], "PPR2": RULES["ppr2"], "PPR_UPDATE_CONTROL": RULES["update_control"]}
TEST_KEY = bytes(range(16))
"""K of test profiles, as GSMA TS.48 publishes it: cards take test profiles with published keys only."""
_FIELDS = {"service_provider_name": "mno", "profile_name": "metadata.name", "icon": "metadata.icon"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A profile that is to be made."""

    iccid: str
    eid: str
    profile_type: str
    mno: str
    name: str
    icon: bytes | None = None
    policies: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CodeTerms:
    """What an activation code allows; None for the lab's defaults."""

    expires_at: datetime | None = None
    max_uses: int | None = None
    confirmation_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """An activation code with what its order still allows."""

    activation_code: str
    iccid: str
    eid: str
    state: str
    expires_at: datetime | None
    remaining_uses: int
    confirmation_code_required: bool
    created_at: datetime


class OrderDesk:
    """Orders as the management gives them; everything it changes is the SM-DP+'s own truth."""

    def __init__(
        self,
        desk: Desk,
        address: Callable[[], str],
        own_names: Callable[[], frozenset[str]],
        clock: Clock,
        settings: ApiSettings,
    ) -> None:
        self._desk = desk
        self._store = desk.store
        self._address = address  # the SM-DP+'s address, as it is now
        self._own_names = own_names
        self._clock = clock
        self._settings = settings
        self._entropy: Entropy = SystemEntropy()

    def place(self, wanted: Wanted, terms: CodeTerms, made_before: bool) -> IssuedCode:
        """Put the profile into the inventory (or take the one that is there) and order it.

        made_before: an earlier profile with this ICCID was deleted, so what is left of it makes way.
        """
        if made_before:
            self._store.delete_profile(wanted.iccid)
        try:
            present = self._store.profile(wanted.iccid)
            if present is None:
                self._build(wanted)
            else:
                self._adopt(present, wanted)
        except ParameterError as error:
            raise invalid(_FIELDS.get(error.field, error.field), f"{error.problem}; {error.remedy}") from None
        return self._order(wanted.iccid, wanted.eid, terms)

    def new_code(self, iccid: str, eid: str, terms: CodeTerms) -> IssuedCode:
        """Another activation code for a profile that isn't installed; the one before is void."""
        order = self._store.order_of_profile(iccid)
        if order is None:
            return self._order(iccid, eid, terms)
        if order.state not in DOWNLOADABLE:
            self._withdraw(order)
            return self._order(iccid, eid, terms)
        code = terms.confirmation_code
        renewed = order._replace(
            matching_id=new_matching_id(self._entropy),
            expires_at=self._expiry(terms),
            download_limit=order.download_attempts + (terms.max_uses or self._settings.max_uses),
            confirmation_code_hash=hash_confirmation_code(code) if code else None,
            confirmation_failures=0,
        )
        try:
            self._store.commit(renewed)
        except Conflict as error:
            raise not_permitted(f"the order changed meanwhile: {error}") from None
        return self.issued(renewed)

    def is_own_host(self, name: str) -> bool:
        """True for a name of the lab's SM-DP+."""
        return name.lower() in self._own_names()

    def find_code(self, matching_id: str) -> IssuedCode | None:
        """What the order behind this activation code allows."""
        order = self._store.order_of_matching_id(matching_id) or next(
            (order for order in reversed(self._store.orders()) if order.matching_id == matching_id), None
        )
        return self.issued(order) if order else None

    def remove(self, iccid: str) -> None:
        """Withdraw the order of a profile that never reached a card, and forget the profile."""
        order = self._store.order_of_profile(iccid)
        if order is not None and after(order.state, Event.CANCEL_TO_UNAVAILABLE):
            self._desk.cancel(order, reusable_profile=False)
        self._store.delete_profile(iccid)

    def is_installed(self, iccid: str) -> bool:
        """True if the SM-DP+ knows that a card has installed it."""
        order = self._store.order_of_profile(iccid)
        return order is not None and order.state is State.INSTALLED

    def profile(self, iccid: str) -> Profile | None:
        """The profile in the inventory."""
        return self._store.profile(iccid)

    def issued(self, order: Order) -> IssuedCode:
        """An order as its activation code."""
        uses = (order.download_limit or 0) - order.download_attempts if order.state in DOWNLOADABLE else 0
        return IssuedCode(
            activation_code=activation_code(order, self._address()),
            iccid=order.iccid,
            eid=order.eid or "",
            state=str(order.state),
            expires_at=order.expires_at,
            remaining_uses=max(0, uses),
            confirmation_code_required=order.confirmation_code_hash is not None,
            created_at=order.created_at,
        )

    def _order(self, iccid: str, eid: str, terms: CodeTerms) -> IssuedCode:
        request = OrderRequest(
            iccid=iccid,
            eid=eid,
            confirmation_code=terms.confirmation_code,
            expires_at=self._expiry(terms),
            download_limit=terms.max_uses or self._settings.max_uses,
        )
        try:
            return self.issued(self._desk.create_order(request))
        except LabError as error:
            raise not_permitted(error.message, hint=error.hint) from None

    def _withdraw(self, order: Order) -> None:
        try:
            self._desk.cancel(order)
        except LabError as error:
            raise not_permitted(error.message) from None

    def _expiry(self, terms: CodeTerms) -> datetime:
        if terms.expires_at is not None and terms.expires_at <= self._clock.now():
            raise invalid("expiresAt", "lies in the past")
        return terms.expires_at or self._clock.now() + timedelta(days=self._settings.activation_code_days)

    def _build(self, wanted: Wanted) -> None:
        fresh = fresh_parameters(self._entropy)
        tuak = "TUAK" in wanted.features
        parameters = ProfileParameters(
            iccid=Iccid(wanted.iccid),
            imsi=fresh["imsi"],
            k=TEST_KEY if wanted.profile_type == "TESTING" else bytes.fromhex(fresh["k"]),
            algorithm=Algorithm.TUAK if tuak else Algorithm.MILENAGE,
            opc=None if tuak else bytes.fromhex(fresh["opc"]),
            topc=self._entropy.octets(32) if tuak else None,
            isim=bool(wanted.features & {"ISIM", "VOLTE"}),
            df_5gs="5G" in wanted.features,
            service_provider_name=wanted.mno,
            profile_name=wanted.name,
            profile_class=PROFILE_CLASSES[wanted.profile_type],
            icon=wanted.icon,
            policy_rules=_rules(wanted.policies),
        )
        upp = build_package(parameters)
        info = read_package(upp)
        profile = Profile(
            iccid=wanted.iccid,
            metadata=metadata(parameters, self._address()),
            requirements=Requirements(
                package_version=(*info.version, 0),
                services=capability_bits(info.services),
                install_octets=info.estimated_installed_octets,
            ),
            profile_type=wanted.profile_type,
        )
        try:
            add_profile(self._store, profile, new_package(wanted.iccid, upp, self._entropy))
        except LabError as error:
            raise not_permitted(error.message) from None

    def _adopt(self, profile: Profile, wanted: Wanted) -> None:
        """Take a profile that was imported; what the caller says of it prevails over the package."""
        order, package = self._store.order_of_profile(wanted.iccid), self._store.package(wanted.iccid)
        if order is not None:
            if order.state is not State.RELEASED or order.eid != wanted.eid:
                raise not_permitted(f"profile {wanted.iccid} is held by an order that is {order.state}")
            self._withdraw(order)
            profile = self._store.profile(wanted.iccid) or profile
        if package is None:
            raise not_permitted(f"profile {wanted.iccid} has no package")
        described = metadata(
            read_package(package.upp),
            self._address(),
            service_provider_name=wanted.mno,
            profile_name=wanted.name,
            profile_class=PROFILE_CLASSES[wanted.profile_type],
            icon=wanted.icon,
            policy_rules=_rules(wanted.policies),
        )
        self._store.commit(replace(profile, metadata=described, profile_type=wanted.profile_type))


def _rules(policies: frozenset[str]) -> PprIds:
    rules = PprIds(0)
    for name in policies:
        rules |= POLICIES[name]
    return rules
