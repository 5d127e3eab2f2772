"""ES8+: which profiles a card takes, by their metadata, rules, class, contents and size."""

from collections.abc import Sequence
from typing import Any

from euicc_sim.core.rules import AuthorisationRule, Operator
from scenarios import Stage, scenario
from scenarios.catalogue.given import TEST_KEY, installed, test_profile
from scenarios.faults import (
    After,
    Append,
    DamagedMac,
    DroppedSegment,
    Edit,
    Fault,
    OnWire,
    Remove,
    RepeatedSegment,
    Replace,
    Set,
    Swap,
    SwappedSegments,
    Whole,
)
from scenarios.kit.read import dig
from wire.es10 import BppCommandId, ErrorReason, PprFlags, PprIds, ProfileClass, RspCapability
from wire.tlv import tlv

STORE = "SGP.22 v2.5 section 5.5.3, 4.4"
RULES = "SGP.22 v2.5 section 5.5.3, 2.9.3, 2.4.12"
ORDER = "SGP.22 v2.5 section 2.5.4, 2.5.5, 5.7.6"
METADATA, ELEMENTS = BppCommandId.storeMetadata, BppCommandId.loadProfileElements
INCORRECT = (ErrorReason.incorrectInputValues,)
STRUCTURE = (ErrorReason.scp03tStructureError, ErrorReason.scp03tSecurityError, ErrorReason.incorrectInputValues)
PPR1, PPR2 = PprIds.ppr1, PprIds.ppr2


def _refused(s: Stage, command: BppCommandId, reasons: Sequence[ErrorReason], *faults: Fault, **profile: Any) -> None:
    before = s.card.states
    result = s.card.install(s.server(*faults), s.profile(**profile))
    s.not_installed(result, command, *reasons)
    s.equal("the profiles", before, s.card.states)


def _malformed(name: str, title: str, edit: Edit, **profile: Any) -> None:
    def body(s: Stage) -> None:
        _refused(s, METADATA, INCORRECT, OnWire("StoreMetadataRequest", edit), **profile)

    body.__doc__ = f"Metadata {title}: incorrectInputValues; nothing is installed."
    scenario(f"euicc.es8.metadata.{name}", spec=STORE, tests="euicc")(body)


_malformed("no_iccid", "without an ICCID", Remove("BF25.5A"))
_malformed("no_name", "without a profile name", Remove("BF25.92"))
_malformed("no_provider", "without a service provider name", Remove("BF25.91"))
_malformed("iccid_short", "with an ICCID of 9 octets", Set("BF25.5A", bytes(9)))
_malformed("provider_too_long", "with a service provider name of 33 characters", Set("BF25.91", b"x" * 33))
_malformed("name_too_long", "with a profile name of 65 characters", Set("BF25.92", b"x" * 65))
_malformed("name_not_utf8", "whose profile name isn't UTF-8", Set("BF25.92", b"\xc3\x28"))
_malformed("icon_without_type", "with an icon and no iconType", After("BF25.92", tlv(0x94, b"\x89PNG")))
_malformed("type_without_icon", "with an iconType and no icon", After("BF25.92", tlv(0x93, b"\x01")))
_malformed("icon_type_unknown", "with an iconType 7", After("BF25.92", tlv(0x93, b"\x07") + tlv(0x94, b"x")))
_malformed("icon_too_long", "with an icon of 1025 octets", After("BF25.92", tlv(0x93, b"\1") + tlv(0x94, bytes(1025))))
_malformed("class_unknown", "with a profile class 9", After("BF25.92", tlv(0x95, b"\x09")))
_malformed("wrong_order", "with name and provider exchanged", Swap("BF25.91"))
_malformed("twice", "with the name twice", After("BF25.92", tlv(0x92, b"again")))
_malformed("iccid_no_digits", "with an ICCID that isn't digits", Set("BF25.5A", bytes.fromhex("9800BC32547698103214")))
_malformed("rules_without_owner", "with policy rules and no owner", Remove("BF25.B7"), pprs=PPR2)
_malformed(
    "rules_wildcard", "with policy rules of an owner with a wildcard", Set("BF25.B7.80", b"\x00\xf1\xe0"), pprs=PPR2
)
_malformed("owner_short", "whose owner has two octets", Set("BF25.B7.80", b"\x00\xf1"))
_malformed(
    "address_without_events",
    "with a notification address and no events",
    Replace("BF25.B6", tlv(0xB6, tlv(0x30, tlv(0x81, b"a.example.com")))),
)


