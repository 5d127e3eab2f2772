"""The ASN.1 binding: the messages of annex H, checked with the codec, and their integer error codes."""

from pathlib import Path
from typing import Any

import pytest

from smdp.core.states import State
from smdp.web.asn1_messages import answer, functions, read_choice, read_notification
from tests.support.mini_euicc import MiniEuicc
from tests.support.smdp_world import ADDRESS, UPP, World
from tests.support.tlv_by_hand import t
from wire.der import load
from wire.errors import DecodeError
from wire.json_es9 import (
    AuthenticateClientResponse,
    GetBoundProfilePackageResponse,
    InitiateAuthenticationResponse,
)
from wire.rsp import RemoteProfileProvisioningRequest, RemoteProfileProvisioningResponse
from wire.tlv import parse


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.profile()
    world.order()
    return world


def call(world: World, function: bytes) -> bytes:
    request = t("A2", function)
    load(RemoteProfileProvisioningRequest, request)
    choice = read_choice(request)
    response = answer(functions(world.server)[choice.tag], choice)
    load(RemoteProfileProvisioningResponse, response)
    return response


def ok(response: bytes, tag: int) -> list[bytes]:
    return [child.raw for child in parse(response, 0xA2).at(0, tag).at(0, 0xA0).children]


def initiate(world: World, euicc: MiniEuicc, address: str = ADDRESS) -> bytes:
    body = euicc.initiate(address)
    return call(world, t("BF39", t("81", body.euiccChallenge), t("83", body.smdpAddress.encode()), body.euiccInfo1))


def offered(response: bytes) -> InitiateAuthenticationResponse:
    tid, signed1, signature1, ci, certificate = ok(response, 0xBF39)
    return InitiateAuthenticationResponse(
        transactionId=tid[2:],
        serverSigned1=signed1,
        serverSignature1=signature1,
        euiccCiPKIdToBeUsed=ci,
        serverCertificate=certificate,
    )


def authenticate(world: World, euicc: MiniEuicc, matching_id: str = "TOKEN", **lies: Any) -> bytes:
    body = euicc.authenticate(offered(initiate(world, euicc)), matching_id, **lies)
    return call(world, t("BF3B", t("80", body.transactionId), body.authenticateServerResponse))


def authenticated(response: bytes) -> AuthenticateClientResponse:
    tid, metadata, signed2, signature2, certificate = ok(response, 0xBF3B)
    return AuthenticateClientResponse(
        transactionId=tid[2:],
        profileMetadata=metadata,
        smdpSigned2=signed2,
        smdpSignature2=signature2,
        smdpCertificate=certificate,
    )


def prepare(world: World, euicc: MiniEuicc, code: str | None = None) -> bytes:
    body = euicc.prepare(authenticated(authenticate(world, euicc)), code)
    return call(world, t("BF3A", t("80", body.transactionId), body.prepareDownloadResponse))


def test_a_whole_download(world: World) -> None:
    euicc = world.euicc()
    tid, bpp = ok(prepare(world, euicc), 0xBF3A)
    opened = euicc.open(GetBoundProfilePackageResponse(transactionId=tid[2:], boundProfilePackage=bpp))
    assert opened.upp == UPP
    for notification in (euicc.result(), euicc.notification("0640", bytes.fromhex("98001021436587092143"))):
        request = t("A2", t("BF3D", t("A0", notification.pendingNotification)))
        load(RemoteProfileProvisioningRequest, request)
        world.server.handle_notification(read_notification(read_choice(request)))
    assert world.now().state is State.INSTALLED


def test_cancel_session(world: World) -> None:
    """The example of server.md section 1.6: A2 05 BF41 02 A000; [1] replaces the BF41 of CancelSessionResponse."""
    euicc = world.euicc()
    authenticate(world, euicc)
    body = euicc.cancel(0)
    inner = body.cancelSessionResponse[3:] if body.cancelSessionResponse[2] < 0x80 else body.cancelSessionResponse[4:]
    request = t("BF41", t("80", body.transactionId), t("A1", inner))
    assert call(world, request) == bytes.fromhex("A205BF4102A000")
    assert world.now().state is State.ERROR
    assert call(world, request) == bytes.fromhex("A206BF4103810101")


def test_error_codes(world: World) -> None:
    euicc = world.euicc()
    assert initiate(world, euicc, "other.example.com") == bytes.fromhex("A206BF3903810101")
    assert initiate(world, world.euicc(svn=b"\x03\x00\x00")) == bytes.fromhex("A206BF3903810102")
    assert initiate(world, world.euicc(signing=[])) == bytes.fromhex("A206BF3903810103")
    assert authenticate(world, euicc, signature=b"\x01" * 64) == bytes.fromhex("A206BF3B03810105")
    assert authenticate(world, euicc, "NOBODY") == bytes.fromhex("A206BF3B03810106")
    assert authenticate(world, world.euicc(free_memory=0)) != bytes.fromhex("A206BF3B0381010B")  # asks for nothing
    body = euicc.prepare(authenticated(authenticate(world, euicc)), signature=b"\x01" * 64)
    request = t("BF3A", t("80", body.transactionId), body.prepareDownloadResponse)
    assert call(world, request) == bytes.fromhex("A206BF3A03810101")
    assert call(world, request) == bytes.fromhex("A206BF3A0381015F")


def test_the_confirmation_code_codes(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.profile()
    world.order(code="1234", confirmation_limit=2)
    euicc = world.euicc()
    assert prepare(world, euicc) == bytes.fromhex("A206BF3A03810102")
    assert prepare(world, euicc, "0") == bytes.fromhex("A206BF3A03810103")
    assert prepare(world, euicc, "0") == bytes.fromhex("A206BF3A03810104")


@pytest.mark.parametrize(
    ("function", "expected"),
    [("BF3900", "A206BF390381017F"), ("BF3B00", "A206BF3B0381017F"), ("BF4100", "A206BF410381017F")],
)
def test_an_incomplete_request_is_an_undefined_error(world: World, function: str, expected: str) -> None:
    choice = read_choice(t("A2", bytes.fromhex(function)))
    assert answer(functions(world.server)[choice.tag], choice) == bytes.fromhex(expected)


@pytest.mark.parametrize("request_hex", ["", "A200", "A203BF3900FF", "3000", "A206BF3900BF3900"])
def test_what_is_no_request_at_all(request_hex: str) -> None:
    with pytest.raises(DecodeError):
        read_choice(bytes.fromhex(request_hex))
