"""Pre-conditions that many scenarios share."""

from typing import Any

from scenarios.kit.profile import Profile
from scenarios.parties.euicc import Euicc
from scenarios.stage import Stage
from wire.es10 import EnableResult


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
