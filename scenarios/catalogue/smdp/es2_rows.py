"""ES2+: ownership, profile types, states and events."""

from dataclasses import replace

from scenarios import Stage, scenario
from scenarios.grounds import EID, OTHER_EID
from wire.codes import ES2P, ES9P
from wire.es10 import CancelSessionReason

SPEC = "SGP.22 v2.5 section 5.3.1, 3.1.6"
CONFIRM, CANCEL = "SGP.22 v2.5 section 5.3.2, 3.1.6", "SGP.22 v2.5 section 5.3.3, 3.1.6"
RELEASE = "SGP.22 v2.5 section 5.3.4, 3.1.6"
STRANGER = "2.999.99"


@scenario("smdp.es2.download_order.of_another", spec=SPEC, tests="smdp", needs="es2, prepared")
def of_another(s: Stage) -> None:
    """A profile of another operator is refused with 8.2.1/1.2."""
    profile = s.smdp.new_profile(owner=STRANGER)
    s.refused(s.smdp.es2("downloadOrder", iccid=str(profile.iccid)), ES2P.DOWNLOAD_ORDER.ICCID_NOT_ALLOWED)


@scenario("smdp.es2.download_order.by_type", spec=SPEC, tests="smdp", needs="es2, prepared")
def by_type(s: Stage) -> None:
    """By profile type a free profile of it is ordered; when none is left, 8.2.5/3.7."""
    profile = s.smdp.new_profile(profile_type="SINGLE")
    answer = s.accepted(s.smdp.es2("downloadOrder", profileType="SINGLE"))
    s.equal("the ICCID", str(profile.iccid), answer.text("iccid").rstrip("F"))
    s.refused(s.smdp.es2("downloadOrder", profileType="SINGLE"), ES2P.DOWNLOAD_ORDER.PROFILE_TYPE_EXHAUSTED)


@scenario("smdp.es2.download_order.type_unknown", spec=SPEC, tests="smdp", needs="es2")
def type_unknown(s: Stage) -> None:
    """A profile type that isn't there is refused with 8.2.5/3.9."""
    s.refused(s.smdp.es2("downloadOrder", profileType="NONE"), ES2P.DOWNLOAD_ORDER.PROFILE_TYPE_UNKNOWN)


@scenario("smdp.es2.download_order.type_mismatch", spec=SPEC, tests="smdp", needs="es2, prepared")
def type_mismatch(s: Stage) -> None:
    """An ICCID that isn't of the profile type is refused with 8.2.5/3.8."""
    profile = s.smdp.new_profile(profile_type="OWN")
    s.smdp.new_profile(profile_type="OTHER")
    answer = s.smdp.es2("downloadOrder", iccid=str(profile.iccid), profileType="OTHER")
    s.refused(answer, ES2P.DOWNLOAD_ORDER.PROFILE_TYPE_MISMATCH)


@scenario("smdp.es2.download_order.type_of_another", spec=SPEC, tests="smdp", needs="es2, prepared")
def type_of_another(s: Stage) -> None:
    """A profile type of another operator is refused with 8.2.5/1.2."""
    s.smdp.new_profile(profile_type="ANOTHERS", owner=STRANGER)
    s.refused(s.smdp.es2("downloadOrder", profileType="ANOTHERS"), ES2P.DOWNLOAD_ORDER.PROFILE_TYPE_NOT_ALLOWED)


@scenario("smdp.es2.download_order.nothing", spec=SPEC, tests="smdp", needs="es2")
def nothing(s: Stage) -> None:
    """DownloadOrder with neither ICCID nor profile type is refused with 8.2.1/2.3."""
    s.refused(s.smdp.es2("downloadOrder"), ES2P.DOWNLOAD_ORDER.ICCID_OR_PROFILE_TYPE_MISSING)


@scenario("smdp.es2.call_reused", spec="SGP.22 v2.5 section 5.2.6, 5.3", tests="smdp", needs="es2, prepared")
def call_reused(s: Stage) -> None:
    """A functionCallIdentifier that was used for another call isn't answered as that one."""
    first, second, call = s.smdp.new_profile(), s.smdp.new_profile(), s.smdp.new_call()
    s.accepted(s.smdp.es2("downloadOrder", call=call, iccid=str(first.iccid)))
    again = s.smdp.es2("downloadOrder", call=call, iccid=str(second.iccid))
    told = again.ok and again.text("iccid").rstrip("F") == str(first.iccid)
    s.check(not told, "the other profile's order isn't confirmed with the first one's ICCID")


@scenario("smdp.es2.confirm_order.not_released", spec=CONFIRM, tests="smdp", needs="es2, orders")
def not_released(s: Stage) -> None:
    """ConfirmOrder without releaseFlag leaves the order Confirmed; with it, Released."""
    for flag, expected in ((False, "Confirmed"), (True, "Released")):
        order = s.smdp.order(confirm=False)
        answer = s.accepted(s.smdp.es2("confirmOrder", iccid=str(order.iccid), releaseFlag=flag))
        confirmed = replace(order, matching_id=answer.text("matchingId"))
        s.equal("the order's state", expected, s.smdp.state(confirmed))


@scenario("smdp.es2.confirm_order.twice", spec=CONFIRM, tests="smdp", needs="es2, orders")
def confirm_twice(s: Stage) -> None:
    """ConfirmOrder of a released order is refused with 8.2.1/3.3."""
    order = s.smdp.order()
    s.refused(s.smdp.es2("confirmOrder", iccid=str(order.iccid), releaseFlag=True), ES2P.CONFIRM_ORDER.INVALID_STATE)


