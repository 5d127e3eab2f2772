"""ES10b: the notification list, revocation lists, and what ends or outlives a session."""

from datetime import timedelta

from cryptography import x509

from certs.crl import Revoked, issue_crl
from euicc_sim.core.options import CardOptions
from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed
from scenarios.faults import Certificate, DamagedMac
from scenarios.kit.profile import NotificationRecipient, Profile
from scenarios.kit.read import children, dig, find, integer
from scenarios.kit.server import check_notification
from scenarios.parties.euicc import error_of
from wire.es10 import (
    AuthenticateErrorCode,
    BppCommandId,
    CancelSessionError,
    CancelSessionReason,
    DeleteNotificationStatus,
    DownloadErrorCode,
    ErrorReason,
    LoadCRLResponseError,
    NotificationEvent,
    ResetOptions,
    RspCapability,
)
from wire.tlv import Tlv, parse, tlv

LIST = "SGP.22 v2.5 section 5.7.9, 3.5"
RETRIEVE = "SGP.22 v2.5 section 5.7.10, 3.5"
REMOVE = "SGP.22 v2.5 section 5.7.11, 3.5"
SESSION = "SGP.22 v2.5 section 5.7.7, 3.0.1"
CRL = "SGP.22 v2.5 section 5.7.12, 4.6"
INSTALL, ENABLE = NotificationEvent.notificationInstall, NotificationEvent.notificationEnable
DISABLE, DELETE = NotificationEvent.notificationDisable, NotificationEvent.notificationDelete
A, B = "a.example.com", "b.example.com"

# notifications


def told(s: Stage, event: NotificationEvent) -> list[str]:
    """The addresses that notifications of this event are for, in the order of their numbers."""
    return [one.address for one in s.card.notifications(event)]


def _several(s: Stage) -> Profile:
    recipients = (
        NotificationRecipient(A, ENABLE | DELETE),
        NotificationRecipient(B, ENABLE | DISABLE),
        NotificationRecipient(A, INSTALL),
    )
    return installed(s, notifications=recipients)


@scenario("euicc.es10b.notifications.several_addresses", spec=LIST, tests="euicc")
def several_addresses(s: Stage) -> None:
    """Each address that the profile names for an event gets a notification of its own, no other does."""
    profile = _several(s)
    s.card.enable(profile)
    s.card.disable(profile)
    s.card.delete(profile)
    s.equal("of the enabling", [A, B], told(s, ENABLE))
    s.equal("of the disabling", [B], told(s, DISABLE))
    s.equal("of the deletion", [A], told(s, DELETE))


@scenario("euicc.es10b.notifications.install_elsewhere", spec=f"{LIST}, 2.5.6", tests="euicc")
def install_elsewhere(s: Stage) -> None:
    """An install event for another address is an OtherSignedNotification beside the installation result."""
    _several(s)
    found = s.card.retrieve_notifications(events=INSTALL)
    s.equal("their kinds", [0xBF37, 0x30], [one.tag for one in found])
    check_notification(found[1].raw, s.pki.ci().certificate)
    s.equal("whom they are for", ["kit.example.com", A], told(s, INSTALL))


@scenario("euicc.es10b.notifications.no_events", spec=LIST, tests="euicc")
def no_events(s: Stage) -> None:
    """A profile that names an address for deletion only leaves nothing when it is enabled."""
    profile = installed(s, notifications=(NotificationRecipient(A, DELETE),))
    before = s.card.notifications()
    s.card.enable(profile)
    s.equal("the notifications", before, s.card.notifications())


@scenario("euicc.es10b.notifications.filter", spec=LIST, tests="euicc")
def filtered(s: Stage) -> None:
    """ListNotification lists the events asked for, several at once, in the order of their numbers."""
    profile = enabled(s)
    s.card.disable(profile)
    both = s.card.notifications(ENABLE | DISABLE)
    s.equal("two events", [ENABLE, DISABLE], [one.event for one in both])
    s.equal("one event", [DISABLE], [one.event for one in s.card.notifications(DISABLE)])
    s.equal("an event that wasn't", [], s.card.notifications(DELETE))