# what is taken


def _taken(name: str, title: str, edit: Edit, tag: int = 0, expected: bytes = b"") -> None:
    def body(s: Stage) -> None:
        profile = s.profile()
        s.installed(s.card.install(s.server(OnWire("StoreMetadataRequest", edit)), profile))
        s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)
        if tag:
            (found,) = s.card.profile_list(tags=tag.to_bytes(2 if tag > 255 else 1))
            s.equal(f"member {tag:X}", expected, dig(found, tag).value)

    body.__doc__ = f"Metadata {title}: the profile is installed."
    scenario(f"euicc.es8.metadata.{name}", spec=STORE, tests="euicc")(body)


ICON = b"\x89PNG\r\n\x1a\n" + bytes(1016)
_taken(
    "icon",
    "with an icon of 1024 octets, spread over several segments",
    After("BF25.92", tlv(0x93, b"\1") + tlv(0x94, ICON)),
    0x94,
    ICON,
)
_taken("provider_longest", "with a service provider name of 32 characters", Set("BF25.91", b"x" * 32), 0x91, b"x" * 32)
_taken("name_longest", "with a profile name of 64 characters", Set("BF25.92", b"y" * 64), 0x92, b"y" * 64)
_taken("names_empty", "with empty names", Set("BF25.91", b""), 0x91)
_taken("class_explicit", "that name the default class operational", After("BF25.92", tlv(0x95, b"\x02")), 0x95, b"\2")
_taken("unknown_member", "with a member of a later version", Append("BF25", tlv(0x9F7B, b"x")))
_taken("no_recipients", "without a notification address", Remove("BF25.B6"))
_taken("update_control", "with pprUpdateControl alone, which is no rule", Append("BF25", tlv(0x99, b"\x07\x80")))
_taken("rules_empty", "with an empty list of rules", Append("BF25", tlv(0x99, b"\x00")))
_taken(
    "service_data",
    "with service specific data",
    Append("BF25", tlv(0xBF22, tlv(0x30, tlv(0x80, b"\x88\x37\x0a"), tlv(0x81, b"x")))),
)


# policy rules


def _rules(
    name: str, title: str, table: tuple[AuthorisationRule, ...], pprs: PprIds, allowed: bool, **card: Any
) -> None:
    def body(s: Stage) -> None:
        chosen = s.new_card(rules=table, **card)
        result = chosen.install(s.server(), s.profile(pprs=pprs))
        if allowed:
            s.installed(result)
        else:
            s.not_installed(result, METADATA, ErrorReason.pprNotAllowed)
            s.equal("the profiles", {}, chosen.states)

    body.__doc__ = f"{title}: {'installed' if allowed else 'pprNotAllowed'}."
    scenario(f"euicc.es8.rules.{name}", spec=RULES, tests="euicc", needs="card_settings")(body)


def _rule(pprs: PprIds, operator: Operator | None = None) -> AuthorisationRule:
    return AuthorisationRule(pprs, (operator or Operator(),), PprFlags(0))


_rules("table_empty", "A rule, and an empty authorisation table", (), PPR2, False)
_rules("other_rule", "PPR2, and a table that allows PPR1 only", (_rule(PPR1),), PPR2, False)
_rules("one_of_two", "PPR1 and PPR2, and a table that allows PPR1 only", (_rule(PPR1),), PPR1 | PPR2, False)
_rules("two_entries", "PPR1 and PPR2, allowed by two entries", (_rule(PPR1), _rule(PPR2)), PPR1 | PPR2, True)
_rules(
    "own_operator",
    "A rule that the table allows to this operator",
    (_rule(PPR2, Operator(b"\x00\xf1\x10")),),
    PPR2,
    True,
)
_rules(
    "other_operator",
    "A rule that the table allows to another operator",
    (_rule(PPR2, Operator(b"\x00\xf1\x20")),),
    PPR2,
    False,
)
_rules("wildcard_digit", "A rule allowed to operators 001-E1", (_rule(PPR2, Operator(b"\x00\xf1\x1e")),), PPR2, True)
_rules(
    "gid_wanted", "A rule allowed to operators with GID1 AB only", (_rule(PPR2, Operator(gid1=b"\xab")),), PPR2, False
)
_rules("gid_absent", "A rule allowed to operators without GID1", (_rule(PPR2, Operator(gid1=None)),), PPR2, True)
_rules("forbidden", "A rule that the card never takes", (_rule(PPR1 | PPR2),), PPR2, False, forbidden_pprs=PPR2)
_rules("other_forbidden", "PPR2 where PPR1 is forbidden", (_rule(PPR1 | PPR2),), PPR2, True, forbidden_pprs=PPR1)
_rules("ppr1_first", "PPR1 on a card without profiles", (_rule(PPR1),), PPR1, True)


