"""A hand-made profile package, element by element, and a UICC on the bench that runs it."""

from euicc_sim.profile.interpreter import Capabilities, Installed, InstallFailed, Interpreter
from euicc_sim.profile.tree import TreeFile, walk
from euicc_sim.profile.uicc import Uicc
from tests.support import tlv_by_hand
from wire.apdu import Command

AID_USIM = "A0000000871002FF49FF0589"
AID_ISIM = "A0000000871004FF49FF0589"
K = bytes(range(16))
OPC = bytes(range(16, 32))
PIN1 = "31323334FFFFFFFF"
PIN2 = "35363738FFFFFFFF"
ADM = "4141414141414141"
PUK1 = "3837363534333231"
PUK2 = "3132313231323132"

ARR = [
    "80011A A40683010A950108",  # 1 administrator
    "800101 9000 80015A A40683010A950108",  # 2 read always, the rest administrator
    "800103 A406830101950108 800158 A40683010A950108",  # 3 PIN1
    "800101 A406830101950108 800102 A406830181950108",  # 4 read PIN1, update PIN2
    "800101 A010 A406830101950108 A40683010A950108 800102 9700",  # 5 read PIN1 or ADM, update never
    "800101 AF10 A406830101950108 A40683010A950108 800102 9000",  # 6 read PIN1 and ADM, update always
    "80011B 9000 840132 A406830101950108",  # 7 INCREASE with PIN1
]


def t(tag: str, *parts: bytes | str) -> bytes:
    """One TLV by hand; parts in hex are understood, too."""
    return tlv_by_hand.t(tag, *(bytes.fromhex(part) if isinstance(part, str) else part for part in parts))


def pe_header(identification: int, mandated: bool = True) -> bytes:
    return t("A0", t("80") if mandated else b"", t("81", identification.to_bytes(2).lstrip(b"\x00") or b"\x00"))


def arr_file(tag: str, size: int = 40) -> bytes:
    records = [bytes.fromhex(record).ljust(size, b"\xff") for record in ARR]
    shape = t("A1", t("82", "4221", size.to_bytes(2)), t("8B", "02"), t("80", (size * len(ARR)).to_bytes(2)))
    return t(tag, shape, *(t("83", record) for record in records))


def file(tag: str, content: str, arr: str = "02", extra: bytes = b"", size: str = "") -> bytes:
    """A template file: ARR record, optional size, further Fcp fields, content."""
    fcp = t("8B", arr) + (t("80", size) if size else b"") + extra
    return t(tag, t("A1", fcp), t("83", content))


def header(**fields: bytes) -> bytes:
    values = {
        "major": t("80", "02"),
        "minor": t("81", "03"),
        "type": t("82", b"hand made"),
        "iccid": t("83", "89010012345678900012"),
        "services": t("A5", t("81"), t("91")),
        "templates": t("A6", t("06", "67810F010201"), t("06", "67810F010204")),
        **fields,
    }
    return t("A0", *values.values())


def mf(**fields: bytes) -> bytes:
    values = {
        "header": pe_header(1),
        "template": t("81", "67810F010201"),
        "mf": t("A2", t("A1", t("8B", "2F0601"), t("C6", "010A"))),
        "iccid": file("A4", "98100021436587090021"),
        "dir": dir_file(),
        "arr": arr_file("A6"),
        **fields,
    }
    return t("B0", *values.values())


def dir_file() -> bytes:
    entry = t("61", t("4F", AID_USIM), t("50", b"USIM"))
    return t("A5", t("A1", t("82", "42210020"), t("8B", "02"), t("80", "20")), t("83", entry))


def puk() -> bytes:
    return t(
        "A3",
        pe_header(2),
        t("A1", t("30", t("80", "01"), t("81", PUK1)), t("30", t("80", "0081"), t("81", PUK2), t("82", "33"))),
    )


def pin_config(reference: str, value: str, *, unblocking: str = "", attributes: str = "", tries: str = "") -> bytes:
    return t(
        "30",
        t("80", reference),
        t("81", value),
        t("82", unblocking) if unblocking else b"",
        t("83", attributes) if attributes else b"",
        t("84", tries) if tries else b"",
    )


def pins(*configurations: bytes, identification: int = 3) -> bytes:
    return t("A2", pe_header(identification), t("A1", t("A0", *configurations)))


def global_pins() -> bytes:
    return pins(pin_config("01", PIN1, unblocking="01"), pin_config("0A", ADM, attributes="03", tries="00AA"))


def local_pins() -> bytes:
    return pins(pin_config("0081", PIN2, unblocking="0081", attributes="03"), identification=5)


def usim(aid: str = AID_USIM, fid: str = "7FD0", identification: int = 4, **fields: bytes) -> bytes:
    adf = t("A1", t("83", fid), t("84", aid), t("8B", "2F0601"), t("C6", "81010A"))
    values = {
        "header": pe_header(identification),
        "template": t("81", "67810F010204"),
        "adf": t("A2", adf),
        "imsi": file("A3", "080910101032547698", "03"),
        "arr": arr_file("A4"),
        "ust": file("A8", "9EFFBF1DFF3E0083410310010400003E11", "02", size="11"),
        "fdn": t("A9", t("A1", t("8B", "04"))),
        "spn": file("AD", "0054455354FFFFFFFFFFFFFFFFFFFFFFFF"),
        "est": file("AE", "00", "04"),
        "acc": file("B2", "0001", "03"),
        "ecc": file("B6", "11F2FF00"),
        **fields,
    }
    return t("B3", *values.values())


