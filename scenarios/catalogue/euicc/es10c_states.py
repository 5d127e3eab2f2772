"""ES10c: enabling, disabling and deleting over class, policy rules, state and refreshFlag; memory reset."""

from euicc_sim.core.options import CardOptions
from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed
from scenarios.kit.profile import Profile
from wire.apdu import isd_p_aid
from wire.es10 import (
    DeleteResult,
    DisableResult,
    EnableResult,
    NotificationEvent,
    PprIds,
    ProfileClass,
    ResetOptions,
    ResetResult,
)
from wire.ids import Aid, Iccid
from wire.tlv import tlv

ENABLE = "SGP.22 v2.5 section 5.7.16, 3.2.1"
DISABLE = "SGP.22 v2.5 section 5.7.17, 3.2.2"
DELETE = "SGP.22 v2.5 section 5.7.18, 3.2.3"
RESET = "SGP.22 v2.5 section 5.7.19, 3.3.2"
REFRESH = "ETSI TS 102 223 section 6.4.7"
STRANGER = Iccid("89000123456789012341")
TEST_KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")
OPERATIONAL, TEST = ResetOptions.deleteOperationalProfiles, ResetOptions.deleteFieldLoadedTestProfiles
ADDRESS = ResetOptions.resetDefaultSmdpAddress


def test_profile(s: Stage) -> Profile:
    """An installed test profile with a well-known test key."""
    return installed(s, profile_class=ProfileClass.test, k=TEST_KEY)


def state(s: Stage, profile: Profile) -> str | None:
    """The profile's state, None if it isn't there."""
    return s.card.states.get(str(profile.iccid))


# not found


@scenario("euicc.es10c.enable.unknown", spec=ENABLE, tests="euicc")
def enable_unknown(s: Stage) -> None:
    """EnableProfile of an ICCID that isn't installed: iccidOrAidNotFound."""
    s.result("EnableProfile", s.card.enable(STRANGER), EnableResult.iccidOrAidNotFound)


@scenario("euicc.es10c.disable.unknown", spec=DISABLE, tests="euicc")
def disable_unknown(s: Stage) -> None:
    """DisableProfile of an ICCID that isn't installed: iccidOrAidNotFound."""
    s.result("DisableProfile", s.card.disable(STRANGER), DisableResult.iccidOrAidNotFound)


@scenario("euicc.es10c.delete.unknown", spec=DELETE, tests="euicc")
def delete_unknown(s: Stage) -> None:
    """DeleteProfile of an ICCID that isn't installed: iccidOrAidNotFound."""
    s.result("DeleteProfile", s.card.delete(STRANGER), DeleteResult.iccidOrAidNotFound)


@scenario("euicc.es10c.enable.unknown_aid", spec=ENABLE, tests="euicc")
def enable_unknown_aid(s: Stage) -> None:
    """EnableProfile of an ISD-P AID that isn't there: iccidOrAidNotFound."""
    s.result("EnableProfile", s.card.enable(Aid(isd_p_aid(0x77))), EnableResult.iccidOrAidNotFound)


# by AID


def _aid(s: Stage, profile: Profile) -> bytes:
    found = s.card.profile_list(profile.identifier, bytes.fromhex("4F"))
    return found[0].child(0x4F).value


@scenario("euicc.es10c.by_aid", spec=f"{ENABLE}, 5.7.17, 5.7.18", tests="euicc")
def by_aid(s: Stage) -> None:
    """A profile is enabled, disabled and deleted by its ISD-P AID as well."""
    profile = installed(s)
    identifier = tlv(0x4F, _aid(s, profile))
    for tag, expected in ((0xBF31, "enabled"), (0xBF32, "disabled")):
        answer = s.card.es10(tlv(tag, tlv(0xA0, identifier), tlv(0x81, b"\x00")))
        s.equal(f"the result of {tag:X}", b"\x00", answer.child(0x80).value)
        s.equal("the state", expected, state(s, profile))
    s.equal("DeleteProfile", b"\x00", s.card.es10(tlv(0xBF33, identifier)).child(0x80).value)
    s.equal("the profiles", {}, s.card.states)


# states


@scenario("euicc.es10c.disable.disabled", spec=DISABLE, tests="euicc")
def disable_disabled(s: Stage) -> None:
    """A disabled profile can't be disabled: profileNotInEnabledState."""
    s.result("DisableProfile", s.card.disable(installed(s)), DisableResult.profileNotInEnabledState)