@scenario("euicc.es10b.notifications.empty", spec=f"{LIST}, 5.7.10", tests="euicc")
def empty(s: Stage) -> None:
    """Without notifications both lists are empty, and no error."""
    s.equal("ListNotification", bytes.fromhex("BF2802A000"), s.card.es10("BF2800").raw)
    s.equal("RetrieveNotificationsList", bytes.fromhex("BF2B02A000"), s.card.es10("BF2B00").raw)


@scenario("euicc.es10b.notifications.by_number", spec=RETRIEVE, tests="euicc")
def by_number(s: Stage) -> None:
    """A number leads to its notification alone, whose metadata is that of the list."""
    enabled(s)
    for pending in s.card.notifications():
        (found,) = s.card.retrieve_notifications(pending.number)
        metadata = dig(found, 0xBF27, 0xBF2F) if found.tag == 0xBF37 else dig(found, 0xBF2F)
        s.equal("its number", pending.number, integer(dig(metadata, 0x80)))


@scenario("euicc.es10b.notifications.unknown_number", spec=RETRIEVE, tests="euicc")
def unknown_number(s: Stage) -> None:
    """A number that isn't in the list gives an empty list or an error, never another notification."""
    installed(s)
    answer = s.card.es10(tlv(0xBF2B, tlv(0xA0, tlv(0x80, b"\x7f"))))
    listed = find(answer, 0xA0)
    s.check(listed is None or not listed.value, "no notification comes")


@scenario("euicc.es10b.notifications.retrieved_stays", spec=RETRIEVE, tests="euicc")
def retrieved_stays(s: Stage) -> None:
    """A retrieved notification stays, and is the same octets next time."""
    installed(s)
    first = [one.raw for one in s.card.retrieve_notifications()]
    s.equal("again", first, [one.raw for one in s.card.retrieve_notifications()])


@scenario("euicc.es10b.notifications.durable", spec=LIST, tests="euicc", needs="power")
def durable(s: Stage) -> None:
    """Notifications survive power off and on."""
    enabled(s)
    before = s.card.notifications()
    s.card.power_on()
    s.equal("the notifications", before, s.card.notifications())


@scenario("euicc.es10b.notifications.outlive_profile", spec=LIST, tests="euicc")
def outlive(s: Stage) -> None:
    """Notifications of a deleted profile stay, and verify."""
    profile = enabled(s)
    s.card.disable(profile)
    before = s.card.notifications()
    s.card.delete(profile)
    s.equal("the old ones", before, s.card.notifications()[: len(before)])
    for one in s.card.retrieve_notifications(events=ENABLE | DISABLE):
        check_notification(one.raw, s.pki.ci().certificate)


@scenario("euicc.es10b.notifications.numbers_not_reused", spec=REMOVE, tests="euicc", needs="power")
def not_reused(s: Stage) -> None:
    """Numbers go on rising after everything was removed and the power was off."""
    profile = installed(s)
    last = max(one.number for one in s.card.notifications())
    for one in s.card.notifications():
        s.card.remove_notification(one.number)
    s.card.power_on()
    s.card.enable(profile)
    s.equal("the next number", last + 1, s.card.notifications()[0].number)


@scenario("euicc.es10b.notifications.remove_one", spec=REMOVE, tests="euicc")
def remove_one(s: Stage) -> None:
    """Removing one notification leaves the others."""
    enabled(s)
    first, *others = s.card.notifications()
    s.result("RemoveNotificationFromList", s.card.remove_notification(first.number), DeleteNotificationStatus.ok)
    s.equal("the others", others, s.card.notifications())


@scenario("euicc.es10b.notifications.large_number", spec=f"{LIST}, 5.7.11", tests="euicc", needs="card_settings")
def large_number(s: Stage) -> None:
    """Numbers from 128 on are INTEGERs in DER: 00 80 and no negative one."""
    card = s.new_card(options=CardOptions(first_sequence_number=127))
    installed(s, card)
    listed = children(dig(card.es10("BF2800"), 0xA0))
    s.equal("the numbers' octets", ["7f", "0080"], [dig(one, 0x80).value.hex() for one in listed])
    s.result("RemoveNotificationFromList", card.remove_notification(128), DeleteNotificationStatus.ok)