@scenario("smdp.es2.confirm_order.event", spec=f"{CONFIRM}, 3.6", tests="smdp", needs="es2, orders, inspect")
def event(s: Stage) -> None:
    """An order with an SM-DS registers its event when it is released, be it by ConfirmOrder or ReleaseProfile."""
    for release in (True, False):
        before = len(s.smdp.messages())
        order = s.smdp.order(eid=EID, smds_address="smds.example.com", release=release)
        if not release:
            s.equal("messages before the release", before, len(s.smdp.messages()))
            s.accepted(s.smdp.es2("releaseProfile", iccid=str(order.iccid)))
        told = s.smdp.messages()[before:]
        s.equal("the EIDs registered", [EID], [members.get("eid") for _, members in told])


@scenario("smdp.es2.release_profile.twice", spec=RELEASE, tests="smdp", needs="es2, orders")
def release_twice(s: Stage) -> None:
    """ReleaseProfile of a released order is refused with 8.2.1/3.5."""
    order = s.smdp.order()
    s.refused(s.smdp.es2("releaseProfile", iccid=str(order.iccid)), ES2P.RELEASE_PROFILE.INVALID_STATE)


@scenario("smdp.es2.cancel_order.downloaded", spec=CANCEL, tests="smdp", needs="es2, orders")
def cancel_downloaded(s: Stage) -> None:
    """CancelOrder while a download is under way is refused with 8.2.1/3.3."""
    order = s.smdp.order()
    s.session().reach("bound", order)
    answer = s.smdp.es2("cancelOrder", iccid=str(order.iccid), finalProfileStatusIndicator="Available")
    s.refused(answer, ES2P.CANCEL_ORDER.INVALID_STATE)


@scenario("smdp.es2.cancel_order.unavailable", spec=CANCEL, tests="smdp", needs="es2, orders")
def cancel_unavailable(s: Stage) -> None:
    """A profile that was cancelled as Unavailable can't be ordered again."""
    order = s.smdp.order()
    answer = s.smdp.es2("cancelOrder", iccid=str(order.iccid), finalProfileStatusIndicator="Unavailable")
    s.accepted(answer)
    s.refused(s.smdp.es2("downloadOrder", iccid=str(order.iccid)), ES2P.DOWNLOAD_ORDER.ICCID_NOT_AVAILABLE)


@scenario("smdp.es2.cancel_order.other_eid", spec=CANCEL, tests="smdp", needs="es2, orders")
def cancel_other_eid(s: Stage) -> None:
    """CancelOrder with another EID is refused with 8.2.1/3.10; the order stays."""
    order = s.smdp.order(eid=EID)
    answer = s.smdp.es2("cancelOrder", iccid=str(order.iccid), eid=OTHER_EID, finalProfileStatusIndicator="Available")
    s.refused(answer, ES2P.CANCEL_ORDER.EID_MISMATCH)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es2.cancel_order.other_matching_id", spec=CANCEL, tests="smdp", needs="es2, orders")
def cancel_other_matching_id(s: Stage) -> None:
    """CancelOrder with another Matching ID is refused with 8.2.6/3.10; the order stays."""
    order = s.smdp.order()
    answer = s.smdp.es2(
        "cancelOrder", iccid=str(order.iccid), matchingId="ANOTHER", finalProfileStatusIndicator="Available"
    )
    s.refused(answer, ES2P.CANCEL_ORDER.MATCHING_ID_MISMATCH)
    s.accepted(s.session().authenticate(order))


@scenario("smdp.es9.initiate.svn_short", spec="SGP.22 v2.5 section 5.6.1", tests="smdp")
def svn_short(s: Stage) -> None:
    """An SVN of two octets is no VersionType: refused."""
    s.check(not s.session(svn=b"\x02\x05").initiate().ok, "it is refused")


@scenario(
    "smdp.es9.authenticate.other_ci", spec="SGP.22 v2.5 section 5.6.3, 4.5.2", tests="smdp", needs="orders, brainpool"
)
def other_ci(s: Stage) -> None:
    """A chain under another CI than euiccCiPKIdToBeUsed is refused."""
    codes = ES9P.AUTHENTICATE_CLIENT
    answer = s.session(curve="BRP", signing=(s.pki.ci("NIST").ski,)).authenticate(s.smdp.order())
    s.refused_with(answer, codes.CI_PK_UNKNOWN, codes.EUM_CERTIFICATE_INVALID, codes.EUICC_CERTIFICATE_INVALID)


@scenario("smdp.es9.states.downloaded", spec="SGP.22 v2.5 section 3.1.6", tests="smdp", needs="orders")
def downloaded(s: Stage) -> None:
    """The order is Released, then Downloaded with its package, then Installed with the result."""
    order, seen = s.smdp.order(), []
    session = s.session().reach("authenticated", order)
    seen.append(s.smdp.state(order))
    s.accepted(session.get_package())
    seen.append(s.smdp.state(order))
    s.accepted(session.report())
    s.equal("the states", ["Released", "Downloaded", "Installed"], [*seen, s.smdp.state(order)])


@scenario("smdp.es9.cancel.another_order", spec="SGP.22 v2.5 section 5.6.5", tests="smdp", needs="orders")
def another_order(s: Stage) -> None:
    """A cancellation ends its own order only."""
    mine, other = s.smdp.order(), s.smdp.order()
    s.accepted(s.session().reach("authenticated", mine).cancel(CancelSessionReason.endUserRejection))
    s.accepted(s.session().authenticate(other))
