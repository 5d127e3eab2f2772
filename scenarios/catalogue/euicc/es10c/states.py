"""ES10c: enabling, disabling and deleting, over the state of the profile."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed, state
from scenarios.kit.profile import Profile
from wire.apdu import isd_p_aid
from wire.es10 import DeleteResult, DisableResult, EnableResult, NotificationEvent
from wire.ids import Aid, Iccid
from wire.tlv import tlv

ENABLE = "SGP.22 v2.5 section 5.7.16, 3.2.1"
DISABLE = "SGP.22 v2.5 section 5.7.17, 3.2.2"
DELETE = "SGP.22 v2.5 section 5.7.18, 3.2.3"
STRANGER = Iccid("89000123456789012341")


@scenario("euicc.es10c.enable.twice", spec="SGP.22 v2.5 section 5.7.16", tests="euicc")
def enable_twice(s: Stage) -> None:
    """An enabled profile can't be enabled again: profileNotInDisabledState."""
    profile = s.profile()
    with s.given("an installed profile"):
        s.card.install(s.server(), profile)
    s.result("EnableProfile", s.card.enable(profile), EnableResult.ok)
    s.card.power_on()
    s.result("EnableProfile", s.card.enable(profile), EnableResult.profileNotInDisabledState)
    s.equal("the profiles", {str(profile.iccid): "enabled"}, s.card.states)


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


@scenario("euicc.es10c.switch_ends_session", spec=f"{ENABLE}, 3.0.1", tests="euicc")
def switch_ends_session(s: Stage) -> None:
    """A profile switch ends the RSP session."""
    profile, server = installed(s), s.server()
    s.card.reach("authenticated", server)
    s.card.enable(profile)
    answer = s.card.prepare(server)
    s.check(answer.find(0xA1) is not None, "PrepareDownload after the switch is refused")