@scenario("euicc.es10b.notifications.list_full", spec=LIST, tests="euicc", needs="card_settings")
def list_full(s: Stage) -> None:
    """When the list is full the oldest notification makes room."""
    card = s.new_card(options=CardOptions(notifications=3))
    profile = installed(s, card)
    card.enable(profile)
    card.disable(profile)
    s.equal("the numbers left", [2, 3, 4], [one.number for one in card.notifications()])


@scenario("euicc.es10b.notifications.failed_install", spec=f"{LIST}, 2.5.6", tests="euicc")
def failed_install(s: Stage) -> None:
    """A failed installation leaves its result in the list, and no other notification of the profile."""
    with s.given("an installation that fails"):
        s.not_installed(s.card.install(s.server(DamagedMac(0)), s.profile()), BppCommandId.configureISDP,
                        ErrorReason.scp03tSecurityError)  # fmt: skip
    s.equal("the kinds", [0xBF37], [one.tag for one in s.card.retrieve_notifications()])
    s.equal("no ICCID before StoreMetadata", [None], [one.iccid for one in s.card.notifications()])


@scenario("euicc.es10b.notifications.result_as_answered", spec=f"{RETRIEVE}, 2.5.6", tests="euicc")
def as_answered(s: Stage) -> None:
    """The installation result in the list is the octets that LoadBoundProfilePackage answered."""
    server, profile = s.server(), s.profile()
    s.card.reach("prepared", server)
    result = s.card.load(server.bind(profile))
    s.equal("the octets", [result.raw], [one.raw for one in s.card.retrieve_notifications(events=INSTALL)[:1]])


@scenario("euicc.es10b.notifications.chain_of_download", spec=f"{RETRIEVE}, 4.5.2", tests="euicc", needs="brainpool")
def chain_of_download(s: Stage) -> None:
    """Notifications of a profile are signed under the CI of its download."""
    profile = s.profile()
    with s.given("a profile from a server on brainpoolP256r1"):
        s.installed(s.card.install(s.server(curve="BRP"), profile))
    s.card.enable(profile)
    (found,) = s.card.retrieve_notifications(events=ENABLE)
    check_notification(found.raw, s.pki.ci("BRP").certificate)
    s.check(True, "it verifies up to the Brainpool CI")


# sessions


@scenario("euicc.es10b.session.new_challenge_ends", spec=SESSION, tests="euicc")
def new_challenge(s: Stage) -> None:
    """GetEUICCChallenge ends the session before: PrepareDownload is refused with noSessionContext."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.card.challenge()
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.session.reset_ends", spec=SESSION, tests="euicc", needs="power")
def reset_ends(s: Stage) -> None:
    """A reset ends the session."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.card.power_on()
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.session.outlives_reading", spec=SESSION, tests="euicc")
def outlives_reading(s: Stage) -> None:
    """Functions that only read or name something leave the session alone."""
    server = s.server()
    s.card.reach("authenticated", server)
    for request in ("BF2000", "BF2200", "BF2D00", "BF2800", "BF3C00", "BF3E035C015A", "BF4300"):
        s.card.es10(request)
    s.card.set_default_dp_address("smdp.example.com")
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.session.error_keeps_challenge", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def keeps_session(s: Stage) -> None:
    """A malformed command doesn't end the session."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.check(s.card.send("BF2103800100").sw != 0x9000, "a malformed PrepareDownload is refused")
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.session.prepare_twice", spec="SGP.22 v2.5 section 5.7.5", tests="euicc")
def prepare_twice(s: Stage) -> None:
    """PrepareDownload may be repeated in a session, with another hashCc."""
    server = s.server()
    s.card.reach("authenticated", server)
    for octet in (1, 2):
        answer = s.card.prepare(server, code_required=True, hash_cc=bytes((octet,)) * 32)
        server.check_preparation(answer.raw)
        s.equal("hashCc", bytes((octet,)) * 32, server.hash_cc)


@scenario("euicc.es10b.session.load_without", spec="SGP.22 v2.5 section 5.7.6", tests="euicc")
def load_without(s: Stage) -> None:
    """A bound profile package before PrepareDownload is refused with a status word."""
    server = s.server()
    s.card.reach("prepared", server)
    package = server.bind(s.profile())
    s.card.challenge()
    answer = s.card.send(package.segments()[0])
    s.check(answer.sw != 0x9000 and not answer.data, "it is refused", "a status word", f"{answer.sw:04X}")


@scenario("euicc.es10b.session.channel_stays", spec=SESSION, tests="euicc", needs="logical_channels")
def channel_stays(s: Stage) -> None:
    """The RSP session is one for the card, not for a channel: it goes on over another one."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.card.open()
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.session.challenge_during_load", spec=f"{SESSION}, 5.7.6", tests="euicc")
def during_load(s: Stage) -> None:
    """GetEUICCChallenge while a package is loaded gives the load up; nothing of the profile stays."""
    server = s.server()
    s.card.reach("prepared", server)
    for segment in server.bind(s.profile()).segments()[:-1]:
        s.card.send(segment)
    s.card.challenge()
    s.equal("the profiles", {}, s.card.states)
    profile = installed(s)
    s.equal("the next download", {str(profile.iccid): "disabled"}, s.card.states)


