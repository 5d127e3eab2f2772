"""ES10 functions that tell or keep something: addresses, EID, chip information, profile list, names."""

from euicc_sim.core.options import CardOptions
from euicc_sim.core.rules import AuthorisationRule, Operator
from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed
from scenarios.kit.read import children, dig, find, whole
from wire.es10 import PprFlags, PprIds, ProfileClass, RspCapability, SetDefaultDpAddressResult, SetNicknameResult
from wire.ids import Eid, Iccid
from wire.tlv import tlv

ADDRESSES, SET_ADDRESS = "SGP.22 v2.5 section 5.7.3", "SGP.22 v2.5 section 5.7.4"
INFO, EID = "SGP.22 v2.5 section 5.7.8, 4.3", "SGP.22 v2.5 section 5.7.20"
LIST, NICKNAME = "SGP.22 v2.5 section 5.7.15", "SGP.22 v2.5 section 5.7.21"
RAT = "SGP.22 v2.5 section 5.7.22, 2.4.12"
TEST_KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")

# ES10a


@scenario("euicc.es10a.addresses.fresh", spec=ADDRESSES, tests="euicc", needs="card_settings")
def fresh(s: Stage) -> None:
    """A new card has no default SM-DP+ address, and always a root SM-DS address."""
    card = s.new_card(root_ds_address="root.example.com")
    s.equal("the addresses", (None, "root.example.com"), card.configured_addresses())


@scenario("euicc.es10a.addresses.set", spec=f"{SET_ADDRESS}, 5.7.3", tests="euicc")
def set_address(s: Stage) -> None:
    """SetDefaultDpAddress sets the address, replaces it, and clears it."""
    for address in ("smdp.example.com", "other.example.com", ""):
        s.result("SetDefaultDpAddress", s.card.set_default_dp_address(address), SetDefaultDpAddressResult.ok)
        s.equal("the address", address or None, s.card.configured_addresses()[0])


@scenario("euicc.es10a.addresses.durable", spec=SET_ADDRESS, tests="euicc", needs="power")
def durable(s: Stage) -> None:
    """The default SM-DP+ address survives power off and on."""
    s.card.set_default_dp_address("smdp.example.com")
    s.card.power_on()
    s.equal("the address", "smdp.example.com", s.card.configured_addresses()[0])


@scenario("euicc.es10a.addresses.not_utf8", spec=SET_ADDRESS, tests="euicc")
def not_utf8(s: Stage) -> None:
    """An address that isn't UTF-8 is refused, and the old one stays."""
    s.card.set_default_dp_address("smdp.example.com")
    answer = s.card.send(tlv(0xBF3F, tlv(0x80, b"\xc3\x28")))
    s.check(answer.data[-1:] != b"\x00" or answer.sw != 0x9000, "it is refused")
    s.equal("the address", "smdp.example.com", s.card.configured_addresses()[0])


@scenario("euicc.es10a.addresses.missing", spec=SET_ADDRESS, tests="euicc")
def missing(s: Stage) -> None:
    """SetDefaultDpAddress without its mandatory member is refused with 6A80."""
    s.status_word("SetDefaultDpAddress", (0x6A80, 0x6A88), s.card.send("BF3F00").sw)


# GetEID


@scenario("euicc.es10c.eid.check_digits", spec=f"{EID}; SGP.29 section 4", tests="euicc")
def check_digits(s: Stage) -> None:
    """The EID has 16 octets in reading order, and its check digits are right."""
    answer = s.card.es10("BF3E035C015A")
    digits = dig(answer, 0x5A).value.hex()
    s.equal("its length and remainder modulo 97", (32, 1), (len(digits), int(digits) % 97))
    s.equal("nothing else is answered", 1, len(children(answer)))


@scenario("euicc.es10c.eid.as_made", spec=EID, tests="euicc", needs="card_settings")
def as_made(s: Stage) -> None:
    """The EID is that of the card and not another one's."""
    s.equal("the EID", "89049032000000000000000000000163", s.new_card(eid="89049032000000000000000000000163").eid)


@scenario("euicc.es10c.eid.without_tag_list", spec=EID, tests="euicc")
def without_tag_list(s: Stage) -> None:
    """GetEID without its mandatory tagList is refused with 6A80."""
    s.status_word("GetEID", (0x6A80, 0x6A88), s.card.send("BF3E00").sw)


