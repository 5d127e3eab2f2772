"""ES10c.SetNickname."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed
from scenarios.kit.read import dig, find
from wire.es10 import SetNicknameResult
from wire.ids import Iccid
from wire.tlv import tlv

SPEC = "SGP.22 v2.5 section 5.7.21"


@scenario("euicc.es10c.nickname.set", spec=SPEC, tests="euicc")
def nickname(s: Stage) -> None:
    """A nickname is set, replaced, shown, and removed by an empty one; its profile alone has it."""
    other, profile = installed(s), installed(s)
    for name in ("Work", "Travel \u00e9", ""):
        s.result("SetNickname", s.card.set_nickname(profile, name), SetNicknameResult.ok)
        (found,) = s.card.profile_list(profile.identifier)
        member = find(found, 0x90)
        s.equal("the nickname", name, member.value.decode() if member else "")
    s.check(find(s.card.profile_list(other.identifier)[0], 0x90) is None, "the other profile has none")


@scenario("euicc.es10c.nickname.unknown", spec=SPEC, tests="euicc")
def nickname_unknown(s: Stage) -> None:
    """SetNickname for an ICCID that isn't installed: iccidNotFound."""
    code = s.card.set_nickname(Iccid("89000123456789012341"), "Work")
    s.result("SetNickname", code, SetNicknameResult.iccidNotFound)


@scenario("euicc.es10c.nickname.limit", spec=SPEC, tests="euicc")
def nickname_limit(s: Stage) -> None:
    """A nickname of 64 octets is taken, one of 65 refused; the old one stays."""
    profile = installed(s)
    s.result("SetNickname", s.card.set_nickname(profile, "x" * 64), SetNicknameResult.ok)
    answer = s.card.send(tlv(0xBF29, profile.identifier, tlv(0x90, b"y" * 65)))
    s.check(answer.data[-1:] != b"\x00" or answer.sw != 0x9000, "65 octets are refused")
    (found,) = s.card.profile_list(profile.identifier)
    s.equal("the nickname", b"x" * 64, dig(found, 0x90).value)


@scenario("euicc.es10c.nickname.enabled", spec=f"{SPEC}, 3.5", tests="euicc", needs="power")
def nickname_enabled(s: Stage) -> None:
    """The enabled profile can be named, without a notification; the name survives power off and on."""
    profile = enabled(s)
    before = s.card.notifications()
    s.result("SetNickname", s.card.set_nickname(profile, "Home"), SetNicknameResult.ok)
    s.equal("the notifications", before, s.card.notifications())
    s.card.power_on()
    s.equal("the nickname", b"Home", dig(s.card.profile_list(profile.identifier)[0], 0x90).value)


@scenario("euicc.es10c.nickname.deleted", spec=f"{SPEC}, 5.7.18", tests="euicc")
def nickname_deleted(s: Stage) -> None:
    """A nickname goes with its profile: installed again, it has none."""
    profile = installed(s)
    s.card.set_nickname(profile, "Work")
    s.card.delete(profile)
    with s.given("the profile is installed again"):
        s.installed(s.card.install(s.server(), profile))
    s.check(find(s.card.profile_list(profile.identifier)[0], 0x90) is None, "it has no nickname")
