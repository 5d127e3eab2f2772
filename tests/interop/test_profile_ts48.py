"""GSMA TS.48 test profiles on the card, against values taken from the packages by a path of their own.

The TLV slicer and the reader of the ASN.1 value notation here share no code with the project.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from euicc_sim.profile.interpreter import Capabilities, InstallFailed, Interpreter
from euicc_sim.profile.tree import walk
from tests.support.profile_bench import AID_ISIM, UiccBench, install

STEMS = [
    "TS48v2_SAIP2.1_NoBERTLV",
    "TS48v5_SAIP2.3_NoBERTLV",
    "TS48v7_SAIP2.3_BERTLV_SUCI",
    "TS48v7_SAIP2.3_NoBERTLV",
]
Node = tuple[str, bytes, bytes]


def split(data: bytes) -> list[Node]:
    """(tag in hex, value, whole) of concatenated TLVs."""
    nodes: list[Node] = []
    at = 0
    while at < len(data):
        begin = at
        at += 2 if data[at] & 0x1F == 0x1F else 1
        tag = data[begin:at].hex().upper()
        size, at = data[at], at + 1
        if size & 0x80:
            size, at = int.from_bytes(data[at : at + (size & 0x7F)]), at + (size & 0x7F)
        nodes.append((tag, data[at : at + size], data[begin : at + size]))
        at += size
    return nodes


def dig(data: bytes, *tags: str) -> bytes:
    for tag in tags:
        data = next(value for found, value, _ in split(data) if found == tag)
    return data


def optional(data: bytes, tag: str, default: int) -> int:
    """An INTEGER with a DEFAULT."""
    return next((int.from_bytes(value) for found, value, _ in split(data) if found == tag), default)


def content(file: bytes, size: int) -> bytes:
    """What a File without offsets puts into an EF of `size` octets."""
    written = b"".join(value for tag, value, _ in split(file) if tag == "83")
    if written:
        return written.ljust(size, b"\xff")
    pattern = dig(file, "A1", "A5", "C1")
    return pattern.ljust(size, pattern[-1:])


@pytest.fixture(params=STEMS)
def upp(request: pytest.FixtureRequest, shared_data: Path) -> bytes:
    return (shared_data / "ts48" / f"{request.param}.der").read_bytes()


@pytest.fixture
def elements(upp: bytes) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for tag, value, _ in split(upp):
        found.setdefault(tag, []).append(value)
    return found


@pytest.fixture
def bench(upp: bytes) -> UiccBench:
    return UiccBench.with_package(upp)


def test_installs_element_by_element(upp: bytes) -> None:
    interpreter = Interpreter(Capabilities(), 100_000)
    accounted = [interpreter.octets]
    for _, _, whole in split(upp):
        interpreter.feed(whole[:3])
        interpreter.feed(whole[3:])
        accounted.append(interpreter.octets)
    installed = interpreter.finish()
    assert accounted == sorted(accounted)
    assert accounted[-1] == installed.octets
    assert installed.response.hex() == "3007a0053003800100"
    assert installed.has_test_keys


@pytest.mark.parametrize("step", [1, 3, 250, 1007])
def test_chunks_need_not_align(upp: bytes, step: int) -> None:
    interpreter = Interpreter(Capabilities(), 100_000)
    for at in range(0, len(upp), step):
        interpreter.feed(upp[at : at + step])
    assert interpreter.finish().image == install(upp).image


def test_identity_is_that_of_the_package(upp: bytes, elements: dict[str, list[bytes]]) -> None:
    installed = install(upp)
    assert installed.iccid == dig(elements["A0"][0], "83").hex().rstrip("f")
    imsi = dig(elements["B3"][0], "A3", "83")
    digits = "".join(f"{octet:02X}"[::-1] for octet in imsi[1:])[1:]
    assert installed.imsi == digits
    assert digits.startswith("00101")
    assert installed.mcc_mnc == bytes.fromhex("00F110")


def test_mf_file_reads_back(bench: UiccBench, elements: dict[str, list[bytes]]) -> None:
    bench.data("00A40004022FE2")
    assert bench.data("00B0000000") == dig(elements["B0"][0], "A4", "83").hex().upper()


@pytest.mark.parametrize(
    ("fid", "component", "size"),
    [("6F07", "A3", 9), ("6FAD", "B5", 4), ("6F38", "A8", 0), ("6F46", "AD", 17), ("6F78", "B2", 2)],
    ids=["IMSI", "AD", "UST", "SPN", "ACC"],
)
def test_usim_file_reads_back(
    bench: UiccBench, elements: dict[str, list[bytes]], fid: str, component: str, size: int
) -> None:
    file = dig(elements["B3"][0], component)
    bench.select_usim()
    bench.data("00A4000402" + fid)
    assert bench.data("00B0000000") == content(file, size or len(dig(file, "83"))).hex().upper()


def test_pin_states(bench: UiccBench, elements: dict[str, list[bytes]]) -> None:
    """Global PINs from the MF, local ones from the ADF: enabled by attribute bit 1, tries as given."""
    seen = []
    bench.select_usim()
    for element in elements["A2"]:
        for _, configuration, _ in split(dig(element, "A1", "A0")):
            reference = dig(configuration, "80")[-1]
            tries = optional(configuration, "84", 0x33) & 0x0F
            is_enabled = optional(configuration, "83", 0x07) & 1
            query = bench.sw(f"002000{reference:02X}00")
            assert query == (f"63C{tries:X}" if is_enabled else "6984")
            value = dig(configuration, "81").hex()
            assert bench.verify(f"{reference:02X}", value) == ("9000" if is_enabled else "6984")
            seen.append(reference)
    assert sorted(set(seen)) == [0x01, 0x0A, 0x0B, 0x81]


def test_unblocking_pins(bench: UiccBench, elements: dict[str, list[bytes]]) -> None:
    bench.select_usim()
    for _, configuration, _ in split(dig(elements["A3"][0], "A1")):
        reference = dig(configuration, "80")[-1]
        assert bench.sw(f"002C00{reference:02X}00") == "63CA"
        puk = dig(configuration, "81").hex()
        assert bench.sw(f"002C00{reference:02X}10{puk}3030303030303030") == "9000"


@pytest.mark.parametrize("aid", ["A0000000871002FF49FF0589", AID_ISIM], ids=["USIM", "ISIM"])
def test_authenticate_with_the_test_algorithm(bench: UiccBench, elements: dict[str, list[bytes]], aid: str) -> None:
    key = dig(elements["A4"][aid == AID_ISIM], "A1", "A1", "82")
    rand = bytes(range(0x30, 0x40))
    mixed = bytes(left ^ right for left, right in zip(key, rand, strict=True))
    sqn, amf = bytes.fromhex("000000000021"), bytes.fromhex("8000")
    autn = bytes(left ^ right for left, right in zip(sqn, mixed[3:9], strict=True)) + amf
    autn += bytes(left ^ right for left, right in zip(mixed, sqn + amf, strict=False))
    cipher_key, integrity_key = mixed[1:] + mixed[:1], mixed[2:] + mixed[:2]
    bench.data("00A404040C" + aid)
    answer = bytes.fromhex(bench.data("0088008122" + "10" + rand.hex() + "10" + autn.hex()))
    expected = b"\xdb\x10" + mixed + b"\x10" + cipher_key + b"\x10" + integrity_key
    if aid != AID_ISIM:
        words = [cipher_key[:8], cipher_key[8:], integrity_key[:8], integrity_key[8:]]
        kc = 0
        for word in words:
            kc ^= int.from_bytes(word)
        expected += b"\x08" + kc.to_bytes(8)
    assert answer == expected


def test_suci_with_the_null_scheme(bench: UiccBench, elements: dict[str, list[bytes]]) -> None:
    bench.select_usim()
    imsi = dig(elements["B3"][0], "A3", "83")
    msin = "".join(f"{octet:02X}"[::-1] for octet in imsi[1:])[6:]
    table = dig(elements["B3"][0], "A8", "83")
    answer = bench("8078000100")
    if len(table) < 16 or table[15] & 0x18 != 0x18:
        assert answer == ("", "6985")
        return
    data, sw = answer
    assert sw == "9000"
    suci = dig(bytes.fromhex(data), "A1")
    assert suci[:8].hex().upper() == "0100F110F0FF0000"
    assert "".join(f"{octet:02X}"[::-1] for octet in suci[8:]) == msin


def test_every_element_that_is_cut_off_or_left_out_of_order_is_refused(upp: bytes) -> None:
    nodes = split(upp)
    for number in range(1, len(nodes) - 1):
        interpreter = Interpreter(Capabilities(), 100_000)
        interpreter.feed(b"".join(whole for _, _, whole in nodes[:number]))
        with pytest.raises(InstallFailed) as failed:
            interpreter.finish()
        assert failed.value.response.hex().startswith("30")
        assert b"\x81\x00" in failed.value.response


def test_a_full_card_says_how_much_is_missing(upp: bytes) -> None:
    needed = install(upp).octets
    for free in (0, 100, 5_000, needed - 1):
        with pytest.raises(InstallFailed) as failed:
            install(upp, free_octets=free)
        assert failed.value.missing_octets is not None
        assert 0 < failed.value.missing_octets <= needed - free
        assert failed.value.response[6:9].hex() == "800104"
    assert install(upp, free_octets=needed).octets == needed


# -- all files of v7, from the value notation ------------------------------------------------------------------------

DIRECTORIES = {
    "mf": "3F00",
    "telecom": "3F00/7F10",
    "usim": "ADF.USIM",
    "opt-usim": "ADF.USIM",
    "gsm-access": "ADF.USIM/5F3B",
    "df-5gs": "ADF.USIM/5FC0",
    "df-saip": "ADF.USIM/5FD0",
    "csim": "ADF.CSIM",
    "opt-csim": "ADF.CSIM",
    "isim": "ADF.ISIM",
    "opt-isim": "ADF.ISIM",
}
APPLICATIONS = {
    "7FD0": "ADF.USIM",
    "7FC0": "ADF.CSIM",
    "7FB0": "ADF.ISIM",
}
AIDS = {
    "A0000000871002FF49FF0589": "ADF.USIM",
    "A0000000871004FF49FF0589": "ADF.ISIM",
    "A0000003431002F310FFFF89020000FF": "ADF.CSIM",
}


class NotedFile:
    """An EF as the value notation describes it."""

    def __init__(self, directory: str, fid: str) -> None:
        self.path = f"{directory}/{fid}"
        self.fields: dict[str, str] = {}
        self.pieces: list[tuple[int, bytes]] = []
        self.position = 0

    def take(self, name: str, value: str) -> None:
        if name == "fillFileContent":
            octets = bytes.fromhex(value)
            self.pieces.append((self.position, octets))
            self.position += len(octets)
        elif name == "fillFileOffset":
            self.position += int(value)
        else:
            self.fields[name] = value


def managed_directory(path: str) -> str:
    parts = [path[at : at + 4] for at in range(0, len(path), 4)]
    if parts and parts[0] in APPLICATIONS:
        return "/".join([APPLICATIONS[parts[0]], *parts[1:]])
    return "/".join(["3F00", *parts])


def noted_files(text: str) -> Iterator[NotedFile]:
    """Every EF of the value notation with its Fcp fields and contents."""
    token = re.compile(
        r"(filePath|fileID|fillFileContent|fillFileOffset|linkPath|fileDescriptor|shortEFID|efFileSize"
        r"|fillPattern|repeatPattern|securityAttributesReferenced)(?: :)? (?:'([0-9A-F]*)'H|(\d+))"
    )
    for block in re.split(r"^value\d+ ProfileElement ::= ", text, flags=re.M)[1:]:
        element = block.split(" ", 1)[0]
        if element == "genericFileManagement":
            parts = re.split(r"\n      (?=filePath|createFCP)", block)
        elif element in DIRECTORIES:
            parts = re.split(r"\n  (?=[a-z])", block)
        else:
            continue
        directory = base = DIRECTORIES.get(element, "")
        for part in parts:
            found = [(name, octets or number) for name, octets, number in token.findall(part)]
            fields = dict(found)
            if part.startswith("filePath"):
                directory = managed_directory(fields["filePath"])
                continue
            if "fileID" not in fields:
                continue
            if fields.get("fileDescriptor", "7821") == "7821":
                if (
                    element != "genericFileManagement"
                    and part.startswith("df-")
                    and directory
                    and "df-telecom" not in part
                ):
                    directory = base if fields["fileID"] == base[-4:] else f"{base}/{fields['fileID']}"
                continue
            file = NotedFile(directory, fields["fileID"])
            for name, value in found:
                file.take(name, value)
            yield file


def test_every_file_of_v7_is_as_the_value_notation_says(shared_data: Path) -> None:
    stem = "TS48v7_SAIP2.3_NoBERTLV"
    image = install((shared_data / "ts48" / f"{stem}.der").read_bytes()).image
    tree = {}
    for file in walk(image):
        path = file.path
        for aid, name in AIDS.items():
            path = path.replace(f"3F00/{aid}", name)
        tree[path] = file
    count = 0
    text = (shared_data / "ts48" / f"{stem}.asn1value.txt").read_text()
    for noted in noted_files(text):
        count += 1
        file = tree[noted.path]
        fields = noted.fields
        if "efFileSize" in fields:
            assert file.size == int(fields["efFileSize"], 16), noted.path
        assert file.arr == "{}/{}".format(
            fields["securityAttributesReferenced"][:4], int(fields["securityAttributesReferenced"][4:], 16)
        )
        if len(fields["fileDescriptor"]) == 8:
            assert file.record_octets == int(fields["fileDescriptor"][4:], 16)
        if fields.get("shortEFID"):
            assert file.sfi == int(fields["shortEFID"], 16) >> 3
        if "linkPath" in fields:
            assert file.content == tree[f"{managed_directory(fields['linkPath'])}"].content
            continue
        covered = bytearray(len(file.content))
        for position, octets in noted.pieces:
            assert file.content[position : position + len(octets)] == octets, noted.path
            covered[position : position + len(octets)] = b"\x01" * len(octets)
        step = file.record_octets or len(file.content)
        for at in range(0, len(file.content), step):
            record = file.content[at : at + step]
            if "fillPattern" in fields:
                pattern = bytes.fromhex(fields["fillPattern"])
                assert record == pattern.ljust(step, pattern[-1:])[:step], noted.path
            elif "repeatPattern" in fields:
                assert record == (bytes.fromhex(fields["repeatPattern"]) * step)[:step], noted.path
    assert count == len(re.findall(r"fileDescriptor '4", text))
