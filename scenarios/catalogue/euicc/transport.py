"""The transport below ES10: ATR, classes, logical channels, GET RESPONSE, APDU cases."""

from euicc_sim.core.options import CardOptions
from scenarios import Stage, scenario
from wire.apdu import close_channel, get_response, open_channel, select_aid, store_data

UICC = "ETSI TS 102 221"
CHANNELS = f"{UICC} section 11.1.17"
RESPONSE = "ETSI TS 102 221 section 7.3.1.1.5"
ISD_R = "A0000005591010FFFFFFFF8900000100"
BAD_CLASS = (0x6E00, 0x6881, 0x6882, 0x6884)
TERMINAL_CAPABILITY = "80AA00000AA9088100820101830107"


@scenario("euicc.atr.nominal", spec=f"{UICC} section 6.3; SGP.22 v2.5 section 5.7.1", tests="euicc", needs="power")
def atr(s: Stage) -> None:
    """The ATR is well-formed, its check octet right, and its T=15 block announces an eUICC."""
    atr = s.card.link.reset()
    octets, interface, protocols = iter(atr[2:]), {}, []
    y, level, protocol = atr[1] >> 4, 1, -1
    while y:
        for name, bit in (("A", 1), ("B", 2), ("C", 4)):
            if y & bit:
                interface[name, level, protocol] = next(octets)
        if not y & 8:
            break
        td = next(octets)
        y, protocol, level = td >> 4, td & 0x0F, level + 1
        protocols.append(protocol)
    historical = bytes(next(octets) for _ in range(atr[1] & 0x0F))
    rest = bytes(octets)
    s.check(15 in protocols, "a T=15 block is there", 15, protocols)
    announced = next((v for (name, _, kind), v in interface.items() if (name, kind) == ("B", 15)), 0)
    s.equal("TB of the T=15 block has b8 and b2", 0x82, announced & 0x82)
    s.equal("the historical octets begin with category 80", 0x80, historical[0])
    check = 0
    for octet in atr[1:]:
        check ^= octet
    s.equal("there is one check octet, and it is right", (1, 0), (len(rest), check))


@scenario("euicc.atr.channels", spec=f"{UICC} section 6.3, 11.1.17", tests="euicc", needs="card_settings")
def atr_channels(s: Stage) -> None:
    """The card capabilities in the ATR tell how many logical channels there are."""
    for channels, announced in ((4, 3), (20, 7)):
        atr = s.new_card(options=CardOptions(channels=channels)).link.reset()
        place = atr.index(b"\x73")
        s.equal(f"channels announced of {channels}", announced, atr[place + 3] & 0x07)


@scenario("euicc.channels.lowest_free", spec=CHANNELS, tests="euicc", needs="logical_channels")
def lowest_free(s: Stage) -> None:
    """The card assigns the lowest free channel, also one that was closed in between."""
    s.card.link.reset()
    opened = [s.card.apdu(open_channel().encode()).data[0] for _ in range(3)]
    s.equal("the channels", [1, 2, 3], opened)
    s.status_word("closing channel 2", 0x9000, s.card.apdu(close_channel(2).encode()).sw)
    s.equal("the next one", b"\x02", s.card.apdu(open_channel().encode()).data)


@scenario("euicc.channels.chosen_by_terminal", spec=CHANNELS, tests="euicc")
def chosen(s: Stage) -> None:
    """Opening a channel that the terminal chooses is refused: only the card assigns."""
    s.status_word("MANAGE CHANNEL open with P2 05", (0x6A86, 0x6A81), s.card.apdu("0070000501").sw)


@scenario("euicc.channels.exhausted", spec=CHANNELS, tests="euicc", needs="card_settings")
def exhausted(s: Stage) -> None:
    """When no channel is free the card says so, and a closed one can be opened again."""
    card = s.new_card(options=CardOptions(channels=4))
    card.link.reset()
    for _ in range(3):
        card.apdu(open_channel().encode())
    s.status_word("a fourth channel", (0x6A81, 0x6A84, 0x6881), card.apdu(open_channel().encode()).sw)
    card.apdu(close_channel(1).encode())
    s.equal("after closing one", b"\x01", card.apdu(open_channel().encode()).data)


@scenario("euicc.channels.without_terminal_capability", spec=f"{UICC} section 11.1.17, 11.1.19.2", tests="euicc",
          needs="card_settings")  # fmt: skip
