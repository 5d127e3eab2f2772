"""Profile download and installation, from the activation code to the acknowledged installation result.

Spec: SGP.22 v2.5 section 3.1.3 (procedure), 3.0.1 (authentication), 3.0.2 (cancelling), 4.1 (activation code)
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lpa.core import es10
from lpa.core.actions import Ask, ConfirmationCodeWanted, Connect, Procedure, Progress, Session, TlsPeer, Wait
from lpa.core.apdu_link import Isdr, with_isdr
from lpa.core.errors import (
    CardRefused,
    InstallationFailed,
    LpaError,
    NotPossible,
    ProtocolViolation,
    ServerRefused,
    TransportError,
    UserDeclined,
)
from lpa.core.es9 import Server
from lpa.core.metadata import ProfileMetadata
from lpa.core.notification import Delivery, InstallationResult
from lpa.core.procedures.install import confirmation_hash, install
from lpa.core.procedures.notifications import process_after
from lpa.core.procedures.preview import check_and_ask
from lpa.core.procedures.session import (
    Cancelled,
    authenticate_to_card,
    cancel,
    judge,
    open_session,
    relay_refusal,
)
from lpa.core.reading import reading
from lpa.core.settings import LpaSettings
from lpa.core.tls_certificate import TlsRole
from wire.activation_code import ActivationCode
from wire.codes import ES9P
from wire.es10 import CancelSessionReason
from wire.json_es9 import AuthenticateClientResponse
from wire.json_es11 import EventEntry
from wire.tlv import parse

MAX_SMDS_HOPS = 3
STEPS = 8


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A profile was installed; `deliveries` are the notifications that followed, delivered or not."""

    transaction_id: bytes
    metadata: ProfileMetadata
    result: InstallationResult
    deliveries: tuple[Delivery, ...]


def download(settings: LpaSettings, source: ActivationCode | EventEntry | None = None) -> Procedure[Downloaded]:
    """Download and install a profile: by activation code, by SM-DS event, or (None) from the default SM-DP+.

    Raises InstallationFailed where the card refused the package (its result has been reported), UserDeclined,
    ServerRefused, ProtocolViolation, NotPossible; the session is cancelled with the reason that belongs to it.
    After a network failure the procedure starts again as the standard allows, see `LpaSettings.retry_waits_s`.
    """
    return (yield from (yield from _start(settings, source)).run())


def preview(settings: LpaSettings, source: ActivationCode | EventEntry | None = None) -> Procedure[ProfileMetadata]:
    """The metadata of the profile that waits, without downloading it: the session is cancelled as postponed."""
    waiting = yield from _start(settings, source)
    waiting.preview_only = True
    try:
        yield from waiting.run()
    except _Previewed as previewed:
        return previewed.metadata
    raise AssertionError("a preview never installs")


def _start(settings: LpaSettings, source: ActivationCode | EventEntry | None) -> Procedure["_Download"]:
    if isinstance(source, ActivationCode):
        return _Download(
            settings,
            source.smdp_address,
            source.matching_id,
            source.smdp_oid,
            source.confirmation_code_required,
            source.ci_pkid,
        )
    if isinstance(source, EventEntry):
        return _Download(settings, source.rspServerAddress, source.eventId)
    addresses = yield from with_isdr(settings, es10.get_euicc_configured_addresses)
    if addresses.default_dp_address is None:
        raise NotPossible(
            "the card has no default SM-DP+ address", "give an activation code, or set the address (default-dp)"
        )
    return _Download(settings, addresses.default_dp_address, "")


class _Previewed(LpaError):
    def __init__(self, metadata: ProfileMetadata) -> None:
        self.metadata = metadata


class _SessionLost(LpaError):
    """The server no longer knows the session, although nothing was refused: begin a new one."""


class _Redirected(LpaError):
    """The address was an SM-DS; it named the next server."""

    def __init__(self, entry: EventEntry) -> None:
        self.entry = entry


