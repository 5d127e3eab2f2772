"""Real bugs in how commands are cut, sent and read."""

from dataclasses import replace

from euicc_sim.core.options import PRESETS, CardOptions
from scenarios import Stage, scenario
from scenarios.catalogue.given import installed
from scenarios.kit.read import children, dig, find
from scenarios.parties.euicc import Euicc
from wire.activation_code import ActivationCode
from wire.apdu import AID_ISD_R, Command, select_aid, store_data
from wire.tlv import parse, tlv


@scenario("regression.search_criteria_unwrapped", spec="SGP.22 v2.5 section 5.7.10, 5.7.15", tests="lpa, euicc",
          needs="lpa_local")  # fmt: skip
def search_criteria(s: Stage) -> None:
    """searchCriteria without its A0: the card doesn't answer as if nothing had been asked for; the LPA has the A0."""
    card = s.look()
    profiles = installed(s, card), installed(s, card)
    number = card.notifications()[0].number
    octets = number.to_bytes(number.bit_length() // 8 + 1)
    for tag, criterion in ((0xBF2B, tlv(0x80, octets)), (0xBF2D, profiles[0].identifier)):
        asked = card.es10(tlv(tag, tlv(0xA0, criterion)))
        s.equal(f"what {tag:X} finds", 1, len(children(dig(asked, 0xA0))))
        answer = card.send(tlv(tag, criterion))
        found = find(parse(answer.data, tag), 0xA0) if answer.data else None
        fits = found is None or not found.value or answer.data == asked.raw
        s.check(
            fits, f"{tag:X} with a bare criterion doesn't answer the whole list", "an error, or the same", answer.data
        )
    front = s.front()
    front.strict = False
    expected = [one.raw for one in card.retrieve_notifications()]
    s.went_through(s.lpa().process_notifications())
    sent = [call.octets("pendingNotification") for call in front.of("handleNotification")]
    s.equal("what the LPA delivers, one by one", expected, sent)
    s.went_through(s.lpa().delete(profiles[0].iccid))
    s.equal("the profiles", {str(profiles[1].iccid): "disabled"}, s.look().states)


@scenario("regression.extended_length", spec="SGP.22 v2.5 section 5.7.2; ETSI TS 102 221 section 10.1", tests="euicc",
          needs="card_settings")  # fmt: skip
def extended_length(s: Stage) -> None:
    """A package in extended-length commands: installed, or each is answered 6700 and short ones still install it."""
    for announced in (True, False):
        card, server = s.new_card(options=CardOptions(extended_length=announced)), s.server()
        card.reach("prepared", server)
        segments = server.bind(s.profile()).segments()
        if announced:
            result = b"".join(card.fetch(one).data for segment in segments for one in _extended(card, segment))
        else:
            for one in _extended(card, segments[0]):
                s.status_word("an extended length that the ATR doesn't announce", 0x6700, card.fetch(one).sw)
            result = card.load(segments).raw
        s.installed(server.check_installation_result(result))


def _extended(card: Euicc, segment: bytes) -> list[Command]:
    """The usual blocks, their lengths in three and two octets."""
    return [replace(one, le=65536, extended=True) for one in store_data(card.channel, segment)]


@scenario("regression.case_4_without_le", spec="SGP.22 v2.5 section 5.7.2; ETSI TS 102 221 section 7.3.1.1.5",
          tests="euicc")  # fmt: skip
def case_4_without_le(s: Stage) -> None:
    """SELECT and STORE DATA come without Le, and the FCI is never fetched: every answer is there all the same."""
    payload = bytes.fromhex("BF2200")
    for le in (256, None):
        selected = s.card.apdu(select_aid(s.card.channel, AID_ISD_R, le).encode())
        s.check(selected.sw1 in (0x61, 0x90), "SELECT of the ISD-R", "9000 or 61xx", f"{selected.sw:04X}")
        first, last = (one.encode() for one in store_data(s.card.channel, payload, 2, le))
        more = s.card.apdu(first)
        s.equal("the answer to a block that isn't the last", (b"", 0x9000), (more.data, more.sw))
        answer = s.card.fetch(Command.parse(last))
        s.equal("EUICCInfo2 ends with", 0x9000, answer.sw)
        s.equal("EUICCInfo2", s.card.info2().raw, answer.data)


@scenario("regression.smallest_blocks", spec="SGP.22 v2.5 section 5.7.2, 2.5.5", tests="lpa, euicc", needs="lpa_local")
def smallest_blocks(s: Stage) -> None:
    """The smallest blocks that a whole download fits in, 256 to a chain; and segments of one cipher block each."""
    front = s.front()
    s.went_through(s.lpa(segment_octets=4).download(ActivationCode(front.kit.address, "M-1")))
    server, profile = s.server(chunk=15), s.profile()
    package_segments = -(-len(profile.package) // 15)
    card = s.look()
    card.reach("prepared", server)
    package = server.bind(profile)
    s.equal(
        "segments of the elements",
        (package_segments, {26}),
        (len(package.elements), set(map(len, package.elements[:-1]))),
    )
    s.installed(server.check_installation_result(card.load(package).raw))
    expected = {str(one.iccid): "disabled" for one in (front.profile, profile)}
    s.equal("the profiles", expected, card.states)


@scenario("regression.vendor_aid", spec="SGP.22 v2.5 section 5.7.1", tests="lpa", needs="card_settings, lpa_local")
def vendor_aid(s: Stage) -> None:
    """An ISD-R under a vendor's AID is found, and found again after the reset that follows a switch."""
    for name, options in PRESETS.items():
        if name.startswith("vendor-aid"):
            card = s.simulated_card(options=options)
            s.went_through(s.lpa(card=card).list_profiles())
    front = s.front()
    s.went_through(s.lpa(card=card).download(ActivationCode(front.kit.address, "M-1")))
    outcome = s.lpa(card=card).enable(front.profile.iccid)
    s.went_through(outcome)
    s.equal("the profiles", ["enabled"], ["enabled" if one.enabled else "disabled" for one in outcome.value.profiles])
