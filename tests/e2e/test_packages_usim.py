"""A built package, installed and enabled, is a working USIM: its files read, its codes hold, it authenticates."""

from dataclasses import replace

import pytest

from euicc_sim.profile.interpreter import Capabilities, Interpreter
from euicc_sim.profile.uicc import Uicc
from smdp.profiles import Algorithm, ProfileParameters, Suci, build_package
from tests.support.aka_vectors import Vector, milenage, milenage_vector, tuak_vector
from wire.apdu import Command, Response
from wire.ids import Iccid

K, OPC = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc"), bytes.fromhex("cd63cb71954a9f4e48a5994e37a02baf")
PARAMETERS = ProfileParameters(
    iccid=Iccid("89000123456789012341"),
    imsi="310410123456789",
    k=K,
    opc=OPC,
    isim=True,
    msisdn="+4917012345",
    gid1=b"A",
)
SQN, AMF, RAND = (32).to_bytes(6, "big"), b"\x80\x00", bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")


class ZeroEntropy:
    def octets(self, count: int) -> bytes:
        return bytes(count)


class Usim:
    """The UICC with the profile's USIM selected."""

    def __init__(self, parameters: ProfileParameters) -> None:
        interpreter = Interpreter(Capabilities(), free_octets=1_000_000)
        interpreter.feed(build_package(parameters))
        image = dict(interpreter.finish().image)
        self.uicc = Uicc(image, lambda changes: None, ZeroEntropy())
        self.ok("00A40404", parameters.usim_aid)

    def send(self, header: str, data: bytes = b"", le: int | None = None) -> Response:
        cla, ins, p1, p2 = bytes.fromhex(header)
        return self.uicc.process(0, Command(cla, ins, p1, p2, data, le))

    def ok(self, header: str, data: bytes = b"", le: int | None = None) -> bytes:
        response = self.send(header, data, le)
        assert response.sw == 0x9000, f"{header} {data.hex()}: {response.sw:04X}"
        return response.data

    def select(self, path: str) -> bytes:
        return self.ok("00A40804", bytes.fromhex(path))

    def binary(self, path: str) -> bytes:
        self.select(path)
        return self.ok("00B00000", le=256)

    def record(self, path: str, number: int = 1) -> bytes:
        self.select(path)
        return self.ok(f"00B2{number:02X}04", le=256)


@pytest.fixture
def usim() -> Usim:
    return Usim(PARAMETERS)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("2FE2", "98001032547698103214"),
        ("7FFF6F07", "083901141032547698"),
        ("7FFF6FAD", "00000003"),
        ("7FFF6F46", "01727370 6C6162 FFFFFFFFFFFFFFFFFFFF"),
        ("7FFF6F78", "0200"),
        ("7FFF6F31", "0A"),
        ("7FFF6F3E", "41"),
        ("7FFF6F62", "130014C880"),
        ("7FFF6FD9", "130014"),
        ("7FFF6F7E", "FFFFFFFF FFFFFF0000 FF01"),
    ],
)
def test_files_read(usim: Usim, path: str, expected: str) -> None:
    assert usim.binary(path) == bytes.fromhex(expected)


def test_records_read(usim: Usim) -> None:
    assert usim.record("2F00", 1)[:4] + usim.record("2F00", 1)[4:20] == bytes.fromhex("61184F10") + PARAMETERS.usim_aid
    assert usim.record("2F00", 2)[4:20] == PARAMETERS.isim_aid
    assert usim.record("7FFF6FB7", 2) == bytes.fromhex("19F1FF00")
    assert usim.record("7FFF6F40")[10:17] == bytes.fromhex("06919471103254")


def test_every_file_names_a_rule_that_is_there(usim: Usim) -> None:
    for path in ("2FE2", "2F00", "7FFF6F07", "7FFF6F38", "7FFF6FE4", "7FFF6F05", "7FFF5F3B4F20", "7F106F06"):
        template = usim.select(path)
        at = template.index(b"\x8b\x03") + 2
        fid, record = template[at : at + 2], template[at + 2]
        home = "" if fid == b"\x2f\x06" else path[: -4 if path[:4] == "7F10" else 4]
        assert usim.record(home + fid.hex(), record).startswith((b"\x80\x01", b"\x84\x01"))


def test_pin1_is_off_and_can_be_turned_on(usim: Usim) -> None:
    pin = b"0000\xff\xff\xff\xff"
    assert usim.send("00200001").sw in (0x63C3, 0x6984)
    usim.ok("00280001", pin)
    usim.uicc.reset()
    usim.ok("00A40404", PARAMETERS.usim_aid)
    usim.select("7FFF6F07")
    assert usim.send("00B00000", le=256).sw == 0x6982
    assert usim.send("00200001", b"1111\xff\xff\xff\xff").sw == 0x63C2
    usim.ok("00200001", pin)
    assert usim.binary("7FFF6F07")[:2] == b"\x08\x39"


