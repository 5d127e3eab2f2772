"""ES10c.eUICCMemoryReset."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed, state, test_profile
from wire.es10 import NotificationEvent, PprIds, ResetOptions, ResetResult
from wire.tlv import tlv

SPEC = "SGP.22 v2.5 section 5.7.19, 3.3.2"
REFRESH = "ETSI TS 102 223 section 6.4.7"
OPERATIONAL, TEST = ResetOptions.deleteOperationalProfiles, ResetOptions.deleteFieldLoadedTestProfiles
ADDRESS = ResetOptions.resetDefaultSmdpAddress


def _reset(s: Stage, options: ResetOptions, expected: ResetResult) -> None:
    s.result("eUICCMemoryReset", s.card.memory_reset(options), expected)


@scenario("euicc.es10c.reset.operational", spec=SPEC, tests="euicc", needs="test_profiles")
def reset_operational(s: Stage) -> None:
    """deleteOperationalProfiles deletes those, in whatever state, and leaves test profiles."""
    enabled(s)
    installed(s)
    tests = test_profile(s)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.card.power_on()
    s.equal("the profiles", {str(tests.iccid): "disabled"}, s.card.states)


@scenario("euicc.es10c.reset.test", spec=SPEC, tests="euicc", needs="test_profiles")
def reset_test(s: Stage) -> None:
    """deleteFieldLoadedTestProfiles deletes downloaded test profiles and leaves operational ones."""
    profile = installed(s)
    test_profile(s)
    _reset(s, TEST, ResetResult.ok)
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)


@scenario("euicc.es10c.reset.address", spec=f"{SPEC}, 5.7.3", tests="euicc")
def reset_address(s: Stage) -> None:
    """resetDefaultSmdpAddress clears the address and leaves profiles."""
    profile = installed(s)
    s.card.set_default_dp_address("smdp.example.com")
    _reset(s, ADDRESS, ResetResult.ok)
    s.equal("the default SM-DP+ address", None, s.card.configured_addresses()[0])
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.reset.address_kept", spec=f"{SPEC}, 5.7.3", tests="euicc")
def address_kept(s: Stage) -> None:
    """A reset of profiles alone keeps the default SM-DP+ address."""
    installed(s)
    s.card.set_default_dp_address("smdp.example.com")
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.equal("the default SM-DP+ address", "smdp.example.com", s.card.configured_addresses()[0])


@scenario("euicc.es10c.reset.nothing", spec=SPEC, tests="euicc")
def reset_nothing(s: Stage) -> None:
    """With nothing to delete: nothingToDelete."""
    _reset(s, OPERATIONAL | TEST, ResetResult.nothingToDelete)


@scenario("euicc.es10c.reset.no_options", spec=SPEC, tests="euicc")
def no_options(s: Stage) -> None:
    """Without any option nothing is deleted."""
    profile = installed(s)
    _reset(s, ResetOptions(0), ResetResult.nothingToDelete)
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.reset.rules", spec=f"{SPEC}, 2.9", tests="euicc", needs="ppr")
def reset_rules(s: Stage) -> None:
    """Policy rules don't stand against a memory reset."""
    enabled(s, pprs=PprIds.ppr1 | PprIds.ppr2)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.card.power_on()
    s.equal("the profiles", {}, s.card.states)


@scenario("euicc.es10c.reset.notifications", spec=f"{SPEC}, 3.5", tests="euicc")
def reset_notifications(s: Stage) -> None:
    """A memory reset keeps notifications, adds one delete notification for each profile, and goes on counting."""
    profiles = [installed(s), installed(s)]
    before = s.card.notifications()
    _reset(s, OPERATIONAL, ResetResult.ok)
    after = s.card.notifications()
    s.equal("the old ones", before, after[: len(before)])
    deleted = {one.iccid for one in after[len(before) :] if one.event is NotificationEvent.notificationDelete}
    s.equal("the deleted profiles", {str(profile.iccid) for profile in profiles}, deleted)
    s.check(after[-1].number > before[-1].number, "the numbers go on")


@scenario("euicc.es10c.reset.rat", spec=f"{SPEC}, 2.4.12", tests="euicc")
def reset_rat(s: Stage) -> None:
    """A memory reset keeps the rules authorisation table."""
    installed(s)
    before = [rule.raw for rule in s.card.rules()]
    _reset(s, OPERATIONAL | ADDRESS, ResetResult.ok)
    s.equal("the table", before, [rule.raw for rule in s.card.rules()])


@scenario("euicc.es10c.reset.refresh", spec=f"{SPEC}; {REFRESH}", tests="euicc", needs="refresh")
def reset_refresh(s: Stage) -> None:
    """Deleting the enabled profile announces a REFRESH; deleting disabled ones doesn't."""
    installed(s)
    request = tlv(0xBF34, tlv(0x82, OPERATIONAL.to_bits()))
    s.equal("SW1 with disabled profiles only", 0x90, s.card.send(request).sw1)
    enabled(s)
    s.equal("SW1 with an enabled one", 0x91, s.card.send(request).sw1)


@scenario("euicc.es10c.reset.memory_freed", spec=SPEC, tests="euicc")
def memory_freed(s: Stage) -> None:
    """A memory reset frees the memory of the profiles."""
    free = s.card.free_octets
    installed(s)
    installed(s)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.equal("the free memory", free, s.card.free_octets)


@scenario("euicc.es10c.reset.ends_session", spec=f"{SPEC}, 3.0.1", tests="euicc")
def reset_ends_session(s: Stage) -> None:
    """A memory reset ends the RSP session."""
    installed(s)
    server = s.server()
    s.card.reach("authenticated", server)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.check(s.card.prepare(server).find(0xA1) is not None, "PrepareDownload afterwards is refused")
