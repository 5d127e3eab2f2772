"""ES9+.AuthenticateClient: whether the ordered profile suits the eUICC."""

from typing import Any

from scenarios import Stage, scenario
from scenarios.catalogue.given import TEST_KEY
from smdp.core.records import Requirements
from wire.codes import ES9P, StatusCode
from wire.es10 import PprIds, ProfileClass

NOT_ELIGIBLE = ES9P.AUTHENTICATE_CLIENT.NO_ELIGIBLE_PROFILE
FULL = ES9P.AUTHENTICATE_CLIENT.INSUFFICIENT_MEMORY


def _eligible(name: str, title: str, code: StatusCode | None, euicc: dict[str, Any], **profile: Any) -> None:
    def body(s: Stage) -> None:
        order = s.smdp.order(**profile)
        answer = s.session(**euicc).authenticate(order)
        if code is None:
            s.accepted(answer)
        else:
            s.refused(answer, code)
            s.equal("the order's state", "Released", s.smdp.state(order))

    told = "is offered" if code is None else f"is refused with {code.subject}/{code.reason}, the order stays"
    body.__doc__ = f"{title} {told}."
    scenario(f"smdp.es9.eligibility.{name}", spec="SGP.22 v2.5 section 5.6.3, 3.1.3; SGP.22 v2.5 annex F", tests="smdp",
             needs="orders, prepared")(body)  # fmt: skip


_eligible("version_newer", "A package of version 2.3 for an eUICC of 2.1", NOT_ELIGIBLE,
          {"profile_version": b"\x02\x01\x00"}, requirements=Requirements(package_version=(2, 3, 0)))  # fmt: skip


_eligible("version_major", "A package of version 2 for an eUICC of version 3", NOT_ELIGIBLE,
          {"profile_version": b"\x03\x01\x00"}, requirements=Requirements(package_version=(2, 3, 0)))  # fmt: skip


_eligible("version_equal", "A package of exactly the eUICC's version", None,
          {"profile_version": b"\x02\x03\x00"}, requirements=Requirements(package_version=(2, 3, 0)))  # fmt: skip


_eligible(
    "service",
    "A package that needs Tuak for an eUICC without it",
    NOT_ELIGIBLE,
    {"uicc_capability": bytes.fromhex("0348")},
    requirements=Requirements(services=frozenset({"akaTuak256"})),
)


_eligible("memory", "A profile larger than the free memory", FULL,
          {"free_octets": 9_999}, requirements=Requirements(install_octets=10_000))  # fmt: skip


_eligible("memory_exact", "A profile as large as the free memory", None,
          {"free_octets": 10_000}, requirements=Requirements(install_octets=10_000))  # fmt: skip


_eligible("test_profile", "A test profile for an eUICC that takes none", NOT_ELIGIBLE,
          {"rsp_capability": b"\x07\x80"}, profile_class=ProfileClass.test, k=TEST_KEY)  # fmt: skip


_eligible("test_profile_supported", "A test profile for an eUICC that takes them", None, {},
          profile_class=ProfileClass.test, k=TEST_KEY)  # fmt: skip


_eligible("ppr1_forbidden", "A profile with PPR1 for an eUICC that forbids it", NOT_ELIGIBLE,
          {"forbidden_rules": b"\x06\x40"}, pprs=PprIds.ppr1)  # fmt: skip


_eligible("ppr2_forbidden", "A profile with PPR2 for an eUICC that forbids it", NOT_ELIGIBLE,
          {"forbidden_rules": b"\x05\x20"}, pprs=PprIds.ppr2)  # fmt: skip


_eligible("other_rule_forbidden", "A profile with PPR2 for an eUICC that forbids PPR1", None,
          {"forbidden_rules": b"\x06\x40"}, pprs=PprIds.ppr2)  # fmt: skip