@scenario("euicc.es10c.disable.while_another_is_enabled", spec=DISABLE, tests="euicc")
def disable_other(s: Stage) -> None:
    """Disabling a disabled profile doesn't disable the enabled one."""
    other, active = installed(s), enabled(s)
    s.result("DisableProfile", s.card.disable(other), DisableResult.profileNotInEnabledState)
    s.equal("the enabled profile", "enabled", state(s, active))


@scenario("euicc.es10c.delete.enabled", spec=DELETE, tests="euicc")
def delete_enabled(s: Stage) -> None:
    """The enabled profile can't be deleted: profileNotInDisabledState."""
    profile = enabled(s)
    s.result("DeleteProfile", s.card.delete(profile), DeleteResult.profileNotInDisabledState)
    s.equal("the state", "enabled", state(s, profile))


@scenario("euicc.es10c.delete.nominal", spec=DELETE, tests="euicc")
def delete(s: Stage) -> None:
    """Deleting takes one profile off, leaves the others, and frees its memory."""
    keep, free = installed(s), s.card.free_octets
    gone = installed(s)
    s.check(s.card.free_octets < free, "a profile takes memory")
    s.result("DeleteProfile", s.card.delete(gone), DeleteResult.ok)
    s.equal("the profiles", {str(keep.iccid): "disabled"}, s.card.states)
    s.equal("the free memory", free, s.card.free_octets)


@scenario("euicc.es10c.delete.and_again", spec=f"{DELETE}, 5.5.3", tests="euicc")
def delete_and_again(s: Stage) -> None:
    """A deleted profile can be installed again."""
    profile = installed(s)
    s.card.delete(profile)
    s.installed(s.card.install(s.server(), profile))
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)


@scenario("euicc.es10c.enable.implicit_disable", spec=ENABLE, tests="euicc")
def implicit_disable(s: Stage) -> None:
    """Enabling a profile disables the one that was enabled."""
    first, second = enabled(s), installed(s)
    s.result("EnableProfile", s.card.enable(second), EnableResult.ok)
    s.equal("the states", ("disabled", "enabled"), (state(s, first), state(s, second)))


@scenario("euicc.es10c.enable.implicit_disable_notifications", spec=f"{ENABLE}, 3.5", tests="euicc")
def implicit_notifications(s: Stage) -> None:
    """Enabling a profile leaves the other's disable notification first, then its own enable notification."""
    first, second = enabled(s), installed(s)
    before = max(one.number for one in s.card.notifications())
    s.card.enable(second)
    seen = [(one.event, one.iccid) for one in s.card.notifications() if one.number > before]
    expected = [
        (NotificationEvent.notificationDisable, str(first.iccid)),
        (NotificationEvent.notificationEnable, str(second.iccid)),
    ]
    s.equal("the new notifications", expected, seen)


@scenario("euicc.es10c.enable.refused_leaves_nothing", spec=f"{ENABLE}, 3.5", tests="euicc")
def refused_leaves_nothing(s: Stage) -> None:
    """A refused EnableProfile leaves no notification."""
    profile = enabled(s)
    before = s.card.notifications()
    s.result("EnableProfile", s.card.enable(profile), EnableResult.profileNotInDisabledState)
    s.equal("the notifications", before, s.card.notifications())


@scenario("euicc.es10c.enable.survives_reset", spec=ENABLE, tests="euicc", needs="power")
def survives_reset(s: Stage) -> None:
    """An enabled profile is still enabled after power off and on; a disabled one is disabled."""
    profile = enabled(s)
    s.card.power_on()
    s.equal("the state", "enabled", state(s, profile))
    s.card.disable(profile)
    s.card.power_on()
    s.equal("the state", "disabled", state(s, profile))


# refreshFlag


@scenario("euicc.es10c.refresh.flag_forms", spec=ENABLE, tests="euicc")
def flag_forms(s: Stage) -> None:
    """Any octet but 00 in refreshFlag is TRUE: the switch waits for REFRESH or reset."""
    profile = installed(s)
    answer = s.card.send(tlv(0xBF31, tlv(0xA0, profile.identifier), tlv(0x81, b"\x01")))
    s.equal("EnableProfile", bytes.fromhex("BF3103800100"), answer.data)
    s.card.power_on()
    s.equal("the state after a reset", "enabled", state(s, profile))