@scenario("euicc.es10b.authenticate.ci_unknown", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def ci_unknown(s: Stage) -> None:
    """An euiccCiPKIdToBeUsed under which the card has no chain: ciPKUnknown."""
    server = s.server()
    server.ci_pkid = bytes(20)
    s.result("AuthenticateServer", s.card.authentication_error(server), AuthenticateErrorCode.ciPKUnknown)


@scenario("euicc.es10b.authenticate.refused_keeps_challenge", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def refused_keeps(s: Stage) -> None:
    """A refused server leaves no session: PrepareDownload is refused with noSessionContext."""
    server = s.server(Certificate("DPauth", "bad_signature"))
    s.check(s.card.authentication_error(server) is not None, "the server is refused")
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.authenticate.no_clock", spec="SGP.22 v2.5 section 4.5.2", tests="euicc")
def no_clock(s: Stage) -> None:
    """A card has no clock: an expired CERT.DPauth alone doesn't make it refuse the server."""
    s.result("AuthenticateServer", s.card.authentication_error(s.server(Certificate("DPauth", "expired"))), None)


@scenario("euicc.es10b.authenticate.short_transaction", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def short_transaction(s: Stage) -> None:
    """A transactionId may have one octet."""
    server = s.server(transaction_id_octets=1)
    s.card.reach("prepared", server)
    s.equal("its length", 1, len(server.transaction_id))


@scenario(
    "euicc.es10b.authenticate.cross_ci", spec="SGP.22 v2.5 section 5.7.13, 3.0.1", tests="euicc", needs="brainpool"
)
def cross_ci(s: Stage) -> None:
    """A NIST server may ask for the card's Brainpool chain: the card signs under the CI that is named."""
    server = s.server()
    server.ci_pkid, server.ci_certificate = s.pki.ci("BRP").ski, s.pki.ci("BRP").certificate
    server.check_authentication(s.card.authenticate(server).raw)
    s.check(True, "everything signed verifies under the Brainpool CI")


@scenario("euicc.es10b.prepare.hash_ignored", spec="SGP.22 v2.5 section 5.7.5, 4.7", tests="euicc")
def hash_ignored(s: Stage) -> None:
    """Where no Confirmation Code is required, a hashCc that is given all the same isn't signed."""
    server = s.server()
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, code_required=False, hash_cc=bytes(32)).raw)
    s.equal("hashCc", b"", server.hash_cc)


@scenario("euicc.es10b.prepare.foreign_key_proposed", spec="SGP.22 v2.5 section 5.7.5, 3.1.3.2", tests="euicc")
def foreign_key(s: Stage) -> None:
    """A bppEuiccOtpk that the card doesn't have (any more) is answered with a new key."""
    server = s.server()
    s.card.reach("authenticated", server)
    foreign = b"\x04" + bytes(range(64))
    server.check_preparation(s.card.prepare(server, one_time_point=foreign).raw)
    s.check(server.otpk_euicc != foreign, "the key is the card's own")


@scenario("euicc.es10b.prepare.key_used_up", spec="SGP.22 v2.5 section 5.7.5, 3.1.3.3", tests="euicc")
def key_used_up(s: Stage) -> None:
    """After an installation its one-time key is gone: proposed again, it isn't used again."""
    server = s.server()
    s.installed(s.card.install(server, s.profile()))
    used = server.otpk_euicc
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=used).raw)
    s.check(server.otpk_euicc != used, "the key is a new one")