@scenario("euicc.es10c.eid.in_certificate", spec=f"{EID}, 4.5.2", tests="euicc")
def in_certificate(s: Stage) -> None:
    """The EID of GetEID is that of CERT.EUICC."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.equal("the EID", s.card.eid, str(Eid(server.eid.hex())))


# EUICCInfo1 and EUICCInfo2


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


# GetProfilesInfo


@scenario("euicc.es10c.list.empty", spec=LIST, tests="euicc")
def empty(s: Stage) -> None:
    """Without profiles the list is empty, and no error."""
    s.equal("GetProfilesInfo", bytes.fromhex("BF2D02A000"), s.card.es10("BF2D00").raw)


@scenario("euicc.es10c.list.defaults", spec=LIST, tests="euicc")
def defaults(s: Stage) -> None:
    """Without a tag list the default members come, in the order of the type; policy rules and owner don't."""
    installed(s)
    (found,) = s.card.profile_list()
    s.equal("the members", [0x5A, 0x4F, 0x9F70, 0x91, 0x92, 0x95], [one.tag for one in children(found)])


@scenario("euicc.es10c.list.tag_list", spec=LIST, tests="euicc")
def tag_list(s: Stage) -> None:
    """With a tag list exactly these members come, whatever its order."""
    installed(s)
    (found,) = s.card.profile_list(tags=bytes.fromhex("925A9F70"))
    s.equal("the members", [0x5A, 0x9F70, 0x92], [one.tag for one in children(found)])


@scenario("euicc.es10c.list.unknown_tags", spec=LIST, tests="euicc")
def unknown_tags(s: Stage) -> None:
    """Unknown tags in the tag list are ignored."""
    installed(s)
    (found,) = s.card.profile_list(tags=bytes.fromhex("9E5ADF01"))
    s.equal("the members", [0x5A], [one.tag for one in children(found)])


@scenario("euicc.es10c.list.owner_and_rules", spec=f"{LIST}, 2.9", tests="euicc", needs="ppr")
def owner_and_rules(s: Stage) -> None:
    """Owner, policy rules and notification configuration come where they are asked for, as they were loaded."""
    profile = installed(s, pprs=PprIds.ppr2)
    (found,) = s.card.profile_list(tags=bytes.fromhex("B6B799"))
    loaded = whole(profile.metadata, 0xBF25)
    for tag in (0xB6, 0xB7, 0x99):
        s.equal(f"member {tag:X}", dig(loaded, tag).raw, dig(found, tag).raw)


@scenario("euicc.es10c.list.by_iccid", spec=LIST, tests="euicc")
def by_iccid(s: Stage) -> None:
    """Searched by ICCID one profile is found; an unknown one gives an empty list."""
    installed(s)
    wanted = installed(s)
    found = s.card.profile_list(wanted.identifier)
    s.equal("the ICCIDs", [wanted.iccid.ef], [dig(one, 0x5A).value for one in found])
    answer = s.card.es10(tlv(0xBF2D, tlv(0xA0, tlv(0x5A, Iccid("89000123456789012341").ef))))
    s.equal("an unknown one", bytes.fromhex("BF2D02A000"), answer.raw)


@scenario("euicc.es10c.list.by_class", spec=LIST, tests="euicc", needs="test_profiles")
def by_class(s: Stage) -> None:
    """Searched by class only profiles of this class are found."""
    operational = installed(s)
    tests = installed(s, profile_class=ProfileClass.test, k=TEST_KEY)
    for profile_class, profiles in ((b"\x02", [operational]), (b"\x00", [tests]), (b"\x01", [])):
        found = s.card.profile_list(tlv(0x95, profile_class))
        iccids = [dig(one, 0x5A).value for one in found]
        s.equal(f"class {profile_class[0]}", [one.iccid.ef for one in profiles], iccids)


@scenario("euicc.es10c.list.no_wrapper", spec=LIST, tests="euicc")
def no_wrapper(s: Stage) -> None:
    """A search criterion without its A0 is refused with incorrectInputValues or 6A80, not ignored."""
    profile = installed(s)
    answer = s.card.send(tlv(0xBF2D, profile.identifier))
    refused = answer.sw == 0x6A80 or answer.data == bytes.fromhex("BF2D03810101")
    s.check(refused, "it is refused", "6A80 or error 1", f"{answer.data.hex()} {answer.sw:04X}")