@scenario("euicc.es10c.refresh.announced", spec=f"{ENABLE}; {REFRESH}", tests="euicc", needs="refresh")
def announced(s: Stage) -> None:
    """With refreshFlag the answer announces a proactive command; FETCH gives a REFRESH."""
    profile = installed(s)
    answer = s.card.send(tlv(0xBF31, tlv(0xA0, profile.identifier), tlv(0x81, b"\xff")))
    s.equal("SW1", 0x91, answer.sw1)
    fetched = s.card.apdu(bytes((0x80, 0x12, 0, 0, answer.sw2)))
    s.equal("FETCH gives a proactive command", 0xD0, fetched.data[0])
    s.check(b"\x81\x03" in fetched.data, "with command details")
    place = fetched.data.index(b"\x81\x03")
    s.equal("its type is REFRESH", 0x01, fetched.data[place + 3])


@scenario("euicc.es10c.refresh.switch_waits", spec=ENABLE, tests="euicc", needs="refresh")
def switch_waits(s: Stage) -> None:
    """With refreshFlag the profile isn't enabled before REFRESH; a reset completes the switch."""
    profile = installed(s)
    s.result("EnableProfile", s.card.enable(profile, refresh=True), EnableResult.ok)
    s.equal("before REFRESH", "disabled", state(s, profile))
    s.card.power_on()
    s.equal("after the reset", "enabled", state(s, profile))


def _answered(s: Stage, profile: Profile, general_result: int) -> None:
    answer = s.card.send(tlv(0xBF31, tlv(0xA0, profile.identifier), tlv(0x81, b"\xff")))
    fetched = s.card.apdu(bytes((0x80, 0x12, 0, 0, answer.sw2)))
    place = fetched.data.index(b"\x81\x03")
    details = b"\x81\x03" + fetched.data[place + 2 : place + 5]
    response = details + b"\x82\x02\x82\x81" + bytes((0x83, 1, general_result))
    s.card.apdu(bytes((0x80, 0x14, 0, 0, len(response))) + response)


@scenario("euicc.es10c.refresh.done", spec=f"{ENABLE}; {REFRESH}", tests="euicc", needs="refresh")
def refresh_done(s: Stage) -> None:
    """The terminal's answer to REFRESH completes the switch, without a reset."""
    profile = installed(s)
    _answered(s, profile, 0x00)
    s.card.open()
    s.equal("the state", "enabled", state(s, profile))


@scenario("euicc.es10c.refresh.refused", spec=f"{ENABLE}; {REFRESH}", tests="euicc", needs="refresh")
def refresh_refused(s: Stage) -> None:
    """A terminal that can't do REFRESH leaves the profile as it was."""
    profile = installed(s)
    _answered(s, profile, 0x30)
    s.card.power_on()
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.refresh.busy", spec=ENABLE, tests="euicc", needs="refresh")
def busy(s: Stage) -> None:
    """While a REFRESH waits, another EnableProfile with refreshFlag is refused with catBusy."""
    first, second = installed(s), installed(s)
    s.result("EnableProfile", s.card.enable(first, refresh=True), EnableResult.ok)
    s.result("EnableProfile", s.card.enable(second, refresh=True), EnableResult.catBusy)
    s.card.power_on()
    s.equal("the states", ("enabled", "disabled"), (state(s, first), state(s, second)))


@scenario("euicc.es10c.refresh.disable_busy", spec=DISABLE, tests="euicc", needs="refresh")
def disable_busy(s: Stage) -> None:
    """While a REFRESH waits, DisableProfile with refreshFlag is refused with catBusy."""
    active, other = enabled(s), installed(s)
    s.card.enable(other, refresh=True)
    s.result("DisableProfile", s.card.disable(active, refresh=True), DisableResult.catBusy)


@scenario("euicc.es10c.refresh.reset_busy", spec=RESET, tests="euicc", needs="refresh")
def reset_busy(s: Stage) -> None:
    """While a REFRESH waits, eUICCMemoryReset is refused with catBusy and deletes nothing."""
    profile = installed(s)
    s.card.enable(profile, refresh=True)
    s.result("eUICCMemoryReset", s.card.memory_reset(OPERATIONAL), ResetResult.catBusy)
    s.card.power_on()
    s.equal("the state", "enabled", state(s, profile))