@scenario("euicc.es10b.prepare.key_durable", spec="SGP.22 v2.5 section 5.7.5, 3.1.3.2", tests="euicc", needs="power")
def key_durable(s: Stage) -> None:
    """The unused one-time key survives power off and on, for a retry with the same key."""
    server = s.server()
    s.card.reach("prepared", server)
    first = server.otpk_euicc
    s.card.power_on()
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=first).raw)
    s.equal("the one-time key", first, server.otpk_euicc)


@scenario("euicc.es10b.prepare.error_then_good", spec="SGP.22 v2.5 section 5.7.5", tests="euicc")
def error_then_good(s: Stage) -> None:
    """A refused PrepareDownload leaves the session: a good one afterwards is accepted."""
    server = s.server()
    s.card.reach("authenticated", server)
    request = bytearray(server.prepare_download())
    place = request.index(b"\x5f\x37\x40") + 10
    request[place] ^= 1
    s.result("PrepareDownload", error_of(s.card.es10(bytes(request))), DownloadErrorCode.invalidSignature)
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.prepare.brainpool_key", spec="SGP.22 v2.5 section 5.7.5, 2.6", tests="euicc", needs="brainpool")
def brainpool_key(s: Stage) -> None:
    """For a CERT.DPpb on brainpoolP256r1 the one-time key is on that curve."""
    server = s.server(curve="BRP")
    s.card.reach("prepared", server)
    x, y = int.from_bytes(server.otpk_euicc[1:33]), int.from_bytes(server.otpk_euicc[33:])
    p = 0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377
    a = 0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9
    b = 0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6
    s.equal("y² - x³ - ax - b modulo p", 0, (y * y - x**3 - a * x - b) % p)


# CancelSession


def _reason(reason: CancelSessionReason) -> None:
    def body(s: Stage) -> None:
        server = s.server()
        s.card.reach("prepared", server)
        answer = s.card.cancel_session(server.transaction_id, reason)
        s.equal("the signed reason", int(reason), server.check_cancellation(answer.raw))

    body.__doc__ = f"CancelSession with {reason.name} after PrepareDownload is signed with this reason."
    scenario(f"euicc.es10b.cancel.{reason.name.lower()}", spec="SGP.22 v2.5 section 5.7.14", tests="euicc")(body)


for _one in (
    CancelSessionReason.pprNotAllowed,
    CancelSessionReason.metadataMismatch,
    CancelSessionReason.loadBppExecutionError,
    CancelSessionReason.undefinedReason,
):
    _reason(_one)


@scenario("euicc.es10b.cancel.before_authentication", spec="SGP.22 v2.5 section 5.7.14", tests="euicc")
def cancel_early(s: Stage) -> None:
    """CancelSession before AuthenticateServer has nothing to sign: an error."""
    s.card.challenge()
    answer = s.card.cancel_session(bytes(16), CancelSessionReason.postponed)
    errors = CancelSessionError.invalidTransactionId, CancelSessionError.undefinedError
    s.result("CancelSession", integer(dig(answer, 0x81)), *errors)


