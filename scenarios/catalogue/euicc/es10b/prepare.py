"""ES10b.PrepareDownload: what is signed, the hash of the Confirmation Code, one-time keys."""

from scenarios import Stage, scenario
from scenarios.faults import BeforeSignature, DamagedSignature, Fault, Set, WithoutSuffix
from scenarios.parties.euicc import error_of
from wire.es10 import DownloadErrorCode

SPEC = "SGP.22 v2.5 section 5.7.5"


@scenario("euicc.es10b.prepare.nominal", spec=f"{SPEC}, 3.1.3", tests="euicc")
def prepare(s: Stage) -> None:
    """euiccSigned2 holds the transactionId and a one-time key on the curve of CERT.DPpb."""
    server = s.server()
    s.card.reach("prepared", server)
    s.equal("the one-time key is an uncompressed point", (65, 4), (len(server.otpk_euicc), server.otpk_euicc[0]))


@scenario("euicc.es10b.prepare.confirmation_hash", spec=f"{SPEC}, 4.7", tests="euicc")
def hash_cc(s: Stage) -> None:
    """hashCc stands in euiccSigned2 as the LPA gave it."""
    server = s.server()
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, code_required=True, hash_cc=bytes(range(32))).raw)
    s.equal("hashCc", bytes(range(32)), server.hash_cc)


@scenario("euicc.es10b.prepare.same_one_time_key", spec=f"{SPEC}, 3.1.3.2", tests="euicc")
def same_key(s: Stage) -> None:
    """A retry whose bppEuiccOtpk is the eUICC's unused key gets this key again; otherwise a new one."""
    server = s.server()
    s.card.reach("prepared", server)
    first = server.otpk_euicc
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=first).raw)
    s.equal("the one-time key", first, server.otpk_euicc)
    s.card.reach("prepared", server)
    s.check(server.otpk_euicc != first, "without bppEuiccOtpk the eUICC makes a new key")


@scenario("euicc.es10b.prepare.no_session", spec=SPEC, tests="euicc")
def prepare_without_session(s: Stage) -> None:
    """PrepareDownload before AuthenticateServer is refused with noSessionContext."""
    server = s.server()
    server.initiate(s.card.challenge())
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


def _refused(name: str, title: str, expected: DownloadErrorCode, *faults: Fault) -> None:
    def body(s: Stage) -> None:
        server = s.server(*faults)
        s.card.reach("authenticated", server)
        s.result("PrepareDownload", error_of(s.card.prepare(server)), expected)

    body.__doc__ = f"{title}: {expected.name}."
    scenario(f"euicc.es10b.prepare.{name}", spec=SPEC, tests="euicc")(body)


_refused(
    "signature_damaged", "A damaged smdpSignature2", DownloadErrorCode.invalidSignature, DamagedSignature("SmdpSigned2")
)


_refused(
    "signature_unbound",
    "An smdpSignature2 that doesn't cover euiccSignature1",
    DownloadErrorCode.invalidSignature,
    WithoutSuffix("SmdpSigned2"),
)


_refused(
    "other_transaction",
    "A well-signed smdpSigned2 of another transaction",
    DownloadErrorCode.invalidTransactionId,
    BeforeSignature("SmdpSigned2", Set("30.80", bytes(16))),
)


@scenario("euicc.es10b.prepare.hash_ignored", spec=f"{SPEC}, 4.7", tests="euicc")
def hash_ignored(s: Stage) -> None:
    """Where no Confirmation Code is required, a hashCc that is given all the same isn't signed."""
    server = s.server()
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, code_required=False, hash_cc=bytes(32)).raw)
    s.equal("hashCc", b"", server.hash_cc)


@scenario("euicc.es10b.prepare.foreign_key_proposed", spec=f"{SPEC}, 3.1.3.2", tests="euicc")
def foreign_key(s: Stage) -> None:
    """A bppEuiccOtpk that the card doesn't have (any more) is answered with a new key."""
    server = s.server()
    s.card.reach("authenticated", server)
    foreign = b"\x04" + bytes(range(64))
    server.check_preparation(s.card.prepare(server, one_time_point=foreign).raw)
    s.check(server.otpk_euicc != foreign, "the key is the card's own")


@scenario("euicc.es10b.prepare.key_used_up", spec=f"{SPEC}, 3.1.3.3", tests="euicc")
def key_used_up(s: Stage) -> None:
    """After an installation its one-time key is gone: proposed again, it isn't used again."""
    server = s.server()
    s.installed(s.card.install(server, s.profile()))
    used = server.otpk_euicc
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=used).raw)
    s.check(server.otpk_euicc != used, "the key is a new one")


@scenario("euicc.es10b.prepare.key_durable", spec=f"{SPEC}, 3.1.3.2", tests="euicc", needs="power")
def key_durable(s: Stage) -> None:
    """The unused one-time key survives power off and on, for a retry with the same key."""
    server = s.server()
    s.card.reach("prepared", server)
    first = server.otpk_euicc
    s.card.power_on()
    s.card.reach("authenticated", server)
    server.check_preparation(s.card.prepare(server, one_time_point=first).raw)
    s.equal("the one-time key", first, server.otpk_euicc)


@scenario("euicc.es10b.prepare.error_then_good", spec=SPEC, tests="euicc")
def error_then_good(s: Stage) -> None:
    """A refused PrepareDownload leaves the session: a good one afterwards is accepted."""
    server = s.server()
    s.card.reach("authenticated", server)
    request = bytearray(server.prepare_download())
    place = request.index(b"\x5f\x37\x40") + 10
    request[place] ^= 1
    s.result("PrepareDownload", error_of(s.card.es10(bytes(request))), DownloadErrorCode.invalidSignature)
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.prepare.brainpool_key", spec=f"{SPEC}, 2.6", tests="euicc", needs="brainpool")
def brainpool_key(s: Stage) -> None:
    """For a CERT.DPpb on brainpoolP256r1 the one-time key is on that curve."""
    server = s.server(curve="BRP")
    s.card.reach("prepared", server)
    x, y = int.from_bytes(server.otpk_euicc[1:33]), int.from_bytes(server.otpk_euicc[33:])
    p = 0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377
    a = 0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9
    b = 0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6
    s.equal("y² - x³ - ax - b modulo p", 0, (y * y - x**3 - a * x - b) % p)