def test_pin1_enabled_protects_from_the_start() -> None:
    usim = Usim(replace(PARAMETERS, pin1_enabled=True, pin1="12345"))
    usim.select("7FFF6F07")
    assert usim.send("00B00000", le=256).sw == 0x6982
    usim.ok("00200001", b"12345\xff\xff\xff")
    usim.ok("00B00000", le=256)


def test_administrator_may_update_what_the_user_may_not(usim: Usim) -> None:
    usim.select("7FFF6F46")
    assert usim.send("00D60000", b"\x00").sw == 0x6982
    usim.ok("0020000A", b"12345678")
    usim.ok("00D60000", b"\x00")


def authenticate(usim: Usim, vector: Vector) -> bytes:
    return usim.ok("00880081", bytes((16,)) + vector.rand + bytes((16,)) + vector.autn, 256)


def expected(vector: Vector) -> bytes:
    return b"\xdb" + b"".join(bytes((len(part),)) + part for part in (vector.res, vector.ck, vector.ik))


def test_independent_milenage_is_right() -> None:
    """3GPP TS 35.208 test set 1."""
    f = milenage(K, OPC, RAND, bytes.fromhex("ff9bb4d0b607"), b"\xb9\xb9")
    assert f["f1"].hex() == "4a9ffac354dfafb3"
    assert f["f2"].hex() == "a54211d5e3ba50bf"
    assert f["f3"].hex() == "b40ba9a3c58b2a05bbf0d987b21bf8cb"
    assert f["f4"].hex() == "f769bcd751044604127672711c6d3441"
    assert (f["f5"].hex(), f["f5*"].hex()) == ("aa689c648370", "451e8beca43b")


def test_authenticates_with_milenage(usim: Usim) -> None:
    vector = milenage_vector(K, OPC, RAND, SQN, AMF)
    assert authenticate(usim, vector).startswith(expected(vector))


def test_a_wrong_network_is_refused(usim: Usim) -> None:
    vector = milenage_vector(K, bytes(16), RAND, SQN, AMF)
    response = usim.send("00880081", bytes((16,)) + vector.rand + bytes((16,)) + vector.autn, 256)
    assert response.sw == 0x9862


def test_op_instead_of_opc() -> None:
    op = bytes.fromhex("cdc202d5123e20f62b6d676ac72cb318")
    usim = Usim(replace(PARAMETERS, opc=None, op=op))
    vector = milenage_vector(K, OPC, RAND, SQN, AMF)
    assert authenticate(usim, vector).startswith(expected(vector))


@pytest.mark.parametrize("k", [b"\xab" * 16, bytes(range(32))])
def test_authenticates_with_tuak(k: bytes) -> None:
    topc = bytes.fromhex("bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff")
    usim = Usim(replace(PARAMETERS, algorithm=Algorithm.TUAK, k=k, opc=None, topc=topc))
    vector = tuak_vector(k, topc, RAND, SQN, AMF)
    assert authenticate(usim, vector).startswith(expected(vector))


def test_authenticates_with_xor() -> None:
    """Vector of reference card.md section 7.6."""
    usim = Usim(replace(PARAMETERS, algorithm=Algorithm.XOR, k=bytes(range(16)), opc=None))
    rand, autn = bytes.fromhex("00112233445566778899aabbccddeeff"), "3040506070a08000001020304070e070"
    answer = usim.ok("00880081", bytes((16,)) + rand + bytes((16,)) + bytes.fromhex(autn), 256)
    assert answer[:18] == bytes.fromhex("DB10 00102030405060708090a0b0c0d0e0f0")


def test_isim_has_the_same_key(usim: Usim) -> None:
    usim.ok("00A40404", PARAMETERS.isim_aid)
    vector = milenage_vector(K, OPC, RAND, SQN, AMF)
    assert authenticate(usim, vector) == expected(vector)


def test_usim_conceals_with_the_null_scheme() -> None:
    """SUCI in reference card.md section 7.8: type, network, routing indicator, scheme, key, MSIN digits swapped."""
    usim = Usim(replace(PARAMETERS, suci=Suci("17", (), in_usim=True)))
    suci = usim.ok("80780001", le=256)
    assert suci == bytes.fromhex("A10D 01 130014 71FF 00 00 21436587F9")
