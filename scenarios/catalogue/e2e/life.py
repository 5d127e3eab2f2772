"""A profile's whole life, with SM-DP+, LPA and eUICC together."""

from scenarios import Stage, scenario


@scenario("e2e.life.download", spec="SGP.22 v2.5 section 3.1.3", tests="smdp, euicc, lpa", needs="orders")
def download(s: Stage) -> None:
    """A profile is ordered, downloaded, installed, and the installation reported."""
    order = s.smdp.order()
    s.went_through(s.lpa().download(order.activation_code))
    card = s.look()
    s.equal("the profiles", {str(order.iccid): "disabled"}, card.states)
    s.equal("pending notifications", [], card.notifications())
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("e2e.life.enable_disable_delete", spec="SGP.22 v2.5 section 3.2", tests="smdp, euicc, lpa",
          needs="orders, lpa_local")  # fmt: skip
def enable_disable_delete(s: Stage) -> None:
    """Enable, disable, delete: the card's state, and each step reported to the SM-DP+."""
    order, lpa = s.smdp.order(), s.lpa()
    with s.given("an installed profile"):
        s.went_through(lpa.download(order.activation_code))
    eid = s.look().eid
    for action, expected in ((lpa.enable, "Enabled"), (lpa.disable, "Disabled"), (lpa.delete, "Deleted")):
        s.went_through(action(order.iccid))
        if (reported := s.smdp.installation(order, eid)) is not None:
            s.equal("what the SM-DP+ knows", expected, reported)
    s.equal("the profiles", {}, s.look().states)
