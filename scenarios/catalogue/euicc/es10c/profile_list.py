"""ES10c.GetProfilesInfo."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed, test_profile
from scenarios.kit.read import children, dig, whole
from wire.es10 import PprIds
from wire.ids import Iccid
from wire.tlv import tlv

SPEC = "SGP.22 v2.5 section 5.7.15"


@scenario("euicc.es10c.list.empty", spec=SPEC, tests="euicc")
def empty(s: Stage) -> None:
    """Without profiles the list is empty, and no error."""
    s.equal("GetProfilesInfo", bytes.fromhex("BF2D02A000"), s.card.es10("BF2D00").raw)


@scenario("euicc.es10c.list.defaults", spec=SPEC, tests="euicc")
def defaults(s: Stage) -> None:
    """Without a tag list the default members come, in the order of the type; policy rules and owner don't."""
    installed(s)
    (found,) = s.card.profile_list()
    s.equal("the members", [0x5A, 0x4F, 0x9F70, 0x91, 0x92, 0x95], [one.tag for one in children(found)])


@scenario("euicc.es10c.list.tag_list", spec=SPEC, tests="euicc")
def tag_list(s: Stage) -> None:
    """With a tag list exactly these members come, whatever its order."""
    installed(s)
    (found,) = s.card.profile_list(tags=bytes.fromhex("925A9F70"))
    s.equal("the members", [0x5A, 0x9F70, 0x92], [one.tag for one in children(found)])


@scenario("euicc.es10c.list.unknown_tags", spec=SPEC, tests="euicc")
def unknown_tags(s: Stage) -> None:
    """Unknown tags in the tag list are ignored."""
    installed(s)
    (found,) = s.card.profile_list(tags=bytes.fromhex("9E5ADF01"))
    s.equal("the members", [0x5A], [one.tag for one in children(found)])


@scenario("euicc.es10c.list.owner_and_rules", spec=f"{SPEC}, 2.9", tests="euicc", needs="ppr")
def owner_and_rules(s: Stage) -> None:
    """Owner, policy rules and notification configuration come where they are asked for, as they were loaded."""
    profile = installed(s, pprs=PprIds.ppr2)
    (found,) = s.card.profile_list(tags=bytes.fromhex("B6B799"))
    loaded = whole(profile.metadata, 0xBF25)
    for tag in (0xB6, 0xB7, 0x99):
        s.equal(f"member {tag:X}", dig(loaded, tag).raw, dig(found, tag).raw)


@scenario("euicc.es10c.list.by_iccid", spec=SPEC, tests="euicc")
def by_iccid(s: Stage) -> None:
    """Searched by ICCID one profile is found; an unknown one gives an empty list."""
    installed(s)
    wanted = installed(s)
    found = s.card.profile_list(wanted.identifier)
    s.equal("the ICCIDs", [wanted.iccid.ef], [dig(one, 0x5A).value for one in found])
    answer = s.card.es10(tlv(0xBF2D, tlv(0xA0, tlv(0x5A, Iccid("89000123456789012341").ef))))
    s.equal("an unknown one", bytes.fromhex("BF2D02A000"), answer.raw)


@scenario("euicc.es10c.list.by_class", spec=SPEC, tests="euicc", needs="test_profiles")
def by_class(s: Stage) -> None:
    """Searched by class only profiles of this class are found."""
    operational = installed(s)
    tests = test_profile(s)
    for profile_class, profiles in ((b"\x02", [operational]), (b"\x00", [tests]), (b"\x01", [])):
        found = s.card.profile_list(tlv(0x95, profile_class))
        iccids = [dig(one, 0x5A).value for one in found]
        s.equal(f"class {profile_class[0]}", [one.iccid.ef for one in profiles], iccids)


@scenario("euicc.es10c.list.no_wrapper", spec=SPEC, tests="euicc")
def no_wrapper(s: Stage) -> None:
    """A search criterion without its A0 is refused with incorrectInputValues or 6A80, not ignored."""
    profile = installed(s)
    for criterion in (profile.identifier, tlv(0x95, b"\x02")):
        answer = s.card.send(tlv(0xBF2D, criterion))
        refused = answer.sw == 0x6A80 or answer.data == bytes.fromhex("BF2D03810101")
        s.check(refused, "it is refused", "6A80 or error 1", f"{answer.data.hex()} {answer.sw:04X}")


@scenario("euicc.es10c.list.other_criterion", spec=SPEC, tests="euicc")
def other_criterion(s: Stage) -> None:
    """A search by something else than ICCID, AID or class: incorrectInputValues."""
    answer = s.card.send(tlv(0xBF2D, tlv(0xA0, tlv(0x91, b"rsplab"))))
    refused = answer.sw == 0x6A80 or answer.data == bytes.fromhex("BF2D03810101")
    s.check(refused, "it is refused", "6A80 or error 1", f"{answer.data.hex()} {answer.sw:04X}")


@scenario("euicc.es10c.list.states", spec=SPEC, tests="euicc")
def states(s: Stage) -> None:
    """profileState is 1 for the enabled profile and 0 for the others."""
    other, active = installed(s), enabled(s)
    s.equal("the states", {str(other.iccid): "disabled", str(active.iccid): "enabled"}, s.card.states)


@scenario("euicc.es10c.list.aids", spec=f"{SPEC}, 2.4", tests="euicc")
def aids(s: Stage) -> None:
    """Each profile has an ISD-P AID of its own from the range of the standard."""
    installed(s)
    installed(s)
    found = [dig(one, 0x4F).value for one in s.card.profile_list()]
    s.equal("different AIDs", 2, len(set(found)))
    s.equal("their beginnings", {"a0000005591010ffffffff890000"}, {one.hex()[:28] for one in found})
