"""End to end: policy rules, several profiles, memory reset, retries."""

from lpa.core.actions import Decision
from lpa.core.errors import CardRefused, ServerRefused, UserDeclined
from scenarios import Stage, scenario
from scenarios.faults import PowerCut
from scenarios.parties.user import EndUser
from wire.codes import ES9P
from wire.es10 import DeleteResult, DisableResult, EnableResult, PprIds, ResetOptions

BOTH = "smdp, euicc, lpa"


@scenario("e2e.rules.ppr1", spec="SGP.22 v2.5 section 2.9, 3.2.2", tests=BOTH, needs="orders, lpa_local, ppr")
def ppr1(s: Stage) -> None:
    """A profile with PPR1 can't be disabled once it is enabled."""
    order, lpa = s.smdp.order(pprs=PprIds.ppr1), s.lpa()
    s.went_through(lpa.download(order.activation_code))
    s.went_through(lpa.enable(order.iccid))
    refused = s.raised(lpa.disable(order.iccid), CardRefused)
    s.equal("DisableProfile", DisableResult.disallowedByPolicy, refused and refused.code)
    s.equal("the profiles", {str(order.iccid): "enabled"}, s.look().states)


@scenario("e2e.rules.ppr2", spec="SGP.22 v2.5 section 2.9, 3.2.3", tests=BOTH, needs="orders, lpa_local, ppr")
def ppr2(s: Stage) -> None:
    """A profile with PPR2 can't be deleted."""
    order, lpa = s.smdp.order(pprs=PprIds.ppr2), s.lpa()
    s.went_through(lpa.download(order.activation_code))
    refused = s.raised(lpa.delete(order.iccid), CardRefused)
    s.equal("DeleteProfile", DeleteResult.disallowedByPolicy, refused and refused.code)


@scenario("e2e.profiles.switch", spec="SGP.22 v2.5 section 3.2.1", tests=BOTH, needs="orders, lpa_local")
def switch(s: Stage) -> None:
    """Enabling a profile disables the one that was enabled; enabling it again is refused."""
    orders, lpa = [s.smdp.order(), s.smdp.order()], s.lpa()
    for order in orders:
        s.went_through(lpa.download(order.activation_code))
        s.went_through(lpa.enable(order.iccid))
    expected = {str(orders[0].iccid): "disabled", str(orders[1].iccid): "enabled"}
    s.equal("the profiles", expected, s.look().states)
    refused = s.raised(lpa.enable(orders[1].iccid), CardRefused)
    s.equal("EnableProfile", EnableResult.profileNotInDisabledState, refused and refused.code)


@scenario("e2e.memory_reset", spec="SGP.22 v2.5 section 3.3.2", tests=BOTH, needs="orders, lpa_local")
def memory_reset(s: Stage) -> None:
    """Memory reset deletes every operational profile, even the enabled one, and the SM-DP+ hears of it."""
    order, lpa = s.smdp.order(), s.lpa()
    s.went_through(lpa.download(order.activation_code))
    s.went_through(lpa.enable(order.iccid))
    eid = s.look().eid
    s.went_through(lpa.memory_reset(ResetOptions.deleteOperationalProfiles))
    s.equal("the profiles", {}, s.look().states)
    if (reported := s.smdp.installation(order, eid)) is not None:
        s.equal("what the SM-DP+ knows", "Deleted", reported)


@scenario("e2e.confirmation_code", spec="SGP.22 v2.5 section 4.7, 3.1.3", tests=BOTH, needs="orders, confirmation_code")
def confirmation_code(s: Stage) -> None:
    """A wrong Confirmation Code, then the right one: the profile is installed."""
    order = s.smdp.order(confirmation_code="4711")
    s.went_through(s.lpa().download(order.activation_code, EndUser(codes=["0815", "4711"])))
    s.equal("the profiles", {str(order.iccid): "disabled"}, s.look().states)


@scenario("e2e.confirmation_code_given_up", spec="SGP.22 v2.5 section 4.7", tests=BOTH,
          needs="orders, confirmation_code, lpa_result")  # fmt: skip
def given_up(s: Stage) -> None:
    """Wrong codes only: the server's refusal reaches the user, nothing is installed, the order stays."""
    order = s.smdp.order(confirmation_code="4711")
    refused = s.raised(s.lpa().download(order.activation_code, EndUser(codes=["1", "2"])), ServerRefused)
    code = ES9P.GET_BOUND_PROFILE_PACKAGE.CONFIRMATION_CODE_REFUSED
    s.check(refused is None or refused.says(code), "the user hears of the wrong code", code.pair, str(refused))
    s.equal("the profiles", {}, s.look().states)


@scenario("e2e.user_postpones", spec="SGP.22 v2.5 section 3.0.2", tests=BOTH, needs="orders")
def postpones(s: Stage) -> None:
    """Postponed today, downloaded tomorrow."""
    order, lpa = s.smdp.order(), s.lpa()
    s.raised(lpa.download(order.activation_code, EndUser(consent_to=Decision.POSTPONE)), UserDeclined)
    s.went_through(lpa.download(order.activation_code))
    s.equal("the profiles", {str(order.iccid): "disabled"}, s.look().states)


def _cut(number: int) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order()
        s.lpa(PowerCut(number, es10=0x86)).download(order.activation_code)
        s.equal("the profiles after the cut", {}, s.look().states)
        s.went_through(s.lpa().download(order.activation_code))
        s.equal("the profiles after the retry", {str(order.iccid): "disabled"}, s.look().states)

    body.__doc__ = f"The power is cut before segment {number} of the profile elements; the retry installs the profile."
    needs = "orders, power, lpa_local"
    scenario(f"e2e.power_cut.segment_{number}", spec="SGP.22 v2.5 section 3.1.3", tests=BOTH, needs=needs)(body)


for _number in (1, 2):
    _cut(_number)
