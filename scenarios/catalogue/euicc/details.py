"""Details of a card that only a mistake would show."""

from dataclasses import replace

from scenarios import Stage, scenario
from scenarios.faults import WrongSessionKey
from scenarios.kit.package import Package
from scenarios.kit.read import dig, whole
from wire.es10 import BppCommandId, ErrorReason
from wire.tlv import tlv

ORDER = "SGP.22 v2.5 section 2.5.4, 2.5.5, 5.7.6"
STRUCTURE = ErrorReason.scp03tStructureError


@scenario("euicc.selection.fci_version", spec="SGP.22 v2.5 section 5.7.1", tests="euicc")
def fci_version(s: Stage) -> None:
    """The ISDRProprietaryApplicationTemplate in the FCI names the SVN of EUICCInfo1."""
    fci = s.card.select()
    if fci is None:
        s.not_applicable("the card answers no FCI")
    assert fci is not None
    s.equal("svn", dig(s.card.info1(), 0x82).value, dig(fci, 0xE0, 0x82).value)


@scenario("euicc.class.chained_select", spec="ETSI TS 102 221 section 10.1.1", tests="euicc")
def chained_select(s: Stage) -> None:
    """SELECT of the ISD-R under a class with command chaining is refused."""
    command = bytes((0x10 | s.card.channel, 0xA4, 0x04, 0x00, 16)) + bytes.fromhex("A0000005591010FFFFFFFF8900000100")
    s.status_word("SELECT with chaining", (0x6884, 0x6E00), s.card.apdu(command).sw)


@scenario("euicc.es10b.prepare.new_for_foreign", spec="SGP.22 v2.5 section 5.7.5, 3.1.3.2", tests="euicc")
def new_for_foreign(s: Stage) -> None:
    """A bppEuiccOtpk that isn't the card's isn't answered with the key that the card has kept."""
    server = s.server()
    s.card.reach("prepared", server)
    kept = server.otpk_euicc
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=b"\x04" + bytes(range(64))).raw)
    s.check(server.otpk_euicc != kept, "the key is a new one")


@scenario("euicc.es8.configure.padding", spec=f"{ORDER}; SGP.22 v2.5 section 2.5.3", tests="euicc")
def padding(s: Stage) -> None:
    """Under another S-ENC the padding is wrong: scp03tStructureError."""
    result = s.card.install(s.server(WrongSessionKey("enc")), s.profile())
    s.not_installed(result, BppCommandId.configureISDP, STRUCTURE)


def _loaded(s: Stage, segments: list[bytes]) -> None:
    for segment in segments:
        answer = s.card.send(segment)
        if answer.data or answer.sw != 0x9000:
            break
    s.check(b"\xbf\x37" in answer.data[:2], "a result comes", "BF37", f"{answer.data[:2].hex()} {answer.sw:04X}")
    final = dig(whole(answer.data, 0xBF37), 0xBF27, 0xA2)
    s.equal("errorReason", bytes((STRUCTURE,)), dig(final, 0xA1, 0x81).value)
    s.equal("the profiles", {}, s.card.states)


def _bound(s: Stage) -> Package:
    server = s.server()
    s.card.reach("prepared", server)
    return server.bind(s.profile())


@scenario("euicc.es8.order.package_longer", spec=ORDER, tests="euicc")
def longer(s: Stage) -> None:
    """A package whose announced length is longer than its parts: scp03tStructureError."""
    package = _bound(s)
    length = len(whole(package.raw, 0xBF36).value) + 3
    first, *others = package.segments()
    del first
    _loaded(s, [tlv(0xBF36, bytes(length))[:-length] + package.initialise, *others])


@scenario("euicc.es8.order.two_87", spec=ORDER, tests="euicc")
def two_87(s: Stage) -> None:
    """A first sequence with two 87: scp03tStructureError."""
    package = _bound(s)
    _loaded(s, replace(package, configure=package.configure * 2).segments())


@scenario("euicc.es8.order.other_section", spec=ORDER, tests="euicc")
def other_section(s: Stage) -> None:
    """A first sequence under another tag than A0: scp03tStructureError."""
    first, second, *others = _bound(s).segments()
    _loaded(s, [first, b"\xa4" + second[1:], *others])