@scenario("euicc.es10c.refresh.delete_waiting", spec=DELETE, tests="euicc", needs="refresh")
def delete_waiting(s: Stage) -> None:
    """A profile that is about to be enabled can't be deleted: profileNotInDisabledState."""
    profile = installed(s)
    s.card.enable(profile, refresh=True)
    s.result("DeleteProfile", s.card.delete(profile), DeleteResult.profileNotInDisabledState)


@scenario("euicc.es10c.refresh.disable", spec=DISABLE, tests="euicc", needs="refresh")
def refresh_disable(s: Stage) -> None:
    """DisableProfile with refreshFlag waits for REFRESH or reset as well."""
    profile = enabled(s)
    s.result("DisableProfile", s.card.disable(profile, refresh=True), DisableResult.ok)
    s.equal("before", "enabled", state(s, profile))
    s.card.power_on()
    s.equal("after the reset", "disabled", state(s, profile))


@scenario("euicc.es10c.refresh.no_toolkit", spec=ENABLE, tests="euicc", needs="card_settings")
def no_toolkit(s: Stage) -> None:
    """A card without a toolkit switches at once, refreshFlag or not, and announces nothing."""
    card = s.new_card(options=CardOptions(refresh=False))
    profile = installed(s, card)
    answer = card.send(tlv(0xBF31, tlv(0xA0, profile.identifier), tlv(0x81, b"\xff")))
    s.equal("the status word", 0x9000, answer.sw)
    s.equal("the state", {str(profile.iccid): "enabled"}, card.states)


@scenario("euicc.es10c.switch_ends_session", spec=f"{ENABLE}, 3.0.1", tests="euicc")
def switch_ends_session(s: Stage) -> None:
    """A profile switch ends the RSP session."""
    profile, server = installed(s), s.server()
    s.card.reach("authenticated", server)
    s.card.enable(profile)
    answer = s.card.prepare(server)
    s.check(answer.find(0xA1) is not None, "PrepareDownload after the switch is refused")


# policy rules and classes


@scenario("euicc.es10c.rules.ppr1_disable", spec=f"{DISABLE}, 2.9", tests="euicc", needs="ppr")
def ppr1_disable(s: Stage) -> None:
    """PPR1: the enabled profile can't be disabled: disallowedByPolicy."""
    profile = enabled(s, pprs=PprIds.ppr1)
    s.result("DisableProfile", s.card.disable(profile), DisableResult.disallowedByPolicy)
    s.equal("the state", "enabled", state(s, profile))


@scenario("euicc.es10c.rules.ppr1_enable_another", spec=f"{ENABLE}, 2.9", tests="euicc", needs="ppr")
def ppr1_enable_another(s: Stage) -> None:
    """PPR1: no other operational profile can be enabled instead: disallowedByPolicy."""
    profile, other = enabled(s, pprs=PprIds.ppr1), installed(s)
    s.result("EnableProfile", s.card.enable(other), EnableResult.disallowedByPolicy)
    s.equal("the states", ("enabled", "disabled"), (state(s, profile), state(s, other)))


@scenario("euicc.es10c.rules.ppr1_enable_test", spec=f"{ENABLE}, 2.9", tests="euicc", needs="ppr, test_profiles")
def ppr1_enable_test(s: Stage) -> None:
    """PPR1 doesn't stand against enabling a test profile."""
    enabled(s, pprs=PprIds.ppr1)
    s.result("EnableProfile", s.card.enable(test_profile(s)), EnableResult.ok)


@scenario("euicc.es10c.rules.ppr1_delete", spec=f"{DELETE}, 2.9", tests="euicc", needs="ppr")
def ppr1_delete(s: Stage) -> None:
    """PPR1 doesn't stand against deleting a disabled profile."""
    s.result("DeleteProfile", s.card.delete(installed(s, pprs=PprIds.ppr1)), DeleteResult.ok)


@scenario("euicc.es10c.rules.ppr2_delete", spec=f"{DELETE}, 2.9", tests="euicc", needs="ppr")
def ppr2_delete(s: Stage) -> None:
    """PPR2: the profile can't be deleted: disallowedByPolicy."""
    profile = installed(s, pprs=PprIds.ppr2)
    s.result("DeleteProfile", s.card.delete(profile), DeleteResult.disallowedByPolicy)
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.rules.ppr2_disable", spec=f"{DISABLE}, 2.9", tests="euicc", needs="ppr")
def ppr2_disable(s: Stage) -> None:
    """PPR2 doesn't stand against enabling and disabling."""
    profile = enabled(s, pprs=PprIds.ppr2)
    s.result("DisableProfile", s.card.disable(profile), DisableResult.ok)