@scenario("euicc.es10c.list.other_criterion", spec=LIST, tests="euicc")
def other_criterion(s: Stage) -> None:
    """A search by something else than ICCID, AID or class: incorrectInputValues."""
    answer = s.card.send(tlv(0xBF2D, tlv(0xA0, tlv(0x91, b"rsplab"))))
    refused = answer.sw == 0x6A80 or answer.data == bytes.fromhex("BF2D03810101")
    s.check(refused, "it is refused", "6A80 or error 1", f"{answer.data.hex()} {answer.sw:04X}")


@scenario("euicc.es10c.list.states", spec=LIST, tests="euicc")
def states(s: Stage) -> None:
    """profileState is 1 for the enabled profile and 0 for the others."""
    other, active = installed(s), enabled(s)
    s.equal("the states", {str(other.iccid): "disabled", str(active.iccid): "enabled"}, s.card.states)


@scenario("euicc.es10c.list.aids", spec=f"{LIST}, 2.4", tests="euicc")
def aids(s: Stage) -> None:
    """Each profile has an ISD-P AID of its own from the range of the standard."""
    installed(s)
    installed(s)
    found = [dig(one, 0x4F).value for one in s.card.profile_list()]
    s.equal("different AIDs", 2, len(set(found)))
    s.equal("their beginnings", {"a0000005591010ffffffff890000"}, {one.hex()[:28] for one in found})


# SetNickname


@scenario("euicc.es10c.nickname.set", spec=NICKNAME, tests="euicc")
def nickname(s: Stage) -> None:
    """A nickname is set, replaced, shown, and removed by an empty one; its profile alone has it."""
    other, profile = installed(s), installed(s)
    for name in ("Work", "Travel \u00e9", ""):
        s.result("SetNickname", s.card.set_nickname(profile, name), SetNicknameResult.ok)
        (found,) = s.card.profile_list(profile.identifier)
        member = find(found, 0x90)
        s.equal("the nickname", name, member.value.decode() if member else "")
    s.check(find(s.card.profile_list(other.identifier)[0], 0x90) is None, "the other profile has none")


@scenario("euicc.es10c.nickname.unknown", spec=NICKNAME, tests="euicc")
def nickname_unknown(s: Stage) -> None:
    """SetNickname for an ICCID that isn't installed: iccidNotFound."""
    code = s.card.set_nickname(Iccid("89000123456789012341"), "Work")
    s.result("SetNickname", code, SetNicknameResult.iccidNotFound)


@scenario("euicc.es10c.nickname.limit", spec=NICKNAME, tests="euicc")
def nickname_limit(s: Stage) -> None:
    """A nickname of 64 octets is taken, one of 65 refused; the old one stays."""
    profile = installed(s)
    s.result("SetNickname", s.card.set_nickname(profile, "x" * 64), SetNicknameResult.ok)
    answer = s.card.send(tlv(0xBF29, profile.identifier, tlv(0x90, b"y" * 65)))
    s.check(answer.data[-1:] != b"\x00" or answer.sw != 0x9000, "65 octets are refused")
    (found,) = s.card.profile_list(profile.identifier)
    s.equal("the nickname", b"x" * 64, dig(found, 0x90).value)


@scenario("euicc.es10c.nickname.enabled", spec=f"{NICKNAME}, 3.5", tests="euicc", needs="power")
def nickname_enabled(s: Stage) -> None:
    """The enabled profile can be named, without a notification; the name survives power off and on."""
    profile = enabled(s)
    before = s.card.notifications()
    s.result("SetNickname", s.card.set_nickname(profile, "Home"), SetNicknameResult.ok)
    s.equal("the notifications", before, s.card.notifications())
    s.card.power_on()
    s.equal("the nickname", b"Home", dig(s.card.profile_list(profile.identifier)[0], 0x90).value)


@scenario("euicc.es10c.nickname.deleted", spec=f"{NICKNAME}, 5.7.18", tests="euicc")
def nickname_deleted(s: Stage) -> None:
    """A nickname goes with its profile: installed again, it has none."""
    profile = installed(s)
    s.card.set_nickname(profile, "Work")
    s.card.delete(profile)
    with s.given("the profile is installed again"):
        s.installed(s.card.install(s.server(), profile))
    s.check(find(s.card.profile_list(profile.identifier)[0], 0x90) is None, "it has no nickname")


# GetRAT


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
