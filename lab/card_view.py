"""What a card says about itself, without any server: for `rsplab card` and the console."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from euicc_sim.profile.capabilities import capability_names
from lab.agent import Agent, card_link
from lab.directory import Lab
from lab.errors import LabError
from lab.trace import NoTrace
from lab.views import installed_view
from lpa.core.chip import AuthorisationRule, EuiccInfo2
from lpa.core.errors import LpaError
from lpa.core.notification import NotificationMetadata
from lpa.core.procedures.chip import ChipInfo, chip_info
from lpa.core.procedures.notifications import list_notifications
from lpa.core.procedures.profiles import list_profiles
from lpa.core.settings import LpaSettings
from lpa.http.blocking import BlockingHttpClient
from lpa.http.trust import TlsTrust
from lpa.user import ScriptedUser


@contextmanager
def offline_agent(lab: Lab, card: str) -> Iterator[Agent]:
    """An agent that reaches no server and writes no trace."""
    trace = NoTrace()
    with card_link(lab, card, trace) as link:
        link.connect()
        try:
            yield Agent(LpaSettings(), link, BlockingHttpClient(TlsTrust(())), ScriptedUser(), trace)
        finally:
            link.disconnect()


def card_summary(lab: Lab, name: str) -> dict[str, Any]:
    """Name, EID, how many profiles, and which one is enabled."""
    with offline_agent(lab, name) as agent:
        chip = agent.run(chip_info(agent.settings))
        profiles = agent.run(list_profiles(agent.settings))
    enabled = next((str(profile.iccid) for profile in profiles if profile.enabled), None)
    return {"name": name, "eid": chip.eid, "profiles": len(profiles), "enabled": enabled}


def summary_or_trouble(lab: Lab, name: str) -> dict[str, Any]:
    """The summary, with `trouble` None; of a card that can't be read now, its name and what the trouble is."""
    try:
        return card_summary(lab, name) | {"trouble": None}
    except (LabError, LpaError) as error:
        return {"name": name, "eid": None, "profiles": None, "enabled": None, "trouble": str(error)}


def card_view(lab: Lab, name: str) -> dict[str, Any]:
    """Everything that the card says about itself."""
    with offline_agent(lab, name) as agent:
        chip = agent.run(chip_info(agent.settings))
        profiles = agent.run(list_profiles(agent.settings))
        pending = agent.run(list_notifications(agent.settings))
    return {
        "name": name,
        **chip_view(chip),
        "profiles": [installed_view(profile) for profile in profiles],
        "notifications": [notification_view(item) for item in pending],
    }


def chip_view(chip: ChipInfo) -> dict[str, Any]:
    """EID, addresses and EUICCInfo2."""
    info = chip.info2
    return {
        "eid": chip.eid,
        "eid_check_digits_ok": chip.eid_ok,
        "default_dp_address": chip.addresses.default_dp_address,
        "root_ds_address": chip.addresses.root_ds_address,
        "svn": _version(info.svn),
        "profile_version": _version(info.profile_version),
        "firmware_version": _version(info.firmware_version),
        "ts102241_version": _version(info.ts102241_version),
        "globalplatform_version": _version(info.globalplatform_version),
        "pp_version": _version(info.pp_version),
        "category": info.category,
        "rsp_capability": list(info.rsp_capability.names),
        "uicc_capability_hex": info.uicc_capability.hex().upper(),
        "uicc_capability": capability_names(info.uicc_capability),
        "forbidden_policy_rules": list(info.forbidden_policy_rules.names),
        "rules_authorisation_table": None if chip.rules is None else [_rule_view(rule) for rule in chip.rules],
        "sas_accreditation_number": info.sas_accreditation_number,
        **_resources(info),
        "ci_pkids_for_verification_hex": [pkid.hex().upper() for pkid in info.ci_pkids_for_verification],
        "ci_pkids_for_signing_hex": [pkid.hex().upper() for pkid in info.ci_pkids_for_signing],
        "isdr_aid": chip.isdr_aid.hex().upper(),
    }


def _rule_view(rule: AuthorisationRule) -> dict[str, Any]:
    """operators: MCC-MNC, E for any digit."""
    return {
        "policy_rules": list(rule.policy_rules.names),
        "operators": [operator.plmn for operator in rule.allowed_operators],
        "consent_required": rule.consent_required,
    }


def notification_view(item: NotificationMetadata) -> dict[str, Any]:
    """One notification that waits on a card."""
    return {
        "seq_number": item.seq_number,
        "events": list(item.event.names),
        "address": item.address,
        "iccid": str(item.iccid) if item.iccid else None,
    }


def _resources(info: EuiccInfo2) -> dict[str, Any]:
    resources = info.resources
    return {
        "installed_applications": resources.installed_applications,
        "free_nvm_octets": resources.free_nvm_octets,
        "free_ram_octets": resources.free_ram_octets,
    }


def _version(octets: bytes | None) -> str | None:
    return ".".join(map(str, octets)) if octets else None