class _Download:
    """One download over as many RSP sessions as it takes; what the user has agreed to is asked once."""

    def __init__(
        self,
        settings: LpaSettings,
        address: str,
        matching_id: str,
        smdp_oid: str = "",
        code_expected: bool = False,
        ci_pkid_hex: str = "",
    ) -> None:
        self.preview_only = False
        self._settings = settings
        self._server = Server(settings, address)
        self._tls_role: TlsRole | None = None
        self._matching_id = matching_id
        self._smdp_oid = smdp_oid
        self._code_expected = code_expected
        self._ci_pkid_hex = ci_pkid_hex
        self._code: str | None = None
        self._code_attempt = 1
        self._agreed: bytes | None = None
        self._waits: Iterator[float] = iter(settings.retry_waits_s)
        self._metadata: ProfileMetadata | None = None

    def run(self) -> Procedure[Downloaded]:
        for _ in range(MAX_SMDS_HOPS):
            try:
                return (yield from self._from_server())
            except _Redirected as redirected:
                self._server = Server(self._settings, redirected.entry.rspServerAddress)
                self._matching_id = redirected.entry.eventId
        raise NotPossible(f"more than {MAX_SMDS_HOPS} servers refer to each other")

    def _from_server(self) -> Procedure[Downloaded]:
        while True:
            try:
                yield Session("")
                yield Progress("connect", 1, STEPS, f"connecting to {self._server.address}")
                peer: TlsPeer | None = yield Connect(self._server.url)
                self._tls_role = None if peer is None else peer.role
                return (yield from with_isdr(self._settings, self._session))
            except _SessionLost:
                yield Progress("retry", 1, STEPS, "the server lost the session, starting a new one")
            except TransportError as error:
                yield from self._pause(error)
            except ServerRefused as refused:
                yield from self._ask_code_again(refused)

    def _pause(self, error: TransportError) -> Procedure[None]:
        seconds = next(self._waits, None) if error.retryable else None
        if seconds is None:
            raise error
        yield Progress("retry", 1, STEPS, f"{error}; trying again in {seconds:g} s")
        yield Wait(seconds)

    def _ask_code_again(self, refused: ServerRefused) -> Procedure[None]:
        wrong_code = refused.says(ES9P.GET_BOUND_PROFILE_PACKAGE.CONFIRMATION_CODE_REFUSED)
        if not wrong_code or self._code is None or self._metadata is None:
            raise refused
        self._code_attempt += 1
        code: str | None = yield Ask(ConfirmationCodeWanted(self._metadata, self._code_attempt))
        if code is None:
            raise refused
        self._code = code

    def _session(self, isdr: Isdr) -> Procedure[Downloaded]:
        yield Progress("initiate", 2, STEPS, "opening an RSP session")
        opened = yield from open_session(isdr, self._server, smdp_oid=self._smdp_oid, ci_pkid_hex=self._ci_pkid_hex)
        transaction_id = opened.transaction_id
        if self._tls_role is not None:
            role = TlsRole.DS if opened.certificate.is_smds else TlsRole.DP
            yield from judge("role", "TLS certificate", role, self._tls_role)
        yield Progress("authenticate", 3, STEPS, "the card judges the server")
        answer = yield from authenticate_to_card(isdr, opened, self._matching_id)
        if opened.certificate.is_smds:
            raise (yield from self._redirect(transaction_id, answer))
        telling = self._server.authenticate_client(transaction_id, answer.raw)
        if answer.error_code is not None:
            raise (yield from relay_refusal("AuthenticateServer", answer.error_code, telling))
        yield Progress("authenticate", 4, STEPS, "the server judges the card")
        try:
            client = yield from telling
            return (yield from self._authenticated(isdr, transaction_id, client))
        except Cancelled as cancelled:
            yield from cancel(isdr, self._server, transaction_id, cancelled.reason)
            raise cancelled.error from None
        except ProtocolViolation as violation:
            if violation.who == "server":
                yield from cancel(isdr, self._server, transaction_id, CancelSessionReason.undefinedReason)
            raise

    def _redirect(self, transaction_id: bytes, answer: es10.Relayed) -> Procedure[LpaError]:
        telling = self._server.smds_authenticate_client("es9plus", transaction_id, answer.raw)
        if answer.error_code is not None:
            return (yield from relay_refusal("AuthenticateServer", answer.error_code, telling))
        entries = yield from telling
        if not entries:
            return NotPossible(f"no event waits at the SM-DS {self._server.address}")
        return _Redirected(entries[0])

    def _authenticated(
        self, isdr: Isdr, transaction_id: bytes, client: AuthenticateClientResponse
    ) -> Procedure[Downloaded]:
        tid_hex = transaction_id.hex().upper()
        yield from judge("transaction", "AuthenticateClient transactionId", tid_hex, str(client.transactionId))
        with reading("server", "profileMetadata"):
            metadata = ProfileMetadata.read(client.profileMetadata)
        with reading("server", "smdpSigned2"):
            signed = parse(client.smdpSigned2, 0x30)
            signed_id, code_required = signed.child(0x80).value, signed.child(0x01).value != b"\x00"
        yield from judge("transaction", "smdpSigned2.transactionId", tid_hex, signed_id.hex().upper())
        for what, value, tag in (
            ("smdpSignature2", client.smdpSignature2, 0x5F37),
            ("smdpCertificate", client.smdpCertificate, 0x30),
        ):
            with reading("server", what):
                parse(value, tag)
        self._metadata = metadata
        yield Progress("preview", 5, STEPS, metadata.profile_name)
        if self.preview_only:
            raise Cancelled(CancelSessionReason.postponed, _Previewed(metadata))
        if self._agreed != metadata.raw:
            yield from check_and_ask(isdr, metadata)
            self._agreed = metadata.raw
        hash_cc = yield from self._hash_cc(metadata, transaction_id, code_required or self._code_expected)
        yield Progress("prepare", 6, STEPS, "the card prepares the download")
        answer = yield from self._prepare_download(isdr, client, hash_cc)
        if answer.error_code is not None:
            telling = self._server.get_bound_profile_package(transaction_id, answer.raw)
            raise (yield from relay_refusal("PrepareDownload", answer.error_code, telling))
        yield Progress("package", 7, STEPS, "fetching the bound profile package")
        bpp = yield from self._bound_profile_package(transaction_id, answer.raw)
        result = yield from install(isdr, transaction_id, metadata, bpp)
        yield Progress("installed" if result.success else "refused", STEPS, STEPS, metadata.profile_name)
        deliveries = yield from process_after(isdr, result.metadata.seq_number - 1)
        if not result.success:
            raise InstallationFailed(result, deliveries)
        return Downloaded(transaction_id, metadata, result, deliveries)

    def _prepare_download(
        self, isdr: Isdr, client: AuthenticateClientResponse, hash_cc: bytes | None
    ) -> Procedure[es10.Relayed]:
        try:
            return (
                yield from es10.prepare_download(
                    isdr, client.smdpSigned2, client.smdpSignature2, client.smdpCertificate, hash_cc
                )
            )
        except CardRefused as refused:
            raise Cancelled(CancelSessionReason.undefinedReason, refused) from None

    def _hash_cc(self, metadata: ProfileMetadata, transaction_id: bytes, wanted: bool) -> Procedure[bytes | None]:
        if not wanted:
            return None
        if self._code is None:
            code: str | None = yield Ask(ConfirmationCodeWanted(metadata, self._code_attempt))
            if code is None:
                raise Cancelled(CancelSessionReason.endUserRejection, UserDeclined("confirmation code", "reject"))
            self._code = code
        return confirmation_hash(self._code, transaction_id)

    def _bound_profile_package(self, transaction_id: bytes, prepare_download_response: bytes) -> Procedure[bytes]:
        """Ask again in the same session after a network failure; a server that lost it means a new session."""
        repeated = False
        while True:
            try:
                return (yield from self._server.get_bound_profile_package(transaction_id, prepare_download_response))
            except TransportError as error:
                yield from self._pause(error)
                repeated = True
            except ServerRefused as refused:
                if repeated and refused.says(ES9P.GET_BOUND_PROFILE_PACKAGE.UNKNOWN_TRANSACTION_ID):
                    raise _SessionLost from refused
                raise