def without_terminal_capability(s: Stage) -> None:
    """A terminal that hasn't announced extended channels gets three channels at most; one that has, more."""
    card = s.new_card(options=CardOptions(channels=20))
    card.link.reset()
    for _ in range(3):
        card.apdu(open_channel().encode())
    s.check(card.apdu(open_channel().encode()).sw != 0x9000, "a fourth channel is refused")
    s.status_word("TERMINAL CAPABILITY", 0x9000, card.apdu(TERMINAL_CAPABILITY).sw)
    s.equal("then it is opened", b"\x04", card.apdu(open_channel().encode()).data)


@scenario("euicc.channels.further_channels", spec=f"{UICC} section 10.1.1; SGP.22 v2.5 section 5.7.1", tests="euicc",
          needs="card_settings")  # fmt: skip
def further_channels(s: Stage) -> None:
    """The ISD-R works on a channel from 4 on, whose class octet is coded differently."""
    card = s.new_card(options=CardOptions(channels=20))
    card.link.reset()
    card.apdu(TERMINAL_CAPABILITY)
    for _ in range(5):
        card.channel = card.apdu(open_channel().encode()).data[0]
    s.equal("the channel", 5, card.channel)
    s.check(card.select() is not None, "the ISD-R answers an FCI there")
    s.equal("EUICCInfo1", 0xBF20, card.info1().tag)


@scenario("euicc.channels.close_basic", spec=CHANNELS, tests="euicc")
def close_basic(s: Stage) -> None:
    """The basic channel can't be closed."""
    s.status_word("closing channel 0", (0x6A86, 0x6881), s.card.apdu("00708000").sw)
    s.equal("EUICCInfo1", 0xBF20, s.card.info1().tag)


@scenario("euicc.channels.close_unopened", spec=CHANNELS, tests="euicc")
def close_unopened(s: Stage) -> None:
    """Closing a channel that isn't open is refused."""
    s.check(s.card.apdu("00708003").sw != 0x9000, "closing channel 3 is refused")


@scenario("euicc.channels.unknown_p1", spec=CHANNELS, tests="euicc")
def unknown_p1(s: Stage) -> None:
    """MANAGE CHANNEL knows P1 00 and 80 only."""
    s.status_word("P1 40", 0x6A86, s.card.apdu("0070400001").sw)


@scenario("euicc.channels.reopened_is_empty", spec=f"{CHANNELS}; SGP.22 v2.5 section 5.7.1", tests="euicc")
def reopened(s: Stage) -> None:
    """A channel that is closed and opened again has the ISD-R no longer selected."""
    number = s.card.channel
    s.card.apdu(close_channel(number).encode())
    s.equal("the channel assigned", bytes((number,)), s.card.apdu(open_channel().encode()).data)
    answer = s.card.fetch(store_data(number, bytes.fromhex("BF2000"))[0])
    s.check(answer.sw != 0x9000, "STORE DATA is refused before SELECT", "no 9000", f"{answer.sw:04X}")


@scenario("euicc.channels.inherited", spec=f"{UICC} section 8.7", tests="euicc", needs="logical_channels")
def inherited(s: Stage) -> None:
    """A channel opened from one that has the ISD-R selected has it selected, too."""
    answer = s.card.apdu(bytes((s.card.channel, 0x70, 0x00, 0x00, 0x01)))
    s.status_word("MANAGE CHANNEL open from there", 0x9000, answer.sw)
    data = s.card.fetch(store_data(answer.data[0], bytes.fromhex("BF2000"))[0])
    s.equal("EUICCInfo1 on the new channel", b"\xbf\x20", data.data[:2])


@scenario("euicc.channels.close_keeps_others", spec=CHANNELS, tests="euicc", needs="logical_channels")
def close_keeps_others(s: Stage) -> None:
    """Closing one channel leaves what is selected on another."""
    other = s.card.apdu(open_channel().encode()).data[0]
    s.card.apdu(close_channel(other).encode())
    s.equal("EUICCInfo1 on the first channel", 0xBF20, s.card.info1().tag)


@scenario("euicc.class.secure_messaging", spec=f"{UICC} section 10.1.1", tests="euicc")
def secure_messaging(s: Stage) -> None:
    """STORE DATA under a class with secure messaging is refused."""
    command = bytearray(store_data(s.card.channel, bytes.fromhex("BF2000"))[0].encode())
    command[0] |= 0x04
    s.status_word("STORE DATA with secure messaging", 0x6882, s.card.apdu(bytes(command)).sw)


