"""The operator's desk: the inventory and the download orders of a lab's SM-DP+, without ES2+.

The order's life is the server's own table (`smdp.core.states`); the desk only applies its events.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lab.errors import ExitCode, LabError
from smdp.core.inventory import hash_confirmation_code, new_matching_id, new_order_id, protected
from smdp.core.messages import Message
from smdp.core.outbox import deletion, registration
from smdp.core.ports import Conflict, Store
from smdp.core.procedure import Ports
from smdp.core.records import Order, Package, Profile
from smdp.core.states import DOWNLOADABLE, ENDED, Event, State, after
from wire.ids import Eid, Iccid, IdentifierError, MatchingId
from wire.ports import Clock, Entropy


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What an order is to be; `matching_id` None lets the desk make one, `default` is the default SM-DP+ use case."""

    iccid: str | None = None
    profile_type: str | None = None
    matching_id: str | None = None
    eid: str | None = None
    confirmation_code: str | None = None
    default: bool = False
    reusable: bool = False
    expires_at: datetime | None = None
    smds_address: str | None = None
    release: bool = True
    download_limit: int | None = None
    confirmation_limit: int | None = None


class Desk:
    """Orders and profiles in a store, in an operator's words."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, ports: Callable[[], Ports]) -> None:
        self.store = store
        self._clock = clock
        self._entropy = entropy
        self.ports = ports  # of the SM-DP+, for what it has to tell an SM-DS; made only where that is needed

    def create_order(self, request: OrderRequest) -> Order:
        """Reserve a profile, confirm the order and (unless told otherwise) release it."""
        profile = self._reserve(request)
        eid = check_eid(request.eid)
        if request.default and not eid:
            raise LabError("a default SM-DP+ order is found by its EID", "add --eid")
        if request.smds_address and not eid:
            raise LabError("an event at an SM-DS waits for one eUICC", "add --eid")
        if request.default and request.matching_id:
            raise LabError("a default SM-DP+ order has no matching id", "leave out --matching-id or --default")
        state = self._step(profile.state, Event.DOWNLOAD_ORDER_WITH_EID if eid else Event.DOWNLOAD_ORDER)
        state = self._step(state, Event.CONFIRM_AND_RELEASE if request.release else Event.CONFIRM_ORDER)
        code = request.confirmation_code
        order = Order(
            order_id=new_order_id(self._entropy),
            iccid=profile.iccid,
            state=state,
            created_at=self._clock.now(),
            operator=profile.operator,
            profile_type=profile.profile_type,
            matching_id="" if request.default else self._matching_id(request.matching_id),
            eid=eid,
            confirmation_code_hash=hash_confirmation_code(code) if code else None,
            expires_at=request.expires_at,
            reusable=request.reusable,
            smds_address=request.smds_address,
        )
        if request.confirmation_limit is not None:
            order = order._replace(confirmation_limit=request.confirmation_limit)
        if request.download_limit is not None:
            order = order._replace(download_limit=request.download_limit)
        return self._commit(order, *self._registration(order))

    def release(self, order: Order) -> Order:
        """ReleaseProfile."""
        released = order._replace(state=self._event(order, Event.RELEASE_PROFILE))
        return self._commit(released, *self._registration(released))

    def cancel(self, order: Order, reusable_profile: bool = True) -> Order:
        """CancelOrder; the profile becomes Available again, or Unavailable."""
        event = Event.CANCEL_TO_AVAILABLE if reusable_profile else Event.CANCEL_TO_UNAVAILABLE
        cancelled = order._replace(state=self._event(order, event))
        profile, package = self.store.profile(order.iccid), self.store.package(order.iccid)
        if profile is None or package is None:
            return self._commit(cancelled)
        message = deletion(self.ports(), order) if order.smds_address and order.state in DOWNLOADABLE else None
        # Keys of the old package may have left the server: the next order gets fresh ones.
        freed = replace(profile, state=cancelled.state), protected(package, self._entropy)
        return self._commit(cancelled, *freed, *([message] if message else []))

    def find_order(self, text: str) -> Order:
        """The order with this id, matching id or activation code, or the one that holds the profile with this ICCID."""
        token = text.split("$")[2] if text.count("$") >= 2 else text
        for order in reversed(self.store.orders()):
            if (token and token in (order.order_id, order.matching_id)) or order.iccid == text.rstrip("F"):
                return order
        raise LabError(f"there is no order {text!r}", "see rsplab order list")

    def profile(self, iccid: str) -> Profile:
        """The profile with this ICCID; LabError if there is none."""
        profile = self.store.profile(check_iccid(iccid))
        if profile is None:
            raise LabError(f"there is no profile {iccid} in the inventory", "see rsplab profile list")
        return profile

    def state_of(self, profile: Profile) -> State:
        """The state of the order that holds the profile, else the profile's own."""
        order = self.store.order_of_profile(profile.iccid)
        return order.state if order else profile.state

    def _reserve(self, request: OrderRequest) -> Profile:
        if request.iccid:
            profile = self.profile(request.iccid)
            if request.profile_type and profile.profile_type != request.profile_type:
                raise LabError(
                    f"profile {profile.iccid} is of type {profile.profile_type!r}, not {request.profile_type!r}",
                    "give only one of --iccid and --profile-type",
                )
            holder = self.store.order_of_profile(profile.iccid)
            if holder is not None and holder.state not in ENDED:
                raise LabError(
                    f"profile {profile.iccid} is held by order {holder.order_id} ({holder.state})",
                    f"{_freed(holder)}, or order another profile",
                )
            if profile.state is not State.AVAILABLE:
                raise LabError(f"profile {profile.iccid} is {profile.state}", "order another profile")
            return profile
        if not request.profile_type:
            raise LabError("an order needs a profile", "add --iccid or --profile-type")
        free = self.store.free_profile(request.profile_type)
        if free is None:
            known = sorted(filter(None, self.store.profile_types()))
            raise LabError(
                f"no profile of type {request.profile_type!r} is available",
                f"types: {', '.join(known) or 'none'}; import or build more",
            )
        return free

    def _matching_id(self, text: str | None) -> str:
        if text is None:
            return new_matching_id(self._entropy)
        try:
            matching_id = str(MatchingId(text))
        except IdentifierError as error:
            raise LabError(f"--matching-id {text!r}: {error}", "use A-Z, 0-9 and hyphens") from None
        if not matching_id:
            raise LabError("an empty matching id is the default SM-DP+ use case", "say --default and --eid instead")
        if self.store.order_of_matching_id(matching_id):
            raise LabError(f"matching id {matching_id} is in use", "choose another, or leave it out")
        return matching_id

    def _event(self, order: Order, event: Event) -> State:
        state = after(order.state, event)
        if state is None:
            message = f"order {order.order_id} is {order.state}: {event} is not possible"
            raise LabError(message, "docs/states.md says what is possible in each state", ExitCode.REFUSED)
        return state

    def _step(self, state: State, event: Event) -> State:
        following = after(state, event)
        if following is None:
            raise LabError(f"a profile in state {state} can't be ordered", "choose another profile")
        return following

    def _registration(self, order: Order) -> list[Message]:
        if not order.smds_address or order.state not in DOWNLOADABLE:
            return []
        message = registration(self.ports(), order)
        return [message] if message else []

    def _commit(self, order: Order, *others: Profile | Package | Message) -> Order:
        try:
            self.store.commit(order, *others)
        except Conflict as error:
            raise LabError(f"the order changed meanwhile: {error}", "look at it and try again") from None
        return self.store.order(order.order_id) or order


def check_eid(text: str | None) -> str | None:
    """An EID with right check digits, or None; LabError says what is wrong."""
    if text is None:
        return None
    try:
        return str(Eid(text))
    except IdentifierError as error:
        raise LabError(f"EID {text!r}: {error}", "an EID has 32 digits, the last two being check digits") from None


def check_iccid(text: str) -> str:
    """An ICCID without its filler; LabError says what is wrong."""
    try:
        return str(Iccid(text))
    except IdentifierError as error:
        raise LabError(f"ICCID {text!r}: {error}", "an ICCID has 18 to 20 digits") from None


def _freed(holder: Order) -> str:
    """How to get at the profile that an order holds."""
    if after(holder.state, Event.CANCEL_TO_AVAILABLE):
        return f"cancel that order first (rsplab order cancel {holder.order_id})"
    return f"make it anew (rsplab profile delete {holder.iccid}, or rsplab provision)"