@scenario("euicc.es8.rules.gid_matches", spec=RULES, tests="euicc", needs="card_settings")
def gid_matches(s: Stage) -> None:
    """A rule allowed to operators with GID1 AB: installed for a profile whose owner has this GID1."""
    card = s.new_card(rules=(_rule(PPR2, Operator(gid1=b"\xab")),))
    s.installed(card.install(s.server(), s.profile(pprs=PPR2, gid1=b"\xab")))


@scenario("euicc.es8.rules.ppr1_not_first", spec=RULES, tests="euicc", needs="ppr")
def ppr1_not_first(s: Stage) -> None:
    """PPR1 where an operational profile is installed already: pprNotAllowed."""
    installed(s)
    _refused(s, METADATA, (ErrorReason.pprNotAllowed,), pprs=PPR1)


@scenario("euicc.es8.rules.ppr1_beside_test", spec=RULES, tests="euicc", needs="ppr, test_profiles")
def ppr1_beside_test(s: Stage) -> None:
    """PPR1 where only a test profile is installed: installed."""
    test_profile(s)
    s.installed(s.card.install(s.server(), s.profile(pprs=PPR1)))


@scenario("euicc.es8.rules.ppr2_not_first", spec=RULES, tests="euicc", needs="ppr")
def ppr2_not_first(s: Stage) -> None:
    """PPR2 where an operational profile is installed already: installed."""
    installed(s)
    s.installed(s.card.install(s.server(), s.profile(pprs=PPR2)))


# class


@scenario("euicc.es8.class.test_unsupported", spec=STORE, tests="euicc", needs="card_settings")
def test_unsupported(s: Stage) -> None:
    """A test profile for a card without testProfileSupport: unsupportedProfileClass."""
    card = s.new_card(rsp_capability=RspCapability.additionalProfile)
    result = card.install(s.server(), s.profile(profile_class=ProfileClass.test, k=TEST_KEY))
    s.not_installed(result, METADATA, ErrorReason.unsupportedProfileClass)


@scenario("euicc.es8.class.test_with_real_key", spec="SGP.22 v2.5 section 5.5.5, 2.4.5.3", tests="euicc",
          needs="test_profiles")  # fmt: skip
def real_key(s: Stage) -> None:
    """A test profile whose key is no test key: testProfileInstallFailedDueToInvalidNaaKey."""
    _refused(s, ELEMENTS, (ErrorReason.testProfileInstallFailedDueToInvalidNaaKey,), profile_class=ProfileClass.test)


@scenario("euicc.es8.class.provisioning", spec=STORE, tests="euicc")
def provisioning(s: Stage) -> None:
    """A provisioning profile is installed and listed as one."""
    profile = installed(s, profile_class=ProfileClass.provisioning)
    (found,) = s.card.profile_list(profile.identifier, b"\x95")
    s.equal("the class", b"\x01", dig(found, 0x95).value)


# contents against metadata


@scenario("euicc.es8.contents.other_operator", spec="SGP.22 v2.5 section 5.5.5, 3.1.3", tests="euicc")
def other_operator(s: Stage) -> None:
    """A profileOwner that isn't the operator of EF.IMSI: installFailedDueToDataMismatch."""
    fault = OnWire("StoreMetadataRequest", Set("BF25.B7.80", b"\x00\xf2\x20"))
    _refused(s, ELEMENTS, (ErrorReason.installFailedDueToDataMismatch,), fault)


@scenario("euicc.es8.contents.other_gid", spec="SGP.22 v2.5 section 5.5.5, 3.1.3", tests="euicc")
def other_gid(s: Stage) -> None:
    """A profileOwner with another GID1 than EF.GID1: installFailedDueToDataMismatch."""
    fault = OnWire("StoreMetadataRequest", Set("BF25.B7.81", b"\x55"))
    _refused(s, ELEMENTS, (ErrorReason.installFailedDueToDataMismatch,), fault, gid1=b"\xab")