@scenario("euicc.class.command_chaining", spec=f"{UICC} section 10.1.1", tests="euicc")
def command_chaining(s: Stage) -> None:
    """STORE DATA under a class with command chaining is refused: ES10 chains by P1."""
    command = bytearray(store_data(s.card.channel, bytes.fromhex("BF2000"))[0].encode())
    command[0] |= 0x10
    s.status_word("STORE DATA with chaining", (0x6884, 0x6E00), s.card.apdu(bytes(command)).sw)


@scenario("euicc.class.store_data_interindustry", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def interindustry(s: Stage) -> None:
    """STORE DATA under the interindustry class 0X is refused."""
    command = bytearray(store_data(s.card.channel, bytes.fromhex("BF2000"))[0].encode())
    command[0] &= 0x0F
    s.status_word("STORE DATA under 0X", BAD_CLASS, s.card.apdu(bytes(command)).sw)


@scenario("euicc.class.unopened_channel", spec=f"{UICC} section 10.1.1", tests="euicc")
def unopened_channel(s: Stage) -> None:
    """A command on a channel that isn't open is refused with 6881."""
    s.status_word("SELECT on channel 3", 0x6881, s.card.apdu(f"03A4040010{ISD_R}").sw)


@scenario("euicc.class.invalid", spec=f"{UICC} section 10.1.1", tests="euicc")
def invalid_class(s: Stage) -> None:
    """CLA FF is invalid."""
    s.status_word("CLA FF", 0x6E00, s.card.apdu("FFA40004023F00").sw)


@scenario("euicc.class.unknown_instruction", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def unknown_instruction(s: Stage) -> None:
    """An instruction that the ISD-R doesn't know is refused with 6D00."""
    s.status_word("INS 5A", 0x6D00, s.card.apdu(bytes((0x80 | s.card.channel, 0x5A, 0, 0, 0))).sw)


@scenario("euicc.length.lc_too_long", spec=f"{UICC} section 10.1", tests="euicc")
def lc_too_long(s: Stage) -> None:
    """A command shorter than its Lc says is refused with 6700."""
    s.status_word(
        "STORE DATA cut off", 0x6700, s.card.apdu(bytes((0x80 | s.card.channel,)) + b"\xe2\x91\x00\x09\xbf").sw
    )


@scenario("euicc.length.extended", spec=f"{UICC} section 10.1; SGP.22 v2.5 section 5.7.2", tests="euicc",
          needs="card_settings")  # fmt: skip
def extended(s: Stage) -> None:
    """Extended Lc and Le work where the card announces them, and are refused with 6700 where it doesn't."""
    for announced, expected in ((True, (0x9000, 0x6100)), (False, (0x6700,))):
        card = s.new_card(options=CardOptions(extended_length=announced))
        header = bytes((0x80 | card.channel,)) + b"\xe2\x91\x00"
        answer = card.apdu(header + b"\x00\x00\x03\xbf\x2e\x00\x00\x00")
        allowed = answer.sw in expected or (announced and answer.sw1 == 0x61)
        s.check(allowed, f"extended length, announced: {announced}", expected, f"{answer.sw:04X}")


@scenario("euicc.length.case_4", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def case_4(s: Stage) -> None:
    """STORE DATA with Le (case 4) is answered like the one without."""
    without = s.card.info1().raw
    plain = store_data(s.card.channel, bytes.fromhex("BF2000"))[0].encode()
    answer = s.card.apdu(plain + b"\x00")
    data = answer.data
    while answer.sw1 == 0x61:
        answer = s.card.apdu(get_response(s.card.channel, answer.sw2).encode())
        data += answer.data
    s.equal("EUICCInfo1", without, data)


@scenario("euicc.get_response.pieces", spec=RESPONSE, tests="euicc")
def pieces(s: Stage) -> None:
    """An answer can be fetched in pieces: 61xx tells what is left until 9000."""
    expected = s.card.info2().raw
    command = store_data(s.card.channel, bytes.fromhex("BF2200"))[0]
    answer = s.card.apdu(command.encode())
    data, count = answer.data, 0
    while answer.sw1 == 0x61 and count < 100:
        answer = s.card.apdu(bytes((0x80 | s.card.channel, 0xC0, 0, 0, 20 if count < 3 else answer.sw2)))
        data, count = data + answer.data, count + 1
    s.equal("EUICCInfo2, fetched in pieces", expected, data)
    s.status_word("the last status word", 0x9000, answer.sw)


@scenario("euicc.get_response.interindustry_class", spec=RESPONSE, tests="euicc")
def interindustry_response(s: Stage) -> None:
    """GET RESPONSE under class 0X fetches what STORE DATA under 8X left."""
    answer = s.card.apdu(store_data(s.card.channel, bytes.fromhex("BF2E00"))[0].encode())
    if answer.sw1 != 0x61:
        s.not_applicable("the card answers at once")
    fetched = s.card.apdu(bytes((s.card.channel, 0xC0, 0, 0, answer.sw2)))
    s.equal("GetEUICCChallenge's answer", (b"\xbf\x2e", 0x9000), (fetched.data[:2], fetched.sw))


@scenario("euicc.get_response.le_too_long", spec=RESPONSE, tests="euicc")
def le_too_long(s: Stage) -> None:
    """More than there is asked for: 6Cxx with the right length, and the answer is kept."""
    answer = s.card.apdu(store_data(s.card.channel, bytes.fromhex("BF2E00"))[0].encode())
    if answer.sw1 != 0x61:
        s.not_applicable("the card answers at once")
    again = s.card.apdu(bytes((0x80 | s.card.channel, 0xC0, 0, 0, 0xF0)))
    s.status_word("GET RESPONSE with Le F0", 0x6C00 | answer.sw2, again.sw)
    right = s.card.apdu(get_response(s.card.channel, again.sw2).encode())
    s.equal("the right length fetches it", (answer.sw2, 0x9000), (len(right.data), right.sw))


@scenario("euicc.get_response.nothing", spec=RESPONSE, tests="euicc")
def nothing_pending(s: Stage) -> None:
    """GET RESPONSE with nothing to fetch is refused."""
    s.check(s.card.apdu(get_response(s.card.channel, 0).encode()).sw not in (0x9000, 0x6100), "it is refused")


@scenario("euicc.get_response.discarded", spec=RESPONSE, tests="euicc")
def discarded(s: Stage) -> None:
    """Another command on the channel discards an answer that was not fetched."""
    answer = s.card.apdu(store_data(s.card.channel, bytes.fromhex("BF2200"))[0].encode())
    if answer.sw1 != 0x61:
        s.not_applicable("the card answers at once")
    s.card.apdu(select_aid(s.card.channel, bytes.fromhex("A0000000000099")).encode())
    late = s.card.apdu(get_response(s.card.channel, answer.sw2).encode())
    s.check(not late.data, "the answer is gone", "no data", late.data)


@scenario("euicc.get_response.own_channel", spec=f"{RESPONSE}, 8.7", tests="euicc", needs="logical_channels")
def own_channel(s: Stage) -> None:
    """An answer waits on its own channel: another channel can't fetch it, nor does it disturb."""
    other = s.card.apdu(open_channel().encode()).data[0]
    answer = s.card.apdu(store_data(s.card.channel, bytes.fromhex("BF2E00"))[0].encode())
    if answer.sw1 != 0x61:
        s.not_applicable("the card answers at once")
    s.check(not s.card.apdu(get_response(other, 0).encode()).data, "nothing is fetched on the other channel")
    fetched = s.card.apdu(get_response(s.card.channel, answer.sw2).encode())
    s.equal("on its own it is", b"\xbf\x2e", fetched.data[:2])


@scenario("euicc.selection.partial_aid", spec=f"{UICC} section 11.1.1", tests="euicc")
def partial(s: Stage) -> None:
    """The ISD-R is found under the beginning of its AID."""
    answer = s.card.fetch(select_aid(s.card.channel, bytes.fromhex(ISD_R)[:12]))
    s.status_word("SELECT by partial AID", 0x9000, answer.sw)
    s.equal("EUICCInfo1", 0xBF20, s.card.info1().tag)


@scenario("euicc.selection.no_fci_wanted", spec=f"{UICC} section 11.1.1", tests="euicc")
def no_fci(s: Stage) -> None:
    """SELECT with P2 0C selects the ISD-R and answers no data."""
    answer = s.card.apdu(bytes((s.card.channel, 0xA4, 0x04, 0x0C, 16)) + bytes.fromhex(ISD_R))
    s.equal("the answer", (b"", 0x9000), (answer.data, answer.sw))


@scenario("euicc.selection.next_occurrence", spec=f"{UICC} section 11.1.1", tests="euicc")
def next_occurrence(s: Stage) -> None:
    """There is one ISD-R only: its next occurrence isn't found."""
    answer = s.card.apdu(bytes((s.card.channel, 0xA4, 0x04, 0x02, 16)) + bytes.fromhex(ISD_R))
    s.status_word("SELECT next", 0x6A82, answer.sw)


def _hidden(name: str, aid: str) -> None:
    def body(s: Stage) -> None:
        answer = s.card.fetch(select_aid(s.card.channel, bytes.fromhex(aid)))
        s.status_word(f"SELECT of the {name.upper()}", 0x6A82, answer.sw)

    body.__doc__ = f"The {name.upper()} can't be selected by the LPA: 6A82."
    scenario(f"euicc.selection.{name}_hidden", spec="SGP.22 v2.5 section 2.4, 5.7.1", tests="euicc")(body)


_hidden("ecasd", "A0000005591010FFFFFFFF8900000200")
_hidden("isdp", "A0000005591010FFFFFFFF8900001100")


@scenario("euicc.store_data.p1", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def wrong_p1(s: Stage) -> None:
    """STORE DATA with another P1 than 11 or 91 is refused."""
    answer = s.card.apdu(bytes((0x80 | s.card.channel, 0xE2, 0x80, 0x00, 0x03)) + bytes.fromhex("BF2E00"))
    s.check(answer.sw not in (0x9000,) and answer.sw1 != 0x61, "P1 80 is refused", "an error", f"{answer.sw:04X}")


@scenario("euicc.store_data.begins_with_block_1", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def begins_with_1(s: Stage) -> None:
    """A chain that begins with block 1 is refused."""
    answer = s.card.apdu(bytes((0x80 | s.card.channel, 0xE2, 0x91, 0x01, 0x03)) + bytes.fromhex("BF2E00"))
    s.check(answer.sw1 not in (0x90, 0x61), "it is refused", "an error", f"{answer.sw:04X}")


@scenario("euicc.store_data.restart", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def restart(s: Stage) -> None:
    """Block 0 starts a new command, whatever was begun before."""
    s.card.apdu(store_data(s.card.channel, bytes.fromhex("BF2D00"), 2)[0].encode())
    s.equal("the challenge has 16 octets", 16, len(s.card.challenge()))


@scenario("euicc.store_data.interrupted", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def interrupted(s: Stage) -> None:
    """Another instruction on the channel drops a chain that was begun."""
    first, last = store_data(s.card.channel, bytes.fromhex("BF2E00"), 2)
    s.card.apdu(first.encode())
    s.card.apdu(bytes((0x80 | s.card.channel, 0x5A, 0, 0, 0)))
    answer = s.card.apdu(last.encode())
    s.check(answer.sw1 not in (0x90, 0x61), "the rest is refused", "an error", f"{answer.sw:04X}")


@scenario("euicc.store_data.channels_apart", spec=f"SGP.22 v2.5 section 5.7.2; {CHANNELS}", tests="euicc",
          needs="logical_channels")  # fmt: skip
def channels_apart(s: Stage) -> None:
    """Chains on two channels don't mix."""
    other = s.card.apdu(open_channel().encode()).data[0]
    s.status_word("SELECT on the second channel", 0x9000, s.card.fetch(select_aid(other, bytes.fromhex(ISD_R))).sw)
    here = store_data(s.card.channel, bytes.fromhex("BF2E00"), 2)
    there = store_data(other, bytes.fromhex("BF2000"), 2)
    s.card.apdu(here[0].encode())
    s.card.apdu(there[0].encode())
    s.equal("on the first", b"\xbf\x2e", s.card.fetch(here[1]).data[:2])
    s.equal("on the second", b"\xbf\x20", s.card.fetch(there[1]).data[:2])


@scenario("euicc.store_data.wrong_length", spec="SGP.22 v2.5 section 5.7.2", tests="euicc")
def tlv_length(s: Stage) -> None:
    """A command whose TLV is longer than what came is refused with 6A80."""
    s.status_word("BF2D with a length too long", (0x6A80, 0x6A88), s.card.send("BF2D055A0A").sw)


@scenario("euicc.store_data.terminal_capability", spec=f"{UICC} section 11.1.19", tests="euicc")
def terminal_capability(s: Stage) -> None:
    """TERMINAL CAPABILITY without its template A9 is refused; with it, accepted."""
    s.status_word("TERMINAL CAPABILITY", 0x9000, s.card.apdu(TERMINAL_CAPABILITY).sw)
    s.check(s.card.apdu("80AA0000028100").sw != 0x9000, "without A9 it is refused")
