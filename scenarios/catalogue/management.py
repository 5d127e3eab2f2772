"""Local profile management, and what the SM-DP+ hears of it."""

from lpa.core.errors import CardRefused
from scenarios.expect import raised
from scenarios.model import check, scenario
from scenarios.world import World
from wire.es10 import EnableResult


@scenario("management.enable_disable_delete", spec="SGP.22 v2.5 section 3.2", tests="euicc, lpa, smdp")
def enable_disable_delete(world: World) -> None:
    """Enable, disable, delete: the card's state, and each step reported to the SM-DP+."""
    card, order = world.card(), world.order()
    world.download(card, world.activation_code(order))
    world.enable(card, order.iccid)
    check(world.profiles(card) == {order.iccid: "enabled"}, "enabled")
    check(world.reported(order, card) == "Enabled", "the SM-DP+ knows that it is enabled")
    refused = raised(CardRefused, lambda: world.enable(card, order.iccid))
    check(refused.code == EnableResult.profileNotInDisabledState, "enabling twice is refused")
    world.disable(card, order.iccid)
    check(world.reported(order, card) == "Disabled", "the SM-DP+ knows that it is disabled")
    world.delete(card, order.iccid)
    check(world.profiles(card) == {}, "deleted")
    check(world.reported(order, card) == "Deleted", "the SM-DP+ knows that it is deleted")


@scenario("management.switch", spec="SGP.22 v2.5 section 3.2.1", tests="euicc")
def switch(world: World) -> None:
    """Enabling a profile disables the one that was enabled; there is never more than one."""
    card, orders = world.card(), [world.order(), world.order()]
    for order in orders:
        world.download(card, world.activation_code(order))
        world.enable(card, order.iccid)
    check(world.profiles(card) == {orders[0].iccid: "disabled", orders[1].iccid: "enabled"}, "only the last is enabled")