@scenario("euicc.es8.contents.no_owner", spec="SGP.22 v2.5 section 5.5.5, 5.5.3", tests="euicc")
def no_owner(s: Stage) -> None:
    """Metadata without a profileOwner: nothing is compared, the profile is installed."""
    s.installed(s.card.install(s.server(OnWire("StoreMetadataRequest", Remove("BF25.B7"))), s.profile()))


PE_ERROR = (ErrorReason.installFailedDueToPEProcessingError,)


def _package(name: str, title: str, edit: Edit) -> None:
    def body(s: Stage) -> None:
        server = s.server(OnWire("ProfilePackage", edit))
        result = s.card.install(server, s.profile())
        s.not_installed(result, ELEMENTS, *PE_ERROR)
        s.check(result.find(0x82) is not None, "simaResponse is there")
        s.equal("the profiles", {}, s.card.states)

    body.__doc__ = f"A package {title}: installFailedDueToPEProcessingError with a simaResponse."
    scenario(
        f"euicc.es8.package.{name}",
        spec="SGP.22 v2.5 section 5.5.5; TCA eUICC Profile Package section 5",
        tests="euicc",
    )(body)


_package("no_header", "without a ProfileHeader", Remove("A0"))
_package("no_end", "without its end", Remove("AA"))
_package("version", "of an unknown major version", Set("A0.80", b"\x09"))
_package("no_der", "that isn't DER", Whole(b"\xa0\x05\x80\x01\x02\x81\xff\xff"))


@scenario("euicc.es8.memory.full", spec="SGP.22 v2.5 section 5.5.5, 2.5.6", tests="euicc", needs="card_settings")
def memory_full(s: Stage) -> None:
    """A profile larger than the free memory: installFailedDueToInsufficientMemoryForProfile; nothing is lost."""
    card = s.new_card(nvm_octets=3000)
    free = card.free_octets
    result = card.install(s.server(), s.profile())
    s.not_installed(result, ELEMENTS, ErrorReason.installFailedDueToInsufficientMemoryForProfile)
    s.equal("the free memory", free, card.free_octets)


@scenario(
    "euicc.es8.memory.second_profile", spec="SGP.22 v2.5 section 5.5.5, 2.5.6", tests="euicc", needs="card_settings"
)
def second_profile(s: Stage) -> None:
    """The memory of the first profile counts: a second one of the same size may not fit; the first one stays."""
    probe = s.new_card()
    free = probe.free_octets
    installed(s, probe)
    card = s.new_card(nvm_octets=int((free - probe.free_octets) * 1.5))
    first = installed(s, card)
    result = card.install(s.server(), s.profile())
    s.not_installed(result, ELEMENTS, ErrorReason.installFailedDueToInsufficientMemoryForProfile)
    s.equal("the profiles", {str(first.iccid): "disabled"}, card.states)


# order and lengths of the package's segments


def _disordered(name: str, title: str, fault: Fault, *commands: BppCommandId) -> None:
    def body(s: Stage) -> None:
        server = s.server(fault)
        s.card.reach("prepared", server)
        for segment in server.bind(s.profile()).segments():
            answer = s.card.send(segment)
            if answer.sw != 0x9000 or answer.data:
                break
        else:
            s.check(False, "the package is refused", "an error", "9000 to the end")
        if answer.data:
            result = server.check_installation_result(answer.data)
            command = next((one for one in commands if dig(result, 0x80).value == bytes((one,))), commands[0])
            s.not_installed(result, command, *STRUCTURE)
        s.check(answer.sw != 0x9000 or bool(answer.data), "the package is refused")
        s.equal("the profiles", {}, s.card.states)

    body.__doc__ = f"{title}: the package is refused, nothing is installed."
    scenario(f"euicc.es8.order.{name}", spec=ORDER, tests="euicc")(body)


