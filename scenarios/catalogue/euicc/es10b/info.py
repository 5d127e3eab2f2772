"""ES10b: EUICCInfo1, EUICCInfo2, the rules authorisation table, and what the eUICC doesn't have."""

from euicc_sim.core.options import CardOptions
from euicc_sim.core.rules import AuthorisationRule, Operator
from scenarios import Stage, scenario
from scenarios.catalogue.given import installed
from scenarios.kit.read import children, dig, find, whole
from wire.es10 import PprFlags, PprIds, RspCapability

INFO = "SGP.22 v2.5 section 5.7.8, 4.3"
RAT = "SGP.22 v2.5 section 5.7.22, 2.4.12"


@scenario("euicc.es10b.info2.order", spec=INFO, tests="euicc")
def order(s: Stage) -> None:
    """The members of EUICCInfo2 stand in the order of the type, the mandatory ones are all there."""
    ranks = [0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0xA9, 0xAA, 0x8B, 0x99, 0x04, 0x0C, 0xAC, 0x8D, 0x8E, 0xAF]
    tags = [one.tag for one in children(s.card.info2()) if one.tag in ranks]
    s.equal("the order", sorted(tags, key=ranks.index), tags)
    mandatory = {0x81, 0x82, 0x83, 0x84, 0x85, 0x88, 0xA9, 0xAA, 0x04, 0x0C}
    s.equal("mandatory members missing", set(), mandatory - set(tags))


@scenario("euicc.es10b.info2.as_made", spec=INFO, tests="euicc", needs="card_settings")
def info2_as_made(s: Stage) -> None:
    """Versions, rspCapability, category, forbidden rules and accreditation number are those of the card."""
    card = s.new_card(
        svn=b"\x02\x02\x02", profile_version=b"\x02\x03\x00", firmware_version=b"\x07\x08\x09", category=3,
        pp_version=b"\x00\x00\x02", sas_accreditation_number="AA-BB-UP-0123", forbidden_pprs=PprIds.ppr1,
        rsp_capability=RspCapability.additionalProfile,
    )  # fmt: skip
    info = card.info2()
    expected = {
        0x81: b"\x02\x03\x00", 0x82: b"\x02\x02\x02", 0x83: b"\x07\x08\x09", 0x88: b"\x07\x80", 0x8B: b"\x03",
        0x99: b"\x06\x40", 0x04: b"\x00\x00\x02", 0x0C: b"AA-BB-UP-0123",
    }  # fmt: skip
    s.equal("the members", expected, {tag: dig(info, tag).value for tag in expected})


@scenario("euicc.es10b.info2.resources", spec=f"{INFO}; ETSI TS 102 226 section 8.2.1.7", tests="euicc")
def resources(s: Stage) -> None:
    """extCardResource tells applications, free non-volatile and volatile memory; a profile takes of the former."""
    parts = children(whole(dig(s.card.info2(), 0x84).raw, 0x84))
    s.equal("its members", [0x81, 0x82, 0x83], [one.tag for one in parts])
    free = s.card.free_octets
    profile = installed(s)
    s.check(free - s.card.free_octets > len(profile.package) // 2, "the profile's octets are gone from it")


@scenario("euicc.es10b.info2.capabilities", spec=INFO, tests="euicc")
def capabilities(s: Stage) -> None:
    """uiccCapability names the USIM and Milenage; named bits have no trailing zero bits."""
    bits = dig(s.card.info2(), 0x85).value
    s.check(bool(bits[1] & 0x40), "usimSupport")
    s.check(bool(bits[1] & 0x08), "akaMilenage")
    s.check(bool(bits[-1] >> bits[0] & 1), "the last bit that is sent is set", 1, bits)


@scenario("euicc.es10b.info1.members", spec=INFO, tests="euicc")
def info1(s: Stage) -> None:
    """EUICCInfo1 holds the version and both lists of CI key identifiers, 20 octets each."""
    info = s.card.info1()
    s.equal("its members", [0x82, 0xA9, 0xAA], [one.tag for one in children(info)][:3])
    lengths = {len(one.value) for tag in (0xA9, 0xAA) for one in children(dig(info, tag))}
    s.equal("the lengths of the identifiers", {20}, lengths)


@scenario("euicc.es10b.info1.ci_order", spec=INFO, tests="euicc", needs="card_settings, brainpool")
def ci_order(s: Stage) -> None:
    """The lists of CI key identifiers are in the card's order of priority."""
    found = [one.value for one in children(dig(s.new_card().info1(), 0xAA))]
    s.equal("the identifiers", [s.pki.ci(curve).ski for curve in s.pki.curves], found)


@scenario("euicc.es10b.rat.as_made", spec=RAT, tests="euicc", needs="card_settings")
def rat(s: Stage) -> None:
    """GetRAT tells the rules in their order: policy rules, operators with wildcards, consent."""
    rules = (
        AuthorisationRule(PprIds.ppr1, (Operator(b"\x00\xf1\x10", b"\x01", None),), PprFlags(0)),
        AuthorisationRule(PprIds.ppr1 | PprIds.ppr2),
    )
    found = s.new_card(rules=rules).rules()
    s.equal("the second rule", "301580020560a10b30098003eeeeee8100820082020780", found[1].raw.hex())
    s.equal("the first rule's operators", "3008800300f110810101", dig(found[0], 0xA1).value.hex())
    s.check(not any(dig(found[0], 0x82).value[1:]), "the first rule asks for no consent")
    s.equal("how many", 2, len(found))


@scenario("euicc.es10b.rat.empty", spec=RAT, tests="euicc", needs="card_settings")
def rat_empty(s: Stage) -> None:
    """An empty table is an empty list."""
    s.equal("GetRAT", bytes.fromhex("BF4302A000"), s.new_card(rules=()).es10("BF4300").raw)


@scenario("euicc.es10b.lpae.not_supported", spec="SGP.22 v2.5 section 5.7.23", tests="euicc")
def lpae(s: Stage) -> None:
    """LpaeActivation on a card without LPAe: notSupported, or 6A88."""
    answer = s.card.send("BF4204800205C0")
    fits = answer.data == bytes.fromhex("BF4203800101") or answer.sw in (0x6A88, 0x6D00)
    s.check(fits, "it is not supported", "result 1 or 6A88", f"{answer.data.hex()} {answer.sw:04X}")


@scenario("euicc.presets.small_answers", spec=INFO, tests="euicc", needs="card_settings")
def small_answers(s: Stage) -> None:
    """A card that hands out answers in pieces of 16 octets tells the same."""
    s.equal("EUICCInfo1", s.card.info1().raw, s.new_card(options=CardOptions(answer_octets=16)).info1().raw)


@scenario("euicc.es10b.info2.lists", spec="SGP.22 v2.5 section 5.7.8, 4.3", tests="euicc")
def info2(s: Stage) -> None:
    """EUICCInfo1 and EUICCInfo2 name the same CIs and version; every CI of the chain is among them."""
    one, two = s.card.info1(), s.card.info2()
    for tag, what in ((0x82, "svn"), (0xA9, "euiccCiPKIdListForVerification"), (0xAA, "euiccCiPKIdListForSigning")):
        s.equal(what, dig(one, tag).raw, dig(two, tag).raw)
    s.check(find(two, 0x84) is not None, "extCardResource is there")
