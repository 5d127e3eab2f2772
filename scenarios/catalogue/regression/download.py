"""Real bugs on the way to an installed profile."""

from euicc_sim.core.rules import AuthorisationRule, Operator
from lpa.core.actions import ConfirmationCodeWanted
from lpa.core.errors import CardRefused, InstallationFailed, NotPossible
from scenarios import Stage, scenario
from scenarios.faults import ClosedChannel, DamagedMac
from scenarios.faults.link import FaultyLink
from scenarios.kit.read import dig, integer, whole
from scenarios.parties.user import EndUser
from wire.activation_code import ActivationCode
from wire.es10 import BppCommandId, CancelSessionReason, ErrorReason, PprFlags, PprIds
from wire.tlv import parse

SPEC = "SGP.22 v2.5 section 3.1.3"
MEMORY = ErrorReason.installFailedDueToInsufficientMemoryForProfile
REFUSED = (0x6A88, 0x6985)


@scenario("regression.activation_code_empty_oid", spec=f"{SPEC}, 4.1, 4.7", tests="lpa")
def empty_oid(s: Stage) -> None:
    """1$ADDRESS$ID$$1: the empty OID is none to compare with, and the flag behind it asks for a Confirmation Code."""
    front = s.front(code="4711")
    user = EndUser(codes=["4711"])
    outcome = s.lpa().download(f"LPA:1${front.kit.address}$M-1$$1", user)
    s.went_through(outcome)
    s.equal("the Matching ID", "M-1", front.kit.matching_id)
    if outcome.is_known:
        s.equal("times that the code was asked for", 1, len(user.asked(ConfirmationCodeWanted)))
    s.holds({str(front.profile.iccid): "disabled"})


@scenario("regression.imei_16_digits", spec="SGP.22 v2.5 section 4.2", tests="lpa", needs="lpa_local")
def imei(s: Stage) -> None:
    """An IMEI of 16 digits travels in eight octets, all of them digits; one of 15 is filled up with F."""
    for digits, expected in (("3529061123456789", "3529061123456789"), ("352906112345678", "352906112345678F")):
        front = s.front()
        s.went_through(s.lpa(imei=digits).download(ActivationCode(front.kit.address, "M-1")))
        response = whole(front.of("authenticateClient")[0].octets("authenticateServerResponse"), 0xBF38)
        device = dig(response, 0xA0, 0x30, 0xA0, 0xA1)
        s.equal("imei in deviceInfo", bytes.fromhex(expected), dig(device, 0x82).value)


@scenario("regression.result_in_mid_package", spec=f"{SPEC}, 2.5.6, 5.7.6", tests="lpa, euicc")
def result_in_mid_package(s: Stage) -> None:
    """BF37 comes in mid-package: the LPA stops there and delivers it, the card refuses what is sent all the same."""
    front = s.front(DamagedMac(1))
    failed = s.raised(s.lpa().download(ActivationCode(front.kit.address, "M-1")), InstallationFailed)
    if failed is not None:
        told = failed.result.bpp_command_id, failed.result.error_reason
        s.equal("what the user hears", (BppCommandId.storeMetadata, ErrorReason.scp03tSecurityError), told)
    s.equal("the last function: the result, no cancellation", "handleNotification", front.functions[-1])
    s.equal("the sessions cancelled", [], front.cancelled)
    s.equal("what the server refused", [], front.refusals)
    card, server = s.look(), s.server(DamagedMac(1))
    s.equal("pending notifications", [], card.notifications())
    card.reach("prepared", server)
    answers = [card.send(segment) for segment in server.bind(s.profile()).segments()]
    place = next(number for number, answer in enumerate(answers) if answer.data)
    s.not_installed(server.check_installation_result(answers[place].data), BppCommandId.storeMetadata,
                    ErrorReason.scp03tSecurityError)  # fmt: skip
    s.check(place < len(answers) - 1, "segments are left after the result")
    for answer in answers[place + 1 :]:
        s.check(not answer.data, "no second result", "no data", answer.data)
        s.status_word("a segment after the result", REFUSED, answer.sw)
    s.equal("the results in the list", 1, len(card.notifications()))
    s.equal("the profiles", {}, card.states)


@scenario("regression.channel_closed_in_mid_package", spec=f"{SPEC}, 5.7.6; ETSI TS 102 221 section 11.1.17",
          tests="lpa, euicc", needs="lpa_local, logical_channels")  # fmt: skip
def channel_closed(s: Stage) -> None:
    """The logical channel is closed between two segments: no half of a profile, no result, and the retry succeeds."""
    front = s.front(chunk=200)
    code = ActivationCode(front.kit.address, "M-1")
    free, lpa = s.look().free_octets, s.lpa(ClosedChannel(2, es10=0x86))
    refused = s.raised(lpa.download(code), CardRefused)
    s.equal("the card's status word", 0x6881, refused and refused.sw)
    assert isinstance(lpa.link, FaultyLink)
    s.equal("segments of the elements that the LPA sends", 2, lpa.link.asked(0x86))
    s.equal("results delivered", 0, len(front.of("handleNotification")))
    card = s.look()
    s.equal("the profiles", {}, card.states)
    s.equal("free memory", free, card.free_octets)
    s.went_through(s.lpa().download(code))
    before = {str(front.profile.iccid): "disabled"}
    s.equal("the profiles after the retry", before, s.look().states)
    card, server, profile = s.look(), s.server(), s.profile()
    card.reach("prepared", server)
    segments = server.bind(profile).segments()
    for segment in segments[:-1]:
        card.send(segment)
    card.close()
    card.open()
    answer = card.send(segments[-1])
    is_installed = bool(answer.data) and server.check_installation_result(answer.data).tag == 0xA0
    expected = before | ({str(profile.iccid): "disabled"} if is_installed else {})
    s.equal("the profiles: as the card has said on the new channel", expected, card.states)