CONFIGURE, KEYS = BppCommandId.configureISDP, BppCommandId.replaceSessionKeys
_disordered("configure_missing", "ConfigureISDP left out", DroppedSegment(1), CONFIGURE)
_disordered("configure_twice", "ConfigureISDP twice", RepeatedSegment(1), METADATA, CONFIGURE)
_disordered("metadata_missing", "StoreMetadata left out", DroppedSegment(3), METADATA, KEYS)
_disordered("metadata_header_missing", "The header of StoreMetadata left out", DroppedSegment(2), METADATA)
_disordered("keys_before_metadata", "ReplaceSessionKeys before StoreMetadata", SwappedSegments(3), METADATA)
_disordered("keys_missing", "ReplaceSessionKeys left out", DroppedSegment(4), ELEMENTS, KEYS)
_disordered("keys_twice", "ReplaceSessionKeys twice", RepeatedSegment(4), ELEMENTS, KEYS)
_disordered("elements_header_missing", "The header of the elements left out", DroppedSegment(5), ELEMENTS, KEYS)
_disordered("element_twice", "A segment of the elements twice", RepeatedSegment(6), ELEMENTS)
_disordered(
    "initialise_missing", "InitialiseSecureChannel left out", DroppedSegment(0), BppCommandId.initialiseSecureChannel
)


@scenario("euicc.es8.order.one_stream", spec=ORDER, tests="euicc")
def one_stream(s: Stage) -> None:
    """Where the LPA cuts the package doesn't matter: cut every 200 octets it is installed."""
    server, profile = s.server(), s.profile()
    s.card.reach("prepared", server)
    raw = b"".join(server.bind(profile).segments())
    s.installed(
        server.check_installation_result(s.card.load([raw[at : at + 200] for at in range(0, len(raw), 200)]).raw)
    )
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)


@scenario("euicc.es8.order.segment_too_long", spec=ORDER, tests="euicc")
def too_long(s: Stage) -> None:
    """A protected segment of more than 1020 octets is refused."""
    server = s.server(chunk=1040)
    result = s.card.install(server, s.profile())
    s.not_installed(result, ELEMENTS, *STRUCTURE)


@scenario("euicc.es8.order.longest_segment", spec=ORDER, tests="euicc")
def longest(s: Stage) -> None:
    """A protected segment of exactly 1020 octets is taken."""
    server, profile = s.server(chunk=1007), s.profile()
    s.card.reach("prepared", server)
    package = server.bind(profile)
    s.equal("the longest segment", 1020, max(map(len, package.elements)))
    s.installed(server.check_installation_result(s.card.load(package).raw))


@scenario("euicc.es8.load.failed_then_good", spec="SGP.22 v2.5 section 3.1.3, 5.5", tests="euicc")
def failed_then_good(s: Stage) -> None:
    """After a failed installation the same profile is installed by the next download."""
    profile = s.profile()
    s.not_installed(s.card.install(s.server(DamagedMac(3)), profile), ELEMENTS, ErrorReason.scp03tSecurityError)
    s.installed(s.card.install(s.server(), profile))


@scenario("euicc.es8.configure.dp_data", spec="SGP.22 v2.5 section 5.5.2", tests="euicc")
def dp_data(s: Stage) -> None:
    """dpOid in ConfigureISDP is kept with the profile and shown under B8."""
    data = tlv(0xB8, tlv(0x80, s.pki.dp_auth("NIST").certificate and bytes.fromhex("88370A")))
    profile = s.profile()
    s.installed(s.card.install(s.server(OnWire("ConfigureISDPRequest", Append("BF24", data))), profile))
    (found,) = s.card.profile_list(profile.identifier, b"\xb8")
    s.equal("B8", data, dig(found, 0xB8).raw)


@scenario("euicc.es8.configure.dp_data_too_long", spec="SGP.22 v2.5 section 5.5.2", tests="euicc")
def dp_data_too_long(s: Stage) -> None:
    """More than 128 octets of SM-DP+ data in ConfigureISDP: refused at configureISDP."""
    data = tlv(0xB8, tlv(0x80, bytes.fromhex("88370A")), tlv(0x81, bytes(140)))
    _refused(s, CONFIGURE, STRUCTURE, OnWire("ConfigureISDPRequest", Append("BF24", data)))


@scenario("euicc.es8.result.success", spec="SGP.22 v2.5 section 2.5.6", tests="euicc")
def success(s: Stage) -> None:
    """The success result names the ISD-P that GetProfilesInfo shows, and a simaResponse without an abort."""
    profile = s.profile()
    result = s.card.install(s.server(), profile)
    s.installed(result)
    (found,) = s.card.profile_list(profile.identifier, b"\x4f")
    s.equal("the ISD-P", dig(found, 0x4F).value, dig(result, 0x4F).value)
    s.equal("simaResponse", bytes.fromhex("3007A0053003800100"), dig(result, 0x04).value)
