"""What a card says of itself, for people: `rsplab lpa info`, `probe`, `card show`."""

from collections.abc import Iterator, Mapping
from typing import Any

from lab.cli.output import console

CATEGORIES = {0: "other", 1: "basic", 2: "medium", 3: "contactless"}
ANY_OPERATOR = "EEE-EEE"


def print_chip(title: str, view: Mapping[str, Any], more: Mapping[str, str] | None = None) -> None:
    """The view of `lab.card_view.chip_view` line by line, then `more`."""
    from lab.cli.tables import show_fields

    rows = [*_identity(view), *_abilities(view), *_trust(view), *(more or {}).items()]
    show_fields(console(), title, [(name, value) for name, value in rows if value])


def _identity(view: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "EID", f"{view['eid']} (check digits {'right' if view['eid_check_digits_ok'] else 'WRONG'})"
    yield "Default SM-DP+", view["default_dp_address"] or "none"
    yield "Root SM-DS", view["root_ds_address"]
    yield "SGP.22", view["svn"]
    yield "Profile packages", f"SAIP {view['profile_version']}"
    yield "Firmware", view["firmware_version"]
    yield "Protection profile", view["pp_version"]
    yield "SAS accreditation", view["sas_accreditation_number"]
    yield "ISD-R", view["isdr_aid"]


def _abilities(view: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, key in (("Free memory", "free_nvm_octets"), ("Free RAM", "free_ram_octets")):
        if view[key] is not None:
            yield name, f"{view[key]} octets"
    if view["category"] is not None:
        yield "Category", f"{view['category']} ({CATEGORIES.get(view['category'], 'unknown')})"
    yield "RSP", ", ".join(view["rsp_capability"])
    yield "UICC", ", ".join(view["uicc_capability"])


def _trust(view: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    signing, names = view["ci_pkids_for_signing_hex"], view.get("ci_names", {})
    for place, pkid in enumerate(view["ci_pkids_for_verification_hex"]):
        known = f"  {names[pkid]}" if pkid in names else ""
        yield "" if place else "CIs", f"{pkid}{known}{'' if pkid in signing else '  (verifies only)'}"
    table = view["rules_authorisation_table"]
    for place, rule in enumerate(table or ()):
        operators = ", ".join("any operator" if item == ANY_OPERATOR else item for item in rule["operators"])
        consent = "the user has to consent" if rule["consent_required"] else "without asking the user"
        yield "" if place else "Policy rules", f"{', '.join(rule['policy_rules'])}: {operators}, {consent}"
    if not table:
        yield "Policy rules", "none is allowed" if table is not None else "the card doesn't say"
    yield "Forbidden rules", ", ".join(view["forbidden_policy_rules"])