def aka(algorithm: str = "01", key: bytes = K, opc: bytes = OPC, options: str = "01", **fields: bytes) -> bytes:
    parameters = t("A1", t("80", algorithm), t("81", options), t("82", key), t("83", opc), fields.pop("more", b""))
    values = {"header": pe_header(6), "algorithm": t("A1", parameters), **fields}
    return t("A4", *values.values())


def mapped_aka(aid: str) -> bytes:
    """Authentication parameters of another application."""
    return t("A4", pe_header(11), t("A1", t("A0", t("80", "00"), t("81", aid))))


def managed(*commands: bytes, identification: int = 7) -> bytes:
    return t("A1", pe_header(identification), t("A1", t("30", *commands)))


def path(fids: str) -> bytes:
    return t("80", fids)


def create(fid: str, descriptor: str, *, arr: str = "02", size: str = "", **fields: bytes) -> bytes:
    """createFCP in the order of the ASN.1: 82 83 84 8A 8B 80 C6 88 A5 C7."""
    return t(
        "62",
        t("82", descriptor),
        t("83", fid),
        fields.get("name", b""),
        fields.get("state", b""),
        t("8B", arr) if arr else b"",
        t("80", size) if size else b"",
        fields.get("pins", b""),
        fields.get("sfi", b""),
        fields.get("proprietary", b""),
        fields.get("link", b""),
    )


def fill(content: str | bytes) -> bytes:
    return t("81", content)


def end() -> bytes:
    return t("AA", pe_header(99))


def elements(**changes: bytes) -> dict[str, bytes]:
    """The elements of a complete package by name; `extra` stands before the end."""
    found = {
        "header": header(),
        "mf": mf(),
        "puk": puk(),
        "pins": global_pins(),
        "usim": usim(),
        "local_pins": local_pins(),
        "aka": aka(),
        "extra": b"",
        "end": end(),
    }
    return {**found, **changes}


def package(**changes: bytes) -> bytes:
    return b"".join(elements(**changes).values())


RFM = t(
    "A7",
    pe_header(27),
    t("4F", "A00000055910100001"),
    t("A0", t("04", "B00120")),
    t("81", "02"),
    t("04", "00"),
    t("04", "00"),
)
ISIM = t(
    "B5",
    pe_header(10),
    t("81", "67810F010208"),
    t("A2", t("A1", t("83", "7FB0"), t("84", AID_ISIM), t("8B", "2F0601"), t("C6", "010A"))),
    file("A3", "8000", size="02"),
    t("A4", t("A1", t("82", "42210002"), t("8B", "02"), t("80", "02")), t("83", "8000")),
    file("A5", "8000", size="02"),
    file("A6", "00" * 14),
    arr_file("A8"),
)


def install(upp: bytes, *, capabilities: Capabilities | None = None, free_octets: int = 200_000) -> Installed:
    interpreter = Interpreter(capabilities or Capabilities(), free_octets)
    interpreter.feed(upp)
    return interpreter.finish()


def failure(upp: bytes, *, capabilities: Capabilities | None = None, free_octets: int = 200_000) -> InstallFailed:
    """The way an installation fails; an assertion if it does not."""
    try:
        install(upp, capabilities=capabilities, free_octets=free_octets)
    except InstallFailed as failed:
        return failed
    raise AssertionError("installed")


def files(**changes: bytes) -> dict[str, TreeFile]:
    """The files of a package with these elements, by path; "USIM" stands for the AID of ADF.USIM."""
    return {found.path.replace(AID_USIM, "USIM"): found for found in walk(install(package(**changes)).image)}


class Counting:
    """Entropy that counts: 00 01 02 ..."""

    def octets(self, count: int) -> bytes:
        return bytes(number & 0xFF for number in range(count))


class UiccBench:
    """A UICC with its NVM in a dictionary; APDUs as text."""

    def __init__(self, image: dict[str, bytes] | None) -> None:
        self.nvm = dict(image or {})
        self.commits: list[dict[str, bytes | None]] = []
        self.is_bare = image is None
        self.power_on()

    @classmethod
    def with_package(cls, upp: bytes | None = None) -> "UiccBench":
        return cls(dict(install(upp or package()).image))

    def power_on(self) -> None:
        """The card again, from what NVM holds."""
        self.uicc = Uicc(None if self.is_bare else self.nvm, self._save, Counting())

    def _save(self, changes: object) -> None:
        assert isinstance(changes, dict)
        self.commits.append(dict(changes))
        self.nvm.update(changes)

    def __call__(self, apdu: str, channel: int = 0) -> tuple[str, str]:
        """(response data, status word) in hex."""
        response = self.uicc.process(channel, Command.parse(bytes.fromhex(apdu)))
        return response.data.hex().upper(), f"{response.sw:04X}"

    def sw(self, apdu: str, channel: int = 0) -> str:
        return self(apdu, channel)[1]

    def data(self, apdu: str, channel: int = 0) -> str:
        answer, sw = self(apdu, channel)
        assert sw == "9000", sw
        return answer

    def select_usim(self, channel: int = 0) -> str:
        return self.data("00A404040C" + AID_USIM, channel)

    def verify(self, reference: str, value: str, channel: int = 0) -> str:
        return self.sw(f"002000{reference}08{value}", channel)
