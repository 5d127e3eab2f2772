"""ES2+: DownloadOrder, ConfirmOrder, ReleaseProfile, CancelOrder."""

from scenarios import Stage, scenario
from scenarios.grounds import EID, OTHER_EID
from wire.codes import ES2P, GENERIC

DOWNLOAD = "SGP.22 v2.5 section 5.3.1, 3.1.6"
CONFIRM = "SGP.22 v2.5 section 5.3.2, 3.1.6"
CANCEL = "SGP.22 v2.5 section 5.3.3, 3.1.6"
RELEASE = "SGP.22 v2.5 section 5.3.4, 3.1.6"
UNKNOWN = "89990000000000000009"


@scenario("smdp.es2.download_order.unknown_iccid", spec=DOWNLOAD, tests="smdp", needs="es2")
def unknown_iccid(s: Stage) -> None:
    """DownloadOrder for an ICCID that isn't in the inventory is refused with 8.2.1/3.9."""
    s.refused(s.smdp.es2("downloadOrder", iccid=UNKNOWN), ES2P.DOWNLOAD_ORDER.ICCID_UNKNOWN)


@scenario("smdp.es2.download_order.twice", spec=DOWNLOAD, tests="smdp", needs="es2")
def ordered_twice(s: Stage) -> None:
    """DownloadOrder for a profile that an order holds already is refused with 8.2.1/3.3."""
    order = s.smdp.order(confirm=False)
    s.refused(s.smdp.es2("downloadOrder", iccid=str(order.iccid)), ES2P.DOWNLOAD_ORDER.ICCID_NOT_AVAILABLE)
    s.equal("the order's state", "Allocated", s.smdp.state(order))


@scenario("smdp.es2.download_order.same_call", spec=DOWNLOAD, tests="smdp", needs="es2, prepared")
def same_call(s: Stage) -> None:
    """The same call again (same functionCallIdentifier) is answered as it was the first time."""
    profile, call = s.smdp.new_profile(), s.smdp.new_call()
    first = s.accepted(s.smdp.es2("downloadOrder", call=call, iccid=str(profile.iccid)))
    again = s.accepted(s.smdp.es2("downloadOrder", call=call, iccid=str(profile.iccid)))
    s.equal("the answer", first.body, again.body)


@scenario("smdp.es2.download_order.with_eid", spec=DOWNLOAD, tests="smdp", needs="es2")
def with_eid(s: Stage) -> None:
    """DownloadOrder with an EID leaves the profile Linked; without one, Allocated."""
    s.equal("with an EID", "Linked", s.smdp.state(s.smdp.order(eid=EID, confirm=False)))
    s.equal("without one", "Allocated", s.smdp.state(s.smdp.order(confirm=False)))


@scenario("smdp.es2.confirm_order.matching_id_in_use", spec=CONFIRM, tests="smdp", needs="es2, orders")
def matching_id_in_use(s: Stage) -> None:
    """ConfirmOrder with the Matching ID of another live order is refused with 8.2.6/3.3."""
    first, second = s.smdp.order(), s.smdp.order(confirm=False)
    answer = s.smdp.es2("confirmOrder", iccid=str(second.iccid), matchingId=first.matching_id, releaseFlag=True)
    s.refused(answer, ES2P.CONFIRM_ORDER.MATCHING_ID_IN_USE)


@scenario("smdp.es2.confirm_order.default_without_eid", spec=CONFIRM, tests="smdp", needs="es2, default_orders")
def default_without_eid(s: Stage) -> None:
    """The default SM-DP+ use case (empty Matching ID) needs an EID: 8.1.1/2.2."""
    order = s.smdp.order(confirm=False)
    answer = s.smdp.es2("confirmOrder", iccid=str(order.iccid), matchingId="", releaseFlag=True)
    s.refused(answer, ES2P.CONFIRM_ORDER.EID_MISSING)


@scenario("smdp.es2.confirm_order.other_eid", spec=CONFIRM, tests="smdp", needs="es2, orders")
def other_eid(s: Stage) -> None:
    """ConfirmOrder with another EID than DownloadOrder's is refused with 8.1.1/3.10."""
    order = s.smdp.order(eid=EID, confirm=False)
    answer = s.smdp.es2("confirmOrder", iccid=str(order.iccid), eid=OTHER_EID, releaseFlag=True)
    s.refused(answer, ES2P.CONFIRM_ORDER.EID_MISMATCH)


@scenario("smdp.es2.release_profile.nominal", spec=RELEASE, tests="smdp", needs="es2, orders")
def release(s: Stage) -> None:
    """A Confirmed order is not downloadable; ReleaseProfile makes it so."""
    order = s.smdp.order(release=False)
    s.check(not s.session().authenticate(order).ok, "a Confirmed order can't be downloaded")
    s.accepted(s.smdp.es2("releaseProfile", iccid=str(order.iccid)))
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es2.release_profile.allocated", spec=RELEASE, tests="smdp", needs="es2, orders")
def release_allocated(s: Stage) -> None:
    """ReleaseProfile of an order that isn't confirmed is refused with 8.2.1/3.5."""
    order = s.smdp.order(confirm=False)
    s.refused(s.smdp.es2("releaseProfile", iccid=str(order.iccid)), ES2P.RELEASE_PROFILE.INVALID_STATE)


@scenario("smdp.es2.cancel_order.available", spec=CANCEL, tests="smdp", needs="es2, orders")
def cancel(s: Stage) -> None:
    """CancelOrder ends the order: its Matching ID is dead, and the profile may be ordered again."""
    order = s.smdp.order()
    answer = s.smdp.es2(
        "cancelOrder",
        iccid=str(order.iccid),
        matchingId=order.matching_id,
        finalProfileStatusIndicator="Available",
    )
    s.accepted(answer)
    s.check(not s.session().authenticate(order).ok, "the Matching ID no longer leads to the order")
    s.accepted(s.smdp.es2("downloadOrder", iccid=str(order.iccid)))


@scenario("smdp.es2.cancel_order.installed", spec=CANCEL, tests="smdp", needs="es2, orders")
def cancel_installed(s: Stage) -> None:
    """CancelOrder of an installed profile is refused with 8.2.1/3.3."""
    order = s.smdp.order()
    with s.given("an installed profile"):
        s.session().download(order)
    answer = s.smdp.es2(
        "cancelOrder",
        iccid=str(order.iccid),
        matchingId=order.matching_id,
        finalProfileStatusIndicator="Unavailable",
    )
    s.refused(answer, ES2P.CANCEL_ORDER.INVALID_STATE)


@scenario("smdp.es2.caller_unknown", spec="SGP.22 v2.5 section 5.2.6, 5.3", tests="smdp", needs="es2")
def caller_unknown(s: Stage) -> None:
    """A functionRequesterIdentifier that nobody registered is refused with 1.1/3.9."""
    s.refused(s.smdp.es2("downloadOrder", requester="2.999.77", iccid=UNKNOWN), GENERIC.UNKNOWN_CALLER)
