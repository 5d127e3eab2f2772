"""ES10c: refreshFlag, REFRESH and the switch that waits for it."""

from euicc_sim.core.options import CardOptions
from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed, state
from scenarios.kit.profile import Profile
from wire.es10 import DeleteResult, DisableResult, EnableResult, ResetOptions, ResetResult
from wire.tlv import tlv

ENABLE = "SGP.22 v2.5 section 5.7.16, 3.2.1"
DISABLE = "SGP.22 v2.5 section 5.7.17, 3.2.2"
DELETE = "SGP.22 v2.5 section 5.7.18, 3.2.3"
RESET = "SGP.22 v2.5 section 5.7.19, 3.3.2"
REFRESH = "ETSI TS 102 223 section 6.4.7"


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
    s.result("eUICCMemoryReset", s.card.memory_reset(ResetOptions.deleteOperationalProfiles), ResetResult.catBusy)
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
