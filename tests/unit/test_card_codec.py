"""The card slices TLVs by position and tag; the codec of wire.rsp must read every one of them alike."""

from datetime import UTC, datetime
from typing import Any

import pytest

from certs.crl import Revoked, issue_crl
from tests.support.card_bench import EID, Bench, Order, mini_server, pki
from tests.support.tlv_by_hand import dig, t
from wire import rsp
from wire.der import dump, load

SEGMENTS = bytes.fromhex("A0A1A2A3868788")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Recorder(Bench):
    """Keeps every ES10 command and its answer."""

    def send(self, payload: bytes | str) -> tuple[bytes, int]:
        octets = bytes.fromhex(payload) if isinstance(payload, str) else payload
        data, sw = super().send(octets)
        self.__dict__.setdefault("talk", []).append((octets, data, sw))
        return data, sw


@pytest.fixture(scope="module")
def talk() -> list[tuple[bytes, bytes, int]]:
    """A download that fails, one that succeeds, and everything else that can be said."""
    bench, order = Recorder(), Order()
    bench.download(order)
    bench.download(order)
    server = mini_server()
    bench.authenticate(server, signature=bytes(64))
    server.check_authentication(bench.authenticate(server))
    bench.es10(server.prepare_download(signature=bytes(64)))
    bench.es10(server.prepare_download(cc_required=True, hash_cc=bytes(32)))
    bench.es10(t("BF41", t("80", server.transaction_id), t("81", b"\x00")))
    bench.es10(t("BF41", t("80", server.transaction_id), t("81", b"\x00")))
    crl = issue_crl(
        pki().ci(), [Revoked.of(pki().dp_pb().certificate, NOW)], number=1, this_update=NOW, next_update=NOW
    )
    bench.es10(t("BF35", t("A0", dig(crl, "30"))))
    for request in (order.enable(), order.disable(), order.delete(), "BF2B00", "BF2800", "BF3003800101", "BF4300"):
        bench.es10(request)
    for request in ("BF2D00", "BF2D05A003950100", "BF3C00", "BF3F028000", "BF2000", "BF2200", "BF3E035C015A"):
        bench.es10(request)
    for request in ("BF3404820205E0", "BF280481020640", "BF2B06A00481020780", "BF420480020780", order.enable()):
        bench.es10(request)
    return bench.__dict__["talk"]


def same(asn1_class: Any, octets: bytes) -> None:
    assert dump(load(asn1_class, octets)) == octets


def test_requests_and_responses(talk: list[tuple[bytes, bytes, int]]) -> None:
    functions = set()
    for request, answer, _ in talk:
        tag = int.from_bytes(request[:2])
        if tag not in rsp.PDUS or tag == 0xBF36:
            continue
        pdu = rsp.PDUS[tag]
        same(pdu.request, request)
        assert pdu.response is not None
        same(pdu.response, answer)
        functions.add(pdu.function)
    assert len(functions) >= 20, sorted(functions)


def test_segments_are_answered_with_nothing_until_the_result(talk: list[tuple[bytes, bytes, int]]) -> None:
    answers = [(answer, sw) for request, answer, sw in talk if request[0] in SEGMENTS or request[:2] == b"\xbf\x36"]
    results = [answer for answer, _ in answers if answer]
    assert {sw for _, sw in answers} == {0x9000}
    assert len(results) == 2, "one success, one failure"
    for result in results:
        same(rsp.ProfileInstallationResult, result)


@pytest.mark.parametrize("ppk", [True, False])
def test_the_package_and_its_commands(ppk: bool) -> None:
    bench, order = Bench(), Order()
    server = mini_server()
    bench.prepare(server)
    package = server.bind(bytes.fromhex(EID), order.metadata, order.package, ppk=ppk)
    same(rsp.BoundProfilePackage, package.raw)
    same(rsp.InitialiseSecureChannelRequest, package.bf23)
    same(rsp.StoreMetadataRequest, order.metadata)
