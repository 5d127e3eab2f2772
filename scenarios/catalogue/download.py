"""Profile download: the good case and what each party refuses."""

from dataclasses import replace

from lpa.core.actions import Decision
from lpa.core.errors import UserDeclined, WrongHost
from scenarios.expect import raised, refused_by_server
from scenarios.model import check, scenario
from scenarios.world import World
from wire.codes import ES9P


@scenario("sanity.download", spec="SGP.22 v2.5 section 3.1.3", tests="smdp, euicc, lpa")
def nominal(world: World) -> None:
    """A profile is ordered, downloaded, installed, and the installation reported."""
    card, order = world.card(), world.order()
    done = world.download(card, world.activation_code(order))
    check(world.profiles(card) == {order.iccid: "disabled"}, "the card has the profile, disabled")
    check(world.order_state(order) == "Installed", "the order is Installed")
    check(all(item.delivered for item in done.deliveries), "every notification was acknowledged")
    check(not world.look(card)["notifications"], "no notification is left on the card")


@scenario("download.matching_id.unknown", spec="SGP.22 v2.5 section 5.6.3", tests="smdp")
def unknown_matching_id(world: World) -> None:
    """A Matching ID that no order has is refused with 8.2.6/3.8, and nothing changes."""
    card, order = world.card(), world.order()
    code = replace(world.activation_code(order), matching_id="NO-SUCH-ORDER")
    with refused_by_server(ES9P.AUTHENTICATE_CLIENT.MATCHING_ID_REFUSED):
        world.download(card, code)
    check(world.order_state(order) == "Released", "the other order is untouched")
    check(world.profiles(card) == {}, "the card is untouched")


@scenario("download.confirmation_code.wrong", spec="SGP.22 v2.5 section 5.6.2, 4.7", tests="smdp")
def wrong_confirmation_code(world: World) -> None:
    """A wrong Confirmation Code is refused with 8.2.7/3.8; the right one then works."""
    card, order = world.card(), world.order(confirmation_code="4711")
    with refused_by_server(ES9P.GET_BOUND_PROFILE_PACKAGE.CONFIRMATION_CODE_REFUSED):
        world.download(card, world.activation_code(order), confirmation_code="0815")
    check(world.order_state(order) == "Released", "the order may be tried again")
    world.download(card, world.activation_code(order), confirmation_code="4711")
    check(world.profiles(card) == {order.iccid: "disabled"}, "the right code installs the profile")


@scenario("download.user.rejects", spec="SGP.22 v2.5 section 3.0.2, 5.7.14", tests="lpa, smdp")
def user_rejects(world: World) -> None:
    """The user rejects: the session is cancelled, the order ends, the card stays empty."""
    card, order = world.card(), world.order()
    code = world.activation_code(order)
    raised(UserDeclined, lambda: world.download(card, code, decision=Decision.REJECT))
    check(world.order_state(order) == "Error", "endUserRejection is terminal for the order")
    check(world.profiles(card) == {}, "the card is untouched")


@scenario("download.user.postpones", spec="SGP.22 v2.5 section 3.0.2, 5.7.14", tests="lpa, smdp")
def user_postpones(world: World) -> None:
    """The user postpones: the order stays released and may be downloaded later."""
    card, order = world.card(), world.order()
    code = world.activation_code(order)
    raised(UserDeclined, lambda: world.download(card, code, decision=Decision.POSTPONE))
    check(world.order_state(order) == "Released", "postponed leaves the order alone")
    world.download(card, code)
    check(world.order_state(order) == "Installed", "a later download succeeds")


@scenario("download.tls.wrong_host", spec="SGP.22 v2.5 section 2.6.6", tests="lpa")
def wrong_tls_host(world: World) -> None:
    """A server whose certificate names another host is left before anything is said."""
    card, order = world.card(), world.order()
    port = world.activation_code(order).smdp_address.partition(":")[2]
    code = replace(world.activation_code(order), smdp_address=f"127.0.0.1:{port}")
    raised(WrongHost, lambda: world.download(card, code))
    check(world.order_state(order) == "Released", "the server has heard nothing of it")