@scenario("euicc.es10b.cancel.twice", spec="SGP.22 v2.5 section 5.7.14", tests="euicc")
def cancel_twice(s: Stage) -> None:
    """A cancelled session is over: the same CancelSession again is refused."""
    server = s.server()
    s.card.reach("authenticated", server)
    server.check_cancellation(s.card.cancel_session(server.transaction_id, CancelSessionReason.timeout).raw)
    again = s.card.cancel_session(server.transaction_id, CancelSessionReason.timeout)
    s.check(find(again, 0xA0) is None, "nothing is signed again")


@scenario("euicc.es10b.cancel.during_load", spec="SGP.22 v2.5 section 5.7.14, 5.7.6", tests="euicc")
def cancel_loading(s: Stage) -> None:
    """CancelSession while a package is loaded ends it; nothing of the profile stays."""
    server = s.server()
    s.card.reach("prepared", server)
    for segment in server.bind(s.profile()).segments()[:4]:
        s.card.send(segment)
    answer = s.card.cancel_session(server.transaction_id, CancelSessionReason.loadBppExecutionError)
    s.equal("the signed reason", 5, server.check_cancellation(answer.raw))
    s.equal("the profiles", {}, s.card.states)


@scenario("euicc.es10b.cancel.smds", spec="SGP.22 v2.5 section 5.7.14", tests="euicc")
def cancel_smds(s: Stage) -> None:
    """A session with an SM-DS: CERT.DSauth is accepted as well as CERT.DPauth."""
    server = s.server(smds=True)
    server.check_authentication(s.card.authenticate(server, "EVENT-1").raw)
    s.equal("the EventID in ctxParams1", "EVENT-1", server.matching_id)


# LoadCRL: on cards made for the scenario only, because nothing takes a revocation back


def _crl(s: Stage, *serials: int, number: int = 1, part: tuple[int, int] | None = None, issuer: str = "NIST") -> bytes:
    now = s.clock.now()
    revoked = [Revoked(serial, now) for serial in serials]
    raw = issue_crl(
        s.pki.ci(issuer), revoked, number=number, this_update=now, next_update=now + timedelta(days=30), part=part
    )
    return parse(raw, 0x30).value


def _crl_error(answer: Tlv) -> int | None:
    error = find(answer, 0x81)
    return None if error is None else integer(error)


def _loaded(s: Stage, crl: bytes) -> None:
    s.result("LoadCRL", _crl_error(s.card.load_crl(crl)), None)


def _serial(s: Stage) -> int:
    return x509.load_der_x509_certificate(s.pki.dp_auth("NIST").certificate).serial_number


@scenario("euicc.es10b.crl.revoked_server", spec=f"{CRL}, 4.5.2", tests="euicc", needs="crl, card_settings")
def revoked_server(s: Stage) -> None:
    """A server on the loaded list is refused with invalidCertificate; before, it was accepted."""
    s.result("AuthenticateServer before", s.card.authentication_error(s.server()), None)
    _loaded(s, _crl(s, _serial(s)))
    code = s.card.authentication_error(s.server())
    s.result("AuthenticateServer", code, AuthenticateErrorCode.invalidCertificate)


@scenario("euicc.es10b.crl.others_stay", spec=CRL, tests="euicc", needs="crl, card_settings")
def others_stay(s: Stage) -> None:
    """A list without the server's number leaves it accepted."""
    _loaded(s, _crl(s, 4711))
    s.result("AuthenticateServer", s.card.authentication_error(s.server()), None)


@scenario("euicc.es10b.crl.revoked_dppb", spec=f"{CRL}, 5.7.5", tests="euicc", needs="crl, card_settings")
def revoked_dppb(s: Stage) -> None:
    """A revoked CERT.DPpb is refused at PrepareDownload with invalidCertificate."""
    _loaded(s, _crl(s, x509.load_der_x509_certificate(s.pki.dp_pb("NIST").certificate).serial_number))
    server = s.server()
    s.card.reach("authenticated", server)
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.invalidCertificate)


@scenario("euicc.es10b.crl.durable", spec=CRL, tests="euicc", needs="crl, card_settings")
def crl_durable(s: Stage) -> None:
    """A loaded list survives power off and on."""
    _loaded(s, _crl(s, _serial(s)))
    s.card.power_on()
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")


