"""No identity leaves a redacted session in any form it takes on the wire."""

import base64
import json

import pytest

from lab.console.masking import Mask, mask, masked
from lab.console.timeline import octets_of
from lab.trace_view import headline

EID = "89049032123451234512345678901235"
ICCID = "8999001234567890123"
IMSI = "001010123456789"
IMSI_EF = "080910101032547698"


def event(kind: str = "note", **fields: object) -> dict[str, object]:
    return {"n": 1, "run": "r", "time": "2026-01-01T00:00:00Z", "role": "card", "session": "AB", "kind": kind, **fields}


@pytest.mark.parametrize(
    "form",
    [EID, EID.encode().hex().upper(), ICCID, "98990021436587092 1F3".replace(" ", ""), "989900214365870921F3".lower()],
)
def test_every_form_is_replaced(form: str) -> None:
    named = event(eid=EID, iccid=ICCID)
    (_, hidden) = mask([named, event(raw_hex=f"5A0A{form}9000")])
    assert form.upper() not in json.dumps(hidden).upper()
    assert hidden["raw_hex"].startswith("5A0A…")
    assert hidden["raw_hex"].endswith("9000")


def test_imsi_in_its_file_is_replaced() -> None:
    (hidden, _) = mask([event(raw_hex=IMSI_EF), event(imsi=IMSI)])
    assert hidden["raw_hex"] == "08…6789"


def test_an_iccid_with_filler_names_the_same() -> None:
    (hidden, _) = mask([event(message=f"profile {ICCID}"), event(decoded={"iccid": f"{ICCID}F"})])
    assert hidden["message"] == "profile …0123"


def test_base64_that_carries_an_identity_is_left_out_and_the_rest_kept() -> None:
    octets = bytes.fromhex("5A10") + bytes.fromhex(EID)
    body = json.dumps({"a": base64.b64encode(octets).decode(), "b": "AQID"}, separators=(",", ":"))
    (_, hidden) = mask([event(eid=EID), event("http", direction="request", body=body)])
    parsed = json.loads(hidden["body"])
    assert parsed == {"a": "[18 octets that name an EID, ICCID or IMSI]", "b": "AQID"}
    assert octets_of(hidden) == len(body)


def test_sizes_are_those_of_the_wire() -> None:
    (hidden,) = mask([event("apdu", direction="response", raw_hex=f"{EID}9000", pdu={"eidValue": EID})])
    assert EID not in json.dumps(hidden)
    assert octets_of(hidden) == 18


def test_the_subject_of_a_certificate_names_the_eid() -> None:
    (hidden,) = mask([event(decoded={"euiccCertificate": {"subject": f"Serial Number: {EID}"}})])
    assert hidden["decoded"]["euiccCertificate"]["subject"] == "Serial Number: …1235"


def test_secrets_that_a_trace_was_asked_to_reveal_are_hidden_again() -> None:
    (hidden,) = mask([event("keys", what="session keys", s_enc_hex="00" * 16, upp={"redacted": "upp", "octets": 9})])
    assert hidden["s_enc_hex"] == {"redacted": "keys"}
    assert hidden["upp"] == {"redacted": "upp", "octets": 9}


def test_without_identities_nothing_changes() -> None:
    plain = event(message="x" * 40, raw_hex="00" * 40)
    assert mask([plain]) == [plain]


def test_masked_keeps_four_digits() -> None:
    assert (masked(EID), masked("1234")) == ("…1235", "1234")


def test_an_identity_that_only_a_json_body_names_is_hidden() -> None:
    body = json.dumps({"header": {}, "eid": EID, "iccid": ICCID})
    (hidden,) = mask([event("http", direction="request", body=body)])
    assert json.loads(hidden["body"]) == {"header": {}, "eid": "…1235", "iccid": "…0123"}


def test_identities_with_the_same_end_stay_two() -> None:
    other = f"89990{ICCID[5:]}".replace("89990012", "89990912")
    (hidden,) = mask(
        [event("check", what="the profile", expected=f"{{'{ICCID}': 1}}", seen=f"{{'{other}': 1}}", ok=False)]
    )
    assert (hidden["expected"], hidden["seen"]) == ("{'…0123': 1}", "{'…0123#2': 1}")


def test_a_secret_that_was_asked_for_stays() -> None:
    keys = event("keys", s_enc_hex="00" * 16, upp_hex="A0")
    (hidden,) = Mask([keys], reveal=frozenset({"keys"})).events([keys])
    assert (hidden["s_enc_hex"], hidden["upp_hex"]) == ("00" * 16, {"redacted": "upp"})


def test_what_is_said_of_a_masked_trace_is_masked_alike() -> None:
    named = event(eid=EID)
    assert Mask([named], (f"seen {ICCID}",)).text(f"{EID} has {ICCID}") == "…1235 has …0123"


def test_a_masked_apdu_tells_its_size() -> None:
    (hidden,) = mask([event("apdu", direction="response", sw="9000", raw_hex=f"{EID}9000", pdu={"eidValue": EID})])
    assert headline(hidden).endswith(", 18 octets")
