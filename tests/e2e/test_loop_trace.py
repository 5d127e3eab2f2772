"""The trace of a download: complete, decoded, one session, no secret; and every octet decodes and re-encodes."""

import base64
import json
from typing import Any

import pytest

from lab.cards import open_card
from lab.directory import Lab
from lab.pdu import MEMBERS
from lab.trace import NoTrace, read_trace
from tests.support.lab import CliLab, new_lab
from wire import der, json_es9, rsp
from wire.apdu import Command, Response
from wire.json_header import HeaderOnlyResponse, read_request, read_response
from wire.tlv import length_octets, parse, read_header, tag_octets, tlv

FUNCTIONS = ["initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "handleNotification"]


class Traced:
    """One download with its traces."""

    def __init__(self, lab: CliLab) -> None:
        lab("card", "create", "c1")
        self.profile = lab.json("profile", "build", "--k", "0F" * 16, "--opc", "AB" * 16)
        order = lab.json("order", "create", "--iccid", self.profile["iccid"], "--confirmation-code", "secret-4711")
        with lab.serving():
            answer = lab.lpa(
                "profile", "download", order["activation_code"], "--yes", "--confirmation-code", "secret-4711"
            )
        self.session = answer.json["transaction_id"]
        self.files = sorted(Lab(lab.path).traces_path.glob("*.jsonl"))
        self.events = [event for path in self.files for event in read_trace(path)]
        self.lab = lab

    def of(self, kind: str, *roles: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind and (not roles or event["role"] in roles)]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    return Traced(new_lab(tmp_path_factory.mktemp("trace") / "lab"))


def test_both_ends_tell_of_one_session_and_of_nothing_outside_it(traced: Traced) -> None:
    assert [path.name.rsplit("-", 1)[1] for path in traced.files] == ["lpa.jsonl", "smdp.jsonl"]
    assert {event["role"] for event in traced.events} == {"smdp", "lpa", "card"}
    # Notifications other than the installation result carry no transactionId, so the server can't know their session.
    assert {event["session"] for event in traced.events if event["role"] != "smdp"} == {traced.session}
    assert {event["session"] for event in traced.events if event["role"] == "smdp"} <= {traced.session, ""}


def test_numbers_and_times_follow_the_events(traced: Traced) -> None:
    for path in traced.files:
        events = sorted(read_trace(path), key=lambda event: event["n"])
        assert [event["n"] for event in events] == list(range(1, len(events) + 1))
        assert [event["time"] for event in events] == sorted(event["time"] for event in events)
        assert all(event["time"].endswith("Z") for event in events)


def test_every_apdu_decodes_and_reencodes(traced: Traced) -> None:
    apdus = traced.of("apdu", "lpa")
    assert len(apdus) > 50
    for event in apdus:
        raw = bytes.fromhex(event["raw_hex"])
        parsed = Command.parse(raw) if event["direction"] == "command" else Response.parse(raw)
        assert parsed.encode() == raw


def test_every_es10_value_decodes_and_reencodes(traced: Traced) -> None:
    seen = set()
    for event in traced.of("apdu", "lpa"):
        if "pdu_hex" not in event:
            continue
        assert "decode_error" not in event, event
        raw = bytes.fromhex(event["pdu_hex"])
        tag, start, length = read_header(raw)
        seen.add(f"{event['direction']} {tag:X}")
        if event["direction"] == "command" and tag in rsp.PDUS and start + length == len(raw):
            reencoded(rsp.PDUS[tag].request, raw)
        elif event["direction"] == "response":
            pdu = rsp.PDUS[0xBF36 if tag == 0xBF37 else tag]
            assert pdu.response is not None
            reencoded(pdu.response, raw)
        elif tag == 0xBF36:
            reencoded(rsp.InitialiseSecureChannelRequest, raw[start:])
        elif tag in (0x86, 0x88) or start == len(raw):
            assert raw[:start] == tag_octets(tag) + length_octets(length)
        else:
            assert tlv(tag, *(tlv(element.tag, element.value) for element in parse(raw).children)) == raw
    commands = {
        f"command {tag}" for tag in ("BF20", "BF2E", "BF38", "BF21", "BF36", "A0", "A1", "88", "A2", "A3", "86")
    }
    assert seen >= commands | {f"response {tag}" for tag in ("BF20", "BF2E", "BF38", "BF21", "BF37", "BF28", "BF2B")}


def test_the_segments_put_together_are_the_package_that_came_over_http(traced: Traced) -> None:
    segments = [
        bytes.fromhex(event["pdu_hex"])
        for event in traced.of("apdu", "lpa")
        if event["direction"] == "command" and event.get("function") == "ES10b.LoadBoundProfilePackage"
    ]
    body = next(
        json.loads(event["body"])
        for event in traced.of("http", "lpa")
        if event["direction"] == "response" and event["function"] == "getBoundProfilePackage"
    )
    package = base64.b64decode(body["boundProfilePackage"])
    assert b"".join(segments) == package
    reencoded(rsp.BoundProfilePackage, package)


def test_every_http_body_decodes_and_reencodes(traced: Traced) -> None:
    requests = {
        "initiateAuthentication": json_es9.InitiateAuthenticationRequest,
        "authenticateClient": json_es9.AuthenticateClientRequest,
        "getBoundProfilePackage": json_es9.GetBoundProfilePackageRequest,
        "handleNotification": json_es9.HandleNotificationRequest,
    }
    responses = {
        "initiateAuthentication": json_es9.InitiateAuthenticationResponse,
        "authenticateClient": json_es9.AuthenticateClientResponse,
        "getBoundProfilePackage": json_es9.GetBoundProfilePackageResponse,
    }
    messages = traced.of("http", "lpa")
    assert list(dict.fromkeys(event["function"] for event in messages)) == FUNCTIONS
    for event in messages:
        raw = event["body"].encode()
        if event["direction"] == "request":
            assert read_request(requests[event["function"]], raw).to_json() == raw
        elif event["function"] in responses:
            response = read_response(responses[event["function"]], raw)
            assert not isinstance(response, HeaderOnlyResponse)
            assert response.to_json() == raw
        else:
            assert (event["status"], raw) == (204, b"")
        for name, value in (json.loads(raw) if raw else {}).items():
            if name in MEMBERS:
                assert name in event["decoded"], event.get("decode_error")
                reencoded(MEMBERS[name], base64.b64decode(value))
            elif name.endswith(("Signature1", "Signature2")):
                assert len(parse(base64.b64decode(value), 0x5F37).value) == 64


def test_client_and_server_saw_the_same_messages(traced: Traced) -> None:
    lpa, smdp = (
        [(event["direction"], event["function"], event["body"]) for event in traced.of("http", role)]
        for role in ("lpa", "smdp")
    )
    assert lpa == smdp


def test_both_ends_give_their_verdicts(traced: Traced) -> None:
    verdicts = traced.of("verdict")
    assert all(event["ok"] for event in verdicts)
    card = {(event["check"], event["what"]) for event in verdicts if event["role"] == "card"}
    assert {("chain", "serverCertificate"), ("signature", "serverSignature1"), ("signature", "smdpSignature2")} <= card
    assert {("mac", "ConfigureISDP"), ("mac", "StoreMetadata"), ("mac", "LoadProfileElements")} <= card
    assert {event["check"] for event in verdicts if event["role"] == "smdp"} >= {"chain", "signature"}
    assert {event["check"] for event in verdicts if event["role"] == "lpa"} >= {"tls", "metadata"}
    states = [(event["before"], event["after"]) for event in traced.of("state", "smdp") if event["entity"] == "order"]
    assert states == [("Released", "Downloaded"), ("Downloaded", "Installed")]


def test_no_secret_is_in_any_trace(traced: Traced) -> None:
    text = "".join(path.read_text().upper() for path in traced.files)
    for secret in ("0F" * 16, "AB" * 16, "SECRET-4711"):
        assert secret not in text
    keys = traced.lab.path / "pki"
    for path in keys.rglob("SK_*.pem"):
        body = "".join(path.read_text().splitlines()[1:-1]).upper()
        assert body not in text


def test_secrets_are_there_redacted_and_shown_when_asked_for_by_name(traced: Traced) -> None:
    hidden = {(event["what"], event["s_enc"]["redacted"]) for event in traced.of("keys", "card")}
    assert hidden == {("session keys", "keys"), ("profile protection keys", "keys")}
    (package,) = traced.of("package", "card")
    assert package["upp"]["redacted"] == "upp"
    size = package["upp"]["octets"]

    lab = traced.lab
    order = lab.order()
    with lab.serving("--no-trace"):
        words = ("--card", "c1", "--reveal", "keys,upp", "profile", "download", order["activation_code"], "--yes")
        session = lab("lpa", *words, "--json").json["transaction_id"]
    events = lab.json("trace", "show", "last", "--session", session)
    keys = [event for event in events if event["kind"] == "keys"]
    assert [len(bytes.fromhex(event["s_enc_hex"] + event["s_mac_hex"])) for event in keys] == [32, 32]
    upp = bytes.fromhex(next(event["upp_hex"] for event in events if event["kind"] == "package"))
    assert len(upp) == pytest.approx(size, rel=0.1)
    with open_card(Lab(lab.path), "c1", NoTrace()) as card:
        assert card.profile_package(order["iccid"]) == upp


def test_the_trace_is_shown_to_people(traced: Traced) -> None:
    shown = traced.lab("trace", "show", str(traced.files[0]), "--decoded").stdout
    assert "STORE DATA ES10b.PrepareDownload" in shown
    assert "serverSigned1" in shown
    only = traced.lab.json("trace", "show", str(traced.files[0]), "--kind", "verdict")
    assert {event["kind"] for event in only} == {"verdict"}
    assert traced.lab.json("trace", "show", str(traced.files[0]), "--session", "00") == []


def reencoded(spec: Any, raw: bytes) -> None:
    """The codec builds the same octets from what it decoded, not only from what it kept."""
    value = der.load(spec, raw, strict=False)
    assert value.dump(force=True) == raw
    assert der.describe(value) is not None