@scenario("euicc.es10b.crl.signature", spec=CRL, tests="euicc", needs="crl, card_settings")
def crl_signature(s: Stage) -> None:
    """A list whose signature is wrong: invalidSignature; nobody is revoked by it."""
    crl = bytearray(_crl(s, _serial(s)))
    crl[-1] ^= 1
    s.result("LoadCRL", _crl_error(s.card.load_crl(bytes(crl))), LoadCRLResponseError.invalidSignature)
    s.result("AuthenticateServer", s.card.authentication_error(s.server()), None)


@scenario("euicc.es10b.crl.format", spec=CRL, tests="euicc", needs="crl, card_settings")
def crl_format(s: Stage) -> None:
    """Octets that are no list: invalidCRLFormat."""
    s.result("LoadCRL", _crl_error(s.card.load_crl(b"\x30\x00")), LoadCRLResponseError.invalidCRLFormat)


@scenario("euicc.es10b.crl.older", spec=CRL, tests="euicc", needs="crl, card_settings")
def crl_older(s: Stage) -> None:
    """A list that is older than the loaded one: fresherCrlAlreadyLoaded; the fresher one stays."""
    _loaded(s, _crl(s, _serial(s), number=7))
    s.result("LoadCRL", _crl_error(s.card.load_crl(_crl(s, number=6))), LoadCRLResponseError.fresherCrlAlreadyLoaded)
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")


@scenario("euicc.es10b.crl.newer", spec=CRL, tests="euicc", needs="crl, card_settings")
def crl_newer(s: Stage) -> None:
    """A newer list takes the place of the old one."""
    _loaded(s, _crl(s, _serial(s), number=7))
    _loaded(s, _crl(s, number=8))
    s.result("AuthenticateServer", s.card.authentication_error(s.server()), None)


@scenario("euicc.es10b.crl.parts", spec=CRL, tests="euicc", needs="crl, card_settings")
def crl_parts(s: Stage) -> None:
    """A list in parts: the answer names the parts that are missing; each part counts."""
    answer = s.card.load_crl(_crl(s, _serial(s), part=(2, 3)))
    s.equal("the missing parts", [1, 3], [integer(one) for one in children(dig(answer, 0xA0, 0xA0))])
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")
    s.card.load_crl(_crl(s, 1, part=(1, 3)))
    answer = s.card.load_crl(_crl(s, 2, part=(3, 3)))
    s.check(find(answer, 0xA0, 0xA0) is None, "nothing is missing any more")
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is still refused")


@scenario("euicc.es10b.crl.unknown_ci", spec=CRL, tests="euicc", needs="crl, card_settings, brainpool")
def crl_unknown_ci(s: Stage) -> None:
    """A list of a CI that the card doesn't know: verificationKeyNotFound."""
    chains = s.grounds.card_settings().chains[:1]
    card = s.new_card(chains=chains)
    code = _crl_error(card.load_crl(_crl(s, 1, issuer="BRP")))
    s.result("LoadCRL", code, LoadCRLResponseError.verificationKeyNotFound)


@scenario("euicc.es10b.crl.not_supported", spec=CRL, tests="euicc", needs="card_settings")
def crl_not_supported(s: Stage) -> None:
    """A card without crlSupport refuses LoadCRL, by status word or result."""
    card = s.new_card(rsp_capability=RspCapability.additionalProfile)
    answer = card.send(tlv(0xBF35, tlv(0xA0, _crl(s, 1))))
    s.check(answer.sw != 0x9000 or b"\x81\x01\x7f" in answer.data, "it is refused")


@scenario("euicc.es10b.crl.memory_reset", spec=f"{CRL}, 5.7.19", tests="euicc", needs="crl, card_settings")
def crl_memory_reset(s: Stage) -> None:
    """A memory reset doesn't bring a revoked server back."""
    installed(s)
    _loaded(s, _crl(s, _serial(s)))
    s.card.memory_reset(ResetOptions.deleteOperationalProfiles)
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")
