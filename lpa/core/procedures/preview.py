"""Between the preview of a profile and its download: the agent's checks and the user's consent.

Spec: SGP.22 v2.5 section 3.1.3 (steps after AuthenticateClient), 2.9.2.4 (policy rules)
"""

from collections.abc import Iterator, Sequence

from lpa.core import es10
from lpa.core.actions import Consent, Decision, Procedure, Verdict, decide
from lpa.core.apdu_link import Isdr
from lpa.core.errors import CardRefused, NotPossible, UserDeclined
from lpa.core.metadata import ProfileInfo, ProfileMetadata
from lpa.core.policy import RULE_TEXTS, RuleVerdict, judge
from lpa.core.procedures.session import Cancelled
from wire.es10 import CancelSessionReason, PprIds, ProfileClass

REASONS = {
    Decision.REJECT: CancelSessionReason.endUserRejection,
    Decision.POSTPONE: CancelSessionReason.postponed,
    Decision.TIMEOUT: CancelSessionReason.timeout,
}


def check_and_ask(isdr: Isdr, metadata: ProfileMetadata) -> Procedure[None]:
    """Refuse what cannot be installed, then ask the user; leaves with `Cancelled` and the reason that belongs to it.

    A profile that is installed already, or a test profile outside device test mode, is postponed rather than
    rejected: the order stays usable, and nothing is wrong with it.
    """
    try:
        installed = yield from es10.get_profiles_info(isdr)
        table = (yield from es10.get_rat(isdr)) if metadata.policy_rules else ()
    except CardRefused as refused:
        raise Cancelled(CancelSessionReason.undefinedReason, refused) from None
    if any(profile.iccid == metadata.iccid for profile in installed):
        raise _postponed(f"profile {metadata.iccid} is installed already", "delete it before downloading it again")
    if metadata.profile_class == ProfileClass.test and not isdr.settings.test_mode:
        raise _postponed(
            "this is a test profile, and the device is not in test mode",
            "set test_mode = true under [agent] in lab.toml",
        )
    verdicts = judge(metadata, table)
    for rule, verdict in verdicts.items():
        allowed = verdict is not RuleVerdict.NOT_ALLOWED
        yield Verdict("policy", f"profilePolicyRules {rule.name}", allowed, "" if allowed else verdict.value)
        if not allowed:
            error = NotPossible(f"the Rules Authorisation Table does not allow this profile: {RULE_TEXTS[rule]}")
            raise Cancelled(CancelSessionReason.pprNotAllowed, error)
    question = Consent(
        metadata,
        metadata.policy_rules,
        RuleVerdict.CONSENT_REQUIRED in verdicts.values(),
        tuple(_warnings(metadata, installed)),
    )
    decision = yield from decide(question)
    if decision is not Decision.ACCEPT:
        raise Cancelled(REASONS[decision], UserDeclined("download", decision.value))


def _postponed(text: str, hint: str) -> Cancelled:
    return Cancelled(CancelSessionReason.postponed, NotPossible(text, hint))


def _warnings(metadata: ProfileMetadata, installed: Sequence[ProfileInfo]) -> Iterator[str]:
    for rule, text in RULE_TEXTS.items():
        if rule in metadata.policy_rules:
            yield text
    operational = any(profile.profile_class == ProfileClass.operational for profile in installed)
    if PprIds.ppr1 in metadata.policy_rules and operational:
        yield "an operational profile is installed already: the card will refuse one that cannot be disabled"
    if metadata.profile_class == ProfileClass.provisioning:
        yield "this is a provisioning profile: it is for the agent's own connectivity, not for calls"
    if metadata.profile_class == ProfileClass.test:
        yield "this is a test profile"
