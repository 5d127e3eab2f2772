"""A stranger's LPA in the ASN.1 binding goes through every use case on each curve; at the SM-DS in both bindings."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.foreign_asn1 import Asn1Lpa, poll
from tests.support.foreign_euicc import eid_of, items, only
from tests.support.foreign_lpa import ForeignLpa, Refused, b64, confirmation_wanted, euicc_of, proposed_key
from tests.support.lab import CliLab, new_lab

CARDS = {"NIST": ("NIST",), "BRP": ("BRP",), "BOTH": ("BRP", "NIST")}
CASES = {
    "CODE": 'confirmation_code = "4711"\nconfirmation_limit = 3',
    "BOUND": f'eid = "{eid_of(9)}"',
    "LATER": 'state = "confirmed"',
    "EXPIRED": 'expires = "-1h"',
    "USED-UP": "download_attempts = 3\ndownload_limit = 3",
    "CANCEL": "",
    "RETRY": "",
    "NEWKEY": "",
}
EVENTS = {"json": 31, "asn1": 32}
SMDS = "testrootsmds.example.com"


def provisioning() -> str:
    tables = []

    def add(lines: str) -> None:
        number = len(tables) + 1
        iccid = f"899900777{number:09d}"
        tables.append(
            f'[[profile]]\niccid = "{iccid}"\nimsi = "00101{number:010d}"\n'
            f'k = "{number:032d}"\nopc = "{number:032d}"\n[[order]]\niccid = "{iccid}"\n{lines}\n'
        )

    for number, name in enumerate(CARDS, 1):
        add(f'matching_id = "{name}"')
        add(f'default = true\neid = "{eid_of(10 + number)}"')
        for case, lines in CASES.items():
            add(f'matching_id = "{name}-{case}"\n{lines}')
    for binding, number in EVENTS.items():
        add(f'matching_id = "EVENT-{binding.upper()}"\neid = "{eid_of(number)}"')
        tables.append(f'[[event]]\neid = "{eid_of(number)}"\nevent_id = "EVENT-{binding.upper()}"\n')
    return "\n".join(tables)


Device = Callable[..., Asn1Lpa]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    directory = tmp_path_factory.mktemp("asn1")
    lab = new_lab(directory / "lab")
    (directory / "orders.toml").write_text(provisioning())
    lab("provision", str(directory / "orders.toml"))
    return lab


@pytest.fixture(scope="module")
def ports(lab: CliLab) -> Iterator[dict[str, int]]:
    with lab.serving("--smds-port", "0", "--no-trace", "--no-api") as server:
        yield {one["interface"]: one["port"] for one in server.ready["listeners"]}


@pytest.fixture(params=CARDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def device(lab: CliLab, ports: dict[str, int], name: str) -> Device:
    def make(number: int = 1) -> Asn1Lpa:
        return Asn1Lpa(euicc_of(lab.path, eid_of(number), CARDS[name]), ports["es9+"], lab.path / "pki")

    return make


def state_of(lab: CliLab, matching_id: str) -> str:
    (order,) = [order for order in lab.json("order", "list") if order["matching_id"] == matching_id]
    return str(order["state"])


def test_activation_code(lab: CliLab, device: Device, name: str) -> None:
    lpa = device()
    offer = lpa.authenticate(name)
    assert not confirmation_wanted(offer)
    lpa.install(lpa.fetch(offer))
    assert lpa.euicc.ci is lpa.euicc.cis[0]
    assert state_of(lab, name) == "Installed"
    lpa.notify(lpa.euicc.notification("0640"))
    with pytest.raises(Refused, match=r"^6$"):
        lpa.authenticate(name)


def test_default_smdp(device: Device, name: str) -> None:
    with pytest.raises(Refused, match=r"^6$"):
        device(1).authenticate(None)
    device(11 + list(CARDS).index(name)).download(None if name == "NIST" else "")


def test_confirmation_code(lab: CliLab, device: Device, name: str) -> None:
    lpa, order = device(), f"{name}-CODE"
    for code, refusal in ((None, "2"), ("4712", "3")):
        offer = lpa.authenticate(order)
        assert confirmation_wanted(offer)
        with pytest.raises(Refused, match=rf"^{refusal}$"):
            lpa.fetch(offer, code)
    lpa.download(order, "4711")
    assert state_of(lab, order) == "Installed"


@pytest.mark.parametrize(
    ("case", "integer"), [("BOUND", "7"), ("LATER", "127"), ("EXPIRED", "18"), ("USED-UP", "127"), ("NOBODY", "6")]
)
def test_refusals(device: Device, name: str, case: str, integer: str) -> None:
    with pytest.raises(Refused, match=rf"^{integer}$"):
        device().authenticate(f"{name}-{case}")


def test_the_order_of_one_euicc(device: Device, name: str) -> None:
    device(9).download(f"{name}-BOUND")


def test_cancelled(lab: CliLab, device: Device, name: str) -> None:
    lpa, order = device(), f"{name}-CANCEL"
    for reason, state in ((1, "Released"), (0, "Error")):
        lpa.authenticate(order)
        lpa.cancel(reason)
        assert state_of(lab, order) == state
    with pytest.raises(Refused, match=r"^1$"):
        lpa.cancel(0)


def test_a_lost_package_comes_again_under_the_same_key(lab: CliLab, device: Device, name: str) -> None:
    lpa, order = device(), f"{name}-RETRY"
    lost = lpa.fetch(lpa.authenticate(order))
    offer = lpa.authenticate(order)
    assert proposed_key(offer) is not None
    again = lpa.fetch(offer)
    assert items(only(lost, "BF36"))[1:] == items(only(again, "BF36"))[1:]
    lpa.install(again)
    assert state_of(lab, order) == "Installed"


def test_a_new_key_is_bound_anew(lab: CliLab, device: Device, name: str) -> None:
    lpa, order = device(), f"{name}-NEWKEY"
    lpa.fetch(lpa.authenticate(order))
    lpa.euicc.keep_key = False
    lpa.install(lpa.fetch(lpa.authenticate(order)))
    assert state_of(lab, order) == "Installed"


def test_calls_out_of_order(device: Device) -> None:
    lpa = device()
    with pytest.raises(Refused, match=r"^1$"):
        lpa.authenticate("X", "smdp.example.org")
    with pytest.raises(Refused, match=r"^10$"):
        lpa.post("authenticateClient", {"transactionId": "00", "authenticateServerResponse": b64(b"\xbf\x38\x00")})
    with pytest.raises(Refused, match=r"^95$"):
        lpa.post("getBoundProfilePackage", {"transactionId": "00", "prepareDownloadResponse": b64(b"\xbf\x21\x00")})


@pytest.mark.parametrize("curves", CARDS.values(), ids=CARDS)
@pytest.mark.parametrize("binding", EVENTS)
def test_an_event_at_the_smds(lab: CliLab, ports: dict[str, int], binding: str, curves: tuple[str, ...]) -> None:
    """The EID's event, polled as often as one likes; the download itself in the test below."""
    lpa, asn1 = lpa_at_smds(lab, ports, EVENTS[binding], curves), binding == "asn1"
    event = (f"EVENT-{binding.upper()}", f"localhost:{ports['es9+']}")
    (found,) = poll(lpa, asn1)
    assert found[0] == event[0]
    assert poll(lpa, asn1, event[0]) == [found]
    assert poll(lpa_at_smds(lab, ports, 40, curves), asn1) == []
    with pytest.raises(Refused, match=r"^6$" if asn1 else r"^8\.9\.5/3\.9$"):
        poll(lpa, asn1, "OTHER")


@pytest.mark.parametrize("binding", EVENTS)
def test_what_the_smds_names_is_downloaded(lab: CliLab, ports: dict[str, int], binding: str) -> None:
    smds = lpa_at_smds(lab, ports, EVENTS[binding], ("NIST",))
    ((event_id, _),) = poll(smds, binding == "asn1")
    kind = Asn1Lpa if binding == "asn1" else ForeignLpa
    kind(smds.euicc, ports["es9+"], smds.pki).download(event_id)
    assert state_of(lab, event_id) == "Installed"


def lpa_at_smds(lab: CliLab, ports: dict[str, int], number: int, curves: tuple[str, ...]) -> ForeignLpa:
    return ForeignLpa(euicc_of(lab.path, eid_of(number), curves), ports["es11"], lab.path / "pki", SMDS)
