"""Reading certificates: any bytes give fields or a DecodeError, nothing else."""

from datetime import UTC, datetime
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from certs import x509
from certs.inspect import summary
from certs.pki import Pki
from wire.errors import DecodeError

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BOUNDED = settings(derandomize=True, max_examples=300, deadline=None)


class Counting:
    """Entropy that counts: any will do here, but the same on every run."""

    def __init__(self) -> None:
        self._next = 1

    def octets(self, count: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(count, "big")


@cache
def certificates() -> list[bytes]:
    pki = Pki.generate(["rsp.example.com"], not_before=NOW, entropy=Counting())
    return [pki.ci().certificate, pki.eum().certificate, pki.euicc("BRP").certificate, pki.dp_tls().certificate]


@BOUNDED
@given(st.data())
def test_damaged_certificates_never_crash_the_reader(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(certificates())))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = summary(bytes(damaged), NOW)
    except DecodeError:
        return
    assert set(found) == set(summary(certificates()[0], NOW))


@BOUNDED
@given(st.binary(max_size=200))
def test_any_bytes_never_crash_the_reader(raw: bytes) -> None:
    try:
        x509.read(raw)
    except DecodeError:
        return
    raise AssertionError("200 random octets cannot be a certificate with a key")


@BOUNDED
@given(st.lists(st.integers(0, 2**40), max_size=8), st.integers(0, 2), st.integers(0, 39))
def test_object_identifiers_round_trip(rest: list[int], first: int, second: int) -> None:
    text = ".".join(map(str, (first, second, *rest)))
    assert x509.dotted(x509.oid_octets(text)) == text
