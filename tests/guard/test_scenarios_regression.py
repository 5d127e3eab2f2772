"""The regression pack has one scenario for each bug that was met in the field, and each is proved by the bug itself."""

from pathlib import Path

from scenarios import REGISTRY, catalogue
from scenarios.mutants import regressions

BUGS = {
    "searchCriteria without its A0 wrapper": "regression.search_criteria_unwrapped",
    "BF37 returned in mid-BPP, after which further segments get 6A88": "regression.result_in_mid_package",
    "the logical channel closed between BPP segments": "regression.channel_closed_in_mid_package",
    "an ICCID of 18 digits": "regression.iccid_18",
    "an ICCID of 19 digits": "regression.iccid_19",
    "profileClass absent means operational": "regression.profile_class_absent",
    "an activation code with an empty OID and the confirmation flag": "regression.activation_code_empty_oid",
    "IMEI packed as 16 digits": "regression.imei_16_digits",
    "catBusy on EnableProfile, then success": "regression.cat_busy",
    "a notification delivered twice because its removal was lost": "regression.notification_twice",
    "an ISD-R under a vendor AID": "regression.vendor_aid",
    "a TLS server with a wrong host": "regression.tls_wrong_host",
    "a TLS server with an expired certificate": "regression.tls_expired",
    "a TLS server with a wrong root": "regression.tls_wrong_root",
    "a TLS server with a revoked certificate": "regression.tls_revoked",
    "the card full at profile element n": "regression.card_full",
    "PPR1 forbidden by the RAT": "regression.ppr1_forbidden",
    "power cut after segment k, then a retry with the same otPK": "regression.power_cut_same_key",
    "extended-length commands": "regression.extended_length",
    "Le-less case-4 commands": "regression.case_4_without_le",
    "the smallest segment sizes": "regression.smallest_blocks",
}
DOCS = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"


def pack() -> set[str]:
    catalogue.load()
    return {name for name in REGISTRY if name.startswith("regression.")}


def test_every_bug_has_one_scenario_and_every_scenario_its_bug() -> None:
    assert len(set(BUGS.values())) == len(BUGS)
    assert pack() == set(BUGS.values())


def test_each_says_something_of_its_own() -> None:
    catalogue.load()
    bodies = [REGISTRY[name].body.__code__ for name in sorted(pack()) if not name.startswith("regression.iccid")]
    assert len({(code.co_filename, code.co_firstlineno) for code in bodies}) == len(bodies)


def test_each_is_named_by_a_mutant_that_has_the_bug() -> None:
    meant = [mutant.first for mutant in regressions.MUTANTS]
    assert all(any(name.startswith(first) for name in pack()) for first in meant)
    assert [name for name in sorted(pack()) if not any(name.startswith(first) for first in meant)] == []


def test_the_documentation_lists_them() -> None:
    text = DOCS.read_text("utf-8")
    listed = dict(line.strip("| \n").split(" | ") for line in text.splitlines() if "| `regression." in line)
    assert {bug: name.strip("`") for bug, name in listed.items()} == BUGS