@scenario("euicc.es10c.test.reenabling", spec=ENABLE, tests="euicc", needs="test_profiles")
def reenabling(s: Stage) -> None:
    """From a test profile only the operational profile from before may be enabled: wrongProfileReenabling."""
    before, other, tests = enabled(s), installed(s), test_profile(s)
    s.result("EnableProfile of the test profile", s.card.enable(tests), EnableResult.ok)
    s.result("EnableProfile of another", s.card.enable(other), EnableResult.wrongProfileReenabling)
    s.result("EnableProfile of the one before", s.card.enable(before), EnableResult.ok)
    s.equal("the states", ("enabled", "disabled"), (state(s, before), state(s, tests)))


@scenario("euicc.es10c.test.return", spec=DISABLE, tests="euicc", needs="test_profiles")
def test_return(s: Stage) -> None:
    """Disabling a test profile enables the operational profile that was enabled before it."""
    before, tests = enabled(s), test_profile(s)
    s.card.enable(tests)
    s.result("DisableProfile", s.card.disable(tests), DisableResult.ok)
    s.equal("the states", ("enabled", "disabled"), (state(s, before), state(s, tests)))


@scenario("euicc.es10c.test.return_to_none", spec=DISABLE, tests="euicc", needs="test_profiles")
def return_to_none(s: Stage) -> None:
    """Disabling a test profile that was enabled when none was leaves none enabled."""
    other, tests = installed(s), test_profile(s)
    s.card.enable(tests)
    s.card.disable(tests)
    s.equal("the states", ("disabled", "disabled"), (state(s, other), state(s, tests)))


@scenario("euicc.es10c.test.two_test_profiles", spec=DISABLE, tests="euicc", needs="test_profiles")
def two_test_profiles(s: Stage) -> None:
    """From one test profile to another, then back: the operational profile from before both is enabled again."""
    before, first, second = enabled(s), test_profile(s), test_profile(s)
    s.card.enable(first)
    s.result("EnableProfile", s.card.enable(second), EnableResult.ok)
    s.card.disable(second)
    s.equal("the state of the one before", "enabled", state(s, before))


# memory reset


def _reset(s: Stage, options: ResetOptions, expected: ResetResult) -> None:
    s.result("eUICCMemoryReset", s.card.memory_reset(options), expected)


@scenario("euicc.es10c.reset.operational", spec=RESET, tests="euicc", needs="test_profiles")
def reset_operational(s: Stage) -> None:
    """deleteOperationalProfiles deletes those, in whatever state, and leaves test profiles."""
    enabled(s)
    installed(s)
    tests = test_profile(s)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.card.power_on()
    s.equal("the profiles", {str(tests.iccid): "disabled"}, s.card.states)


@scenario("euicc.es10c.reset.test", spec=RESET, tests="euicc", needs="test_profiles")
def reset_test(s: Stage) -> None:
    """deleteFieldLoadedTestProfiles deletes downloaded test profiles and leaves operational ones."""
    profile = installed(s)
    test_profile(s)
    _reset(s, TEST, ResetResult.ok)
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)


@scenario("euicc.es10c.reset.address", spec=f"{RESET}, 5.7.3", tests="euicc")
def reset_address(s: Stage) -> None:
    """resetDefaultSmdpAddress clears the address and leaves profiles."""
    profile = installed(s)
    s.card.set_default_dp_address("smdp.example.com")
    _reset(s, ADDRESS, ResetResult.ok)
    s.equal("the default SM-DP+ address", None, s.card.configured_addresses()[0])
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.reset.address_kept", spec=f"{RESET}, 5.7.3", tests="euicc")
def address_kept(s: Stage) -> None:
    """A reset of profiles alone keeps the default SM-DP+ address."""
    installed(s)
    s.card.set_default_dp_address("smdp.example.com")
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.equal("the default SM-DP+ address", "smdp.example.com", s.card.configured_addresses()[0])


@scenario("euicc.es10c.reset.nothing", spec=RESET, tests="euicc")
def reset_nothing(s: Stage) -> None:
    """With nothing to delete: nothingToDelete."""
    _reset(s, OPERATIONAL | TEST, ResetResult.nothingToDelete)