@scenario("regression.card_full", spec=f"{SPEC}, 2.5.6, 5.5.5, 5.6.4", tests="smdp, euicc, lpa",
          needs="orders, card_settings, lpa_local")  # fmt: skip
def card_full(s: Stage) -> None:
    """Full at profile element n: the result names the element, nothing is lost, and the order outlives it."""
    probe = s.new_card()
    free = probe.free_octets
    s.installed(probe.install(s.server(), s.profile()))
    octets = free - probe.free_octets
    elements = []
    for share in (0.2, 0.6, 0.95):
        card, order = s.new_card(nvm_octets=int(octets * share)), s.smdp.order()
        free = card.free_octets
        failed = s.raised(s.lpa(card=card).download(order.activation_code), InstallationFailed)
        assert failed is not None
        told = failed.result.bpp_command_id, failed.result.error_reason
        s.equal("what the user hears", (BppCommandId.loadProfileElements, MEMORY), told)
        elements.append(_element(failed.result.sima_response))
        card.power_on()
        s.equal("profiles and free memory", ({}, free), (card.states, card.free_octets))
    s.check(elements == sorted(set(elements)), "the elements at which the cards were full", "rising", elements)
    card, orders = s.new_card(nvm_octets=int(octets * 1.5)), [s.smdp.order(), s.smdp.order()]
    s.went_through(s.lpa(card=card).download(orders[0].activation_code))
    s.raised(s.lpa(card=card).download(orders[1].activation_code), InstallationFailed)
    s.went_through(s.lpa(card=card).delete(orders[0].iccid))
    s.went_through(s.lpa(card=card).download(orders[1].activation_code))
    s.equal("the order's state", "Installed", s.smdp.state(orders[1]))


def _element(sima_response: bytes) -> int:
    """The identification in the last PEStatus."""
    statuses = dig(parse(sima_response, 0x30), 0xA0).children
    return integer(dig(statuses[-1], 0x81))


@scenario("regression.ppr1_forbidden", spec=f"{SPEC}, 2.4.12, 2.9.2, 5.5.3", tests="lpa, euicc",
          needs="card_settings, lpa_local")  # fmt: skip
def ppr1_forbidden(s: Stage) -> None:
    """A table that allows PPR2 only: the LPA cancels PPR1 unasked, a card that is sent it refuses, PPR2 is taken."""
    rules = (AuthorisationRule(PprIds.ppr2, (Operator(),), PprFlags(0)),)
    card, user = s.simulated_card(rules=rules), EndUser()
    front = s.front(profile=s.profile(pprs=PprIds.ppr1))
    code = ActivationCode(front.kit.address, "M-1")
    s.raised(s.lpa(card=card).download(code, user), NotPossible)
    s.equal("the reasons given", [CancelSessionReason.pprNotAllowed], front.cancelled)
    s.equal("questions to the user", [], user.questions)
    s.equal("packages asked for", 0, len(front.of("getBoundProfilePackage")))
    sent = s.new_card(rules=rules)
    s.not_installed(sent.install(s.server(), front.profile), BppCommandId.storeMetadata, ErrorReason.pprNotAllowed)
    s.equal("the profiles", {}, sent.states)
    s.installed(sent.install(s.server(), s.profile(pprs=PprIds.ppr2)))


@scenario("regression.power_cut_same_key", spec=f"{SPEC}, 3.1.3.2, 5.7.5, 5.5", tests="euicc", needs="power")
def power_cut_same_key(s: Stage) -> None:
    """The power is cut behind every segment in turn; each retry gets the same otPK, the last one is installed."""
    card, server, profile = s.card, s.server(), s.profile()
    free = card.free_octets
    card.reach("prepared", server)
    key = server.otpk_euicc
    count = len(server.bind(profile).segments())
    for cut in range(1, count):
        for segment in server.bind(profile).segments()[:cut]:
            answer = card.send(segment)
            s.equal("the answer to a segment", (b"", 0x9000), (answer.data, answer.sw))
        card.power_on()
        s.equal(
            f"profiles and free memory after the cut behind segment {cut}", ({}, free), (card.states, card.free_octets)
        )
        card.reach("authenticated", server)
        server.check_preparation(card.prepare(server, one_time_point=key).raw)
        s.equal("otPK.EUICC of the retry", key, server.otpk_euicc)
    s.installed(server.check_installation_result(card.load(server.bind(profile)).raw))
    s.equal("the profiles", {str(profile.iccid): "disabled"}, card.states)
