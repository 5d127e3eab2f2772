"""Pre-conditions that many scenarios share, and how to look at them."""

from typing import Any, Final

from scenarios.kit.profile import Profile
from scenarios.parties.euicc import Euicc
from scenarios.stage import Stage
from wire.es10 import EnableResult, ProfileClass

TEST_KEY: Final = bytes.fromhex("000102030405060708090A0B0C0D0E0F")
"""One of the well-known keys that a test profile must have."""


def installed(s: Stage, card: Euicc | None = None, **options: Any) -> Profile:
    """A profile with these options (`kit.profile.new_profile`), installed from the kit and disabled."""
    profile = s.profile(**options)
    with s.given("an installed profile"):
        s.installed((card or s.card).install(s.server(), profile))
    return profile


def enabled(s: Stage, card: Euicc | None = None, **options: Any) -> Profile:
    """A profile with these options, installed and enabled; the card has been reset afterwards."""
    profile, chosen = installed(s, card, **options), card or s.card
    with s.given("an enabled profile"):
        s.result("EnableProfile", chosen.enable(profile), EnableResult.ok)
        chosen.power_on()
    return profile


def test_profile(s: Stage) -> Profile:
    """An installed test profile with a well-known test key."""
    return installed(s, profile_class=ProfileClass.test, k=TEST_KEY)


def state(s: Stage, profile: Profile) -> str | None:
    """The profile's state, None if it isn't there."""
    return s.card.states.get(str(profile.iccid))