@scenario("euicc.es10c.reset.no_options", spec=RESET, tests="euicc")
def no_options(s: Stage) -> None:
    """Without any option nothing is deleted."""
    profile = installed(s)
    _reset(s, ResetOptions(0), ResetResult.nothingToDelete)
    s.equal("the state", "disabled", state(s, profile))


@scenario("euicc.es10c.reset.rules", spec=f"{RESET}, 2.9", tests="euicc", needs="ppr")
def reset_rules(s: Stage) -> None:
    """Policy rules don't stand against a memory reset."""
    enabled(s, pprs=PprIds.ppr1 | PprIds.ppr2)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.card.power_on()
    s.equal("the profiles", {}, s.card.states)


@scenario("euicc.es10c.reset.notifications", spec=f"{RESET}, 3.5", tests="euicc")
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


@scenario("euicc.es10c.reset.rat", spec=f"{RESET}, 2.4.12", tests="euicc")
def reset_rat(s: Stage) -> None:
    """A memory reset keeps the rules authorisation table."""
    installed(s)
    before = [rule.raw for rule in s.card.rules()]
    _reset(s, OPERATIONAL | ADDRESS, ResetResult.ok)
    s.equal("the table", before, [rule.raw for rule in s.card.rules()])


@scenario("euicc.es10c.reset.refresh", spec=f"{RESET}; {REFRESH}", tests="euicc", needs="refresh")
def reset_refresh(s: Stage) -> None:
    """Deleting the enabled profile announces a REFRESH; deleting disabled ones doesn't."""
    installed(s)
    request = tlv(0xBF34, tlv(0x82, OPERATIONAL.to_bits()))
    s.equal("SW1 with disabled profiles only", 0x90, s.card.send(request).sw1)
    enabled(s)
    s.equal("SW1 with an enabled one", 0x91, s.card.send(request).sw1)


@scenario("euicc.es10c.reset.memory_freed", spec=RESET, tests="euicc")
def memory_freed(s: Stage) -> None:
    """A memory reset frees the memory of the profiles."""
    free = s.card.free_octets
    installed(s)
    installed(s)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.equal("the free memory", free, s.card.free_octets)


@scenario("euicc.es10c.reset.ends_session", spec=f"{RESET}, 3.0.1", tests="euicc")
def reset_ends_session(s: Stage) -> None:
    """A memory reset ends the RSP session."""
    installed(s)
    server = s.server()
    s.card.reach("authenticated", server)
    _reset(s, OPERATIONAL, ResetResult.ok)
    s.check(s.card.prepare(server).find(0xA1) is not None, "PrepareDownload afterwards is refused")


# malformed requests


def _malformed(name: str, title: str, request: str, spec: str) -> None:
    def body(s: Stage) -> None:
        profile = installed(s)
        answer = s.card.send(request.replace("ICCID", profile.iccid.ef.hex()))
        is_refused = answer.sw not in (0x9000,) or answer.data[-3:] != bytes.fromhex("800100")
        s.check(is_refused, "it is refused", "a status word or result", f"{answer.data.hex()} {answer.sw:04X}")
        s.equal("the state", "disabled", state(s, profile))

    body.__doc__ = f"{title} is refused; nothing changes."
    scenario(f"euicc.es10c.malformed.{name}", spec=spec, tests="euicc")(body)


_malformed("enable_without_wrapper", "EnableProfile without A0 around the identifier", "BF310F5A0AICCID810100", ENABLE)
_malformed("enable_without_flag", "EnableProfile without refreshFlag", "BF310EA00C5A0AICCID", ENABLE)
_malformed(
    "enable_short_iccid", "EnableProfile with an ICCID of 9 octets", "BF3110A00B5A09980010325476981032810100", ENABLE
)
_malformed("delete_empty", "DeleteProfile without an identifier", "BF3300", DELETE)
_malformed("delete_other_identifier", "DeleteProfile with an identifier of another tag", "BF330C5B0AICCID", DELETE)
_malformed("reset_without_options", "eUICCMemoryReset without options", "BF3400", RESET)
_malformed(
    "nickname_not_utf8",
    "SetNickname with octets that are not UTF-8",
    "BF29105A0AICCID9002C328",
    "SGP.22 v2.5 section 5.7.21",
)
