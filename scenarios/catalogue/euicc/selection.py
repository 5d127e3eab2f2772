"""ATR, logical channels, selection of the ISD-R, STORE DATA."""

from euicc_sim.core.options import PRESETS
from scenarios import Stage, scenario
from scenarios.kit.read import dig
from wire.apdu import AID_ISD_R, close_channel, open_channel, select_aid, store_data

CHANNELS = "ETSI TS 102 221 section 11.1.17"
SPEC = "SGP.22 v2.5 section 5.7.1, 5.7.2"


@scenario("euicc.selection.fci", spec=f"{SPEC}; ETSI TS 102 221 section 11.1.1", tests="euicc")
def fci(s: Stage) -> None:
    """The ISD-R is selected by its AID on a logical channel; its FCI, if any, names that AID."""
    found = s.card.select()
    if found is not None:
        s.equal("the DF name in the FCI", AID_ISD_R, dig(found, 0x84).value)
    s.equal("the EID has 32 digits", 32, len(s.card.eid))


@scenario("euicc.selection.unknown_aid", spec=f"{SPEC}; ETSI TS 102 221 section 11.1.1", tests="euicc")
def unknown_aid(s: Stage) -> None:
    """SELECT of an application that isn't there is answered 6A82; the ISD-R stays selected."""
    answer = s.card.fetch(select_aid(s.card.channel, bytes.fromhex("A0000005591010FFFFFFFF890000AB00")))
    s.status_word("SELECT of an unknown AID", 0x6A82, answer.sw)
    s.equal("ES10 still works", 0xBF20, s.card.info1().tag)


@scenario("euicc.selection.channel_closed", spec=f"{SPEC}; {CHANNELS}", tests="euicc")
def channel_closed(s: Stage) -> None:
    """A closed logical channel is no more: 6881."""
    command = store_data(s.card.channel, bytes.fromhex("BF2000"))[0]
    s.card.apdu(close_channel(s.card.channel).encode())
    s.status_word("STORE DATA on the closed channel", 0x6881, s.card.apdu(command.encode()).sw)


@scenario("euicc.selection.channels_have_their_own_applications", spec=f"{SPEC}; {CHANNELS}", tests="euicc",
          needs="logical_channels")  # fmt: skip
def two_channels(s: Stage) -> None:
    """A second channel doesn't have the ISD-R selected because the first one has."""
    answer = s.card.apdu(open_channel().encode())
    s.status_word("MANAGE CHANNEL open", 0x9000, answer.sw)
    command = store_data(answer.data[0], bytes.fromhex("BF2000"))[0]
    s.check(s.card.fetch(command).sw != 0x9000, "STORE DATA without a selected ISD-R is refused")


@scenario("euicc.selection.reset_forgets", spec=f"{SPEC}; ETSI TS 102 221 section 6.4", tests="euicc", needs="power")
def reset_forgets(s: Stage) -> None:
    """A reset closes every channel and gives an ATR that begins with 3B or 3F."""
    command = store_data(s.card.channel, bytes.fromhex("BF2000"))[0]
    atr = s.card.link.reset()
    s.check(atr[:1] in (b"\x3b", b"\x3f"), "the ATR's first octet", "3B or 3F", atr[:1].hex().upper())
    s.check(s.card.apdu(command.encode()).sw != 0x9000, "STORE DATA after the reset is refused")


@scenario("euicc.store_data.smallest_blocks", spec=SPEC, tests="euicc")
def smallest_blocks(s: Stage) -> None:
    """An ES10 command in blocks of one octet is the same command."""
    whole = s.card.info1().raw
    s.card.block_octets = 1
    s.equal("EUICCInfo1", whole, s.card.info1().raw)


@scenario("euicc.store_data.block_out_of_order", spec=SPEC, tests="euicc")
def out_of_order(s: Stage) -> None:
    """A block with the wrong number is refused, and so is the command; the next command works."""
    first, second = store_data(s.card.channel, bytes.fromhex("BF2E00"), 2)
    s.card.apdu(first.encode())
    wrong = bytearray(second.encode())
    wrong[3] = 7
    s.check(s.card.apdu(bytes(wrong)).sw not in (0x9000, 0x6115), "a block out of order is refused")
    s.equal("the challenge has 16 octets", 16, len(s.card.challenge()))


@scenario("euicc.store_data.unknown_function", spec=SPEC, tests="euicc")
def unknown_function(s: Stage) -> None:
    """An ES10 tag that no function has is refused with a status word."""
    answer = s.card.send("BF7F00")
    s.status_word("an unknown function", (0x6A80, 0x6A86, 0x6A88, 0x6D00, 0x6985), answer.sw)


def _register(preset: str) -> None:
    def body(s: Stage) -> None:
        profile = s.profile()
        card = s.new_card(options=PRESETS[preset])
        card.block_octets = PRESETS[preset].block_octets
        s.installed(card.install(s.server(), profile))
        s.equal("the profiles", {str(profile.iccid): "disabled"}, card.states)

    body.__doc__ = f"A card as {preset} (one of many that follow the standard) takes a profile."
    name = f"euicc.presets.{preset.replace('-', '_')}"
    scenario(name, spec=f"{SPEC}, 3.1.3", tests="euicc", needs="card_settings")(body)


for _preset in PRESETS:
    _register(_preset)
