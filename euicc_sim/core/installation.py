"""LoadBoundProfilePackage: a stream of segments becomes an installed profile, or nothing, and a signed result.

Until the result is committed the profile exists in working memory only, so that every failure, reset or power cut
leaves nothing behind; profile, result and notifications become durable in one transaction.
Spec: SGP.22 v2.5 sections 2.5.4, 3.1.3.3, 5.5.1 to 5.5.5 and 5.7.6
"""

from collections.abc import Callable

from euicc_sim.core.admission import InstallationFailed, add_profile, check_metadata, check_package, interpret
from euicc_sim.core.bpp import BppElement, BppReader, BppStructureError
from euicc_sim.core.bsp import (
    KEY_OCTETS,
    KEY_TYPE_AES,
    Scp03tOpener,
    Scp03tSecurityError,
    Scp03tStructureError,
    SessionKeys,
    derive_session_keys,
)
from euicc_sim.core.download import one_time_key_key
from euicc_sim.core.ecc import agree, verify
from euicc_sim.core.elements import integer, octets
from euicc_sim.core.euicc import Euicc
from euicc_sim.core.metadata import Metadata, parse_metadata
from euicc_sim.core.notifications import notification_metadata
from euicc_sim.core.refusal import Refused
from euicc_sim.core.session import Authentication, Preparation, SessionEvent
from euicc_sim.core.signed import ONE_TIME_KEY, SIGNATURE, signature_tlv, smdp_sign_input
from euicc_sim.core.store import DP_DATA, ISDP_AID, Changes
from euicc_sim.profile.interpreter import Interpreter
from wire.errors import DecodeError
from wire.es10 import BppCommandId, ErrorReason, NotificationEvent
from wire.sw import SW
from wire.tlv import Tlv, parse, tlv

INSTALL_BOUND_PROFILE_PACKAGE = 1
MAX_DP_DATA_OCTETS = 128


class Installation:
    """One LoadBoundProfilePackage, from BF36 to its ProfileInstallationResult."""

    def __init__(self, euicc: Euicc) -> None:
        authentication, preparation = euicc.session.authentication, euicc.session.preparation
        if (
            authentication is None
            or preparation is None
            or not euicc.session.allows(SessionEvent.INITIALISE_SECURE_CHANNEL)
        ):
            raise Refused(SW.CONDITIONS_NOT_SATISFIED)
        euicc.session.move(SessionEvent.INITIALISE_SECURE_CHANNEL)
        self._euicc = euicc
        self._authentication: Authentication = authentication
        self._preparation: Preparation = preparation
        self._reader = BppReader()
        self._opener: Scp03tOpener | None = None
        self._index = euicc.store.free_index()
        self._dp_data: Tlv | None = None
        self._metadata_octets = bytearray()
        self._metadata: Metadata | None = None
        self._interpreter: Interpreter | None = None
        self._package = bytearray()
        self._handlers: dict[BppCommandId, Callable[[BppElement], None]] = {
            BppCommandId.initialiseSecureChannel: self._initialise_secure_channel,
            BppCommandId.configureISDP: self._configure_isdp,
            BppCommandId.storeMetadata: self._store_metadata,
            BppCommandId.replaceSessionKeys: self._replace_session_keys,
            BppCommandId.loadProfileElements: self._load_profile_elements,
        }

    def feed(self, segment: bytes) -> bytes:
        """Take a segment: b"" while more is expected, else the ProfileInstallationResult (the session is over)."""
        command = self._reader.command
        try:
            for item in self._reader.feed(segment):
                command = item.command
                self._handlers[command](item)
            return self._finish() if self._reader.complete else b""
        except BppStructureError as error:
            is_first = error.command is BppCommandId.initialiseSecureChannel
            reason = ErrorReason.incorrectInputValues if is_first else ErrorReason.scp03tStructureError
            return self._fail(error.command, InstallationFailed(reason, error.rule))
        except InstallationFailed as failed:
            return self._fail(command, failed)
        except DecodeError as error:
            return self._fail(command, InstallationFailed(ErrorReason.incorrectInputValues, str(error)))

    # -- ES8+ commands -------------------------------------------------------------------------------------------

    def _initialise_secure_channel(self, item: BppElement) -> None:
        request, euicc = item.element, self._euicc
        if integer(request.at(0, 0x82)) != INSTALL_BOUND_PROFILE_PACKAGE:
            raise InstallationFailed(ErrorReason.unsupportedRemoteOperationType, "not installBoundProfilePackage")
        same = request.at(1, 0x80).value == self._authentication.transaction_id.value
        if not euicc.verdict("transaction", "InitialiseSecureChannel", same, "another transactionId"):
            raise InstallationFailed(ErrorReason.invalidTransactionId, "another transactionId than the session's")
        host_id = self._host_id(request.at(2, 0xA6))
        smdp_otpk, smdp_sign = request.at(3, ONE_TIME_KEY).value, request.at(4, SIGNATURE).value
        covered = smdp_sign_input(request, self._preparation.otpk_euicc)
        valid = verify(self._preparation.dp_pb.public_key, smdp_sign, covered)
        if not euicc.verdict("signature", "smdpSign", valid, "does not verify with CERT.DPpb.ECDSA"):
            raise InstallationFailed(ErrorReason.invalidSignature, "smdpSign does not verify")
        try:
            shared_secret = agree(self._preparation.otsk_euicc, smdp_otpk)
        except ValueError as error:
            raise InstallationFailed(ErrorReason.incorrectInputValues, f"smdpOtpk: {error}") from error
        eid = euicc.settings.eid.to_bytes()
        self._opener = Scp03tOpener(self._noted(derive_session_keys(shared_secret, host_id, eid), "session keys"))

    @staticmethod
    def _host_id(control_reference_template: Tlv) -> bytes:
        key_type = control_reference_template.at(0, 0x80).value
        key_length = control_reference_template.at(1, 0x81).value
        if (key_type, key_length) != (bytes((KEY_TYPE_AES,)), bytes((KEY_OCTETS,))):
            raise InstallationFailed(ErrorReason.unsupportedCrtValues, "not AES with 16 octets")
        return octets(control_reference_template.at(2, 0x84), 1, 16)

    def _open(self, item: BppElement, what: str) -> bytes:
        opener = self._opener
        if opener is None:
            raise InstallationFailed(ErrorReason.scp03tStructureError, "no secure channel")
        try:
            plaintext = opener.open(item.element)
        except Scp03tSecurityError as error:
            self._euicc.verdict("mac", what, False, str(error))
            raise InstallationFailed(ErrorReason.scp03tSecurityError, str(error)) from error
        except Scp03tStructureError as error:
            self._euicc.verdict("mac", what, False, str(error))
            raise InstallationFailed(ErrorReason.scp03tStructureError, str(error)) from error
        self._euicc.verdict("mac", what, True)
        return plaintext

    def _configure_isdp(self, item: BppElement) -> None:
        request = parse(self._open(item, "ConfigureISDP"), 0xBF24)
        self._dp_data = request.find(DP_DATA)
        if self._dp_data is None:
            return
        if len(self._dp_data.raw) > MAX_DP_DATA_OCTETS:
            raise InstallationFailed(ErrorReason.incorrectInputValues, "dpProprietaryData is too long")
        dp_oid = self._dp_data.at(0, 0x80).value
        if not dp_oid.startswith(self._authentication.server.oid):
            raise InstallationFailed(ErrorReason.incorrectInputValues, "dpOid is not in the tree of the SM-DP+")

    def _store_metadata(self, item: BppElement) -> None:
        self._metadata_octets += self._open(item, "StoreMetadata")
        if len(self._metadata_octets) > self._euicc.store.free_octets:
            raise InstallationFailed(ErrorReason.installFailedDueToInsufficientMemoryForProfile, "metadata")
        if item.ends_section:
            metadata = parse_metadata(bytes(self._metadata_octets))
            self._metadata = metadata
            try:
                check_metadata(self._euicc.store, metadata)
            except InstallationFailed as failed:
                self._euicc.verdict("metadata", "StoreMetadata", False, failed.text)
                raise
            self._euicc.verdict("metadata", "StoreMetadata", True)
            free = self._euicc.store.free_octets - len(self._metadata_octets)
            self._interpreter = Interpreter(self._euicc.capabilities, free)

    def _replace_session_keys(self, item: BppElement) -> None:
        request = parse(self._open(item, "ReplaceSessionKeys"), 0xBF26)
        values = [octets(request.at(place, tag), KEY_OCTETS) for place, tag in enumerate((0x80, 0x81, 0x82))]
        if self._opener:
            self._opener.replace_keys(self._noted(SessionKeys(*values), "profile protection keys"))

    def _noted(self, keys: SessionKeys, what: str) -> SessionKeys:
        """Keys, told to the trace, whose writer keeps them to itself unless it is asked for them by name."""
        fields = {"initial_mcv": keys.initial_mcv, "s_enc": keys.s_enc, "s_mac": keys.s_mac}
        self._euicc.trace.record("keys", self._euicc.session.id, what=what, **fields)
        return keys

    def _load_profile_elements(self, item: BppElement) -> None:
        chunk, interpreter = self._open(item, "LoadProfileElements"), self._interpreter
        self._package += chunk
        if interpreter is None:
            raise InstallationFailed(ErrorReason.scp03tStructureError, "no metadata")
        interpret(lambda: interpreter.feed(chunk))

    # -- the end -------------------------------------------------------------------------------------------------

    def _finish(self) -> bytes:
        """Everything has come: execute the end of the package, compare, make it all durable at once."""
        euicc, metadata, interpreter = self._euicc, self._metadata, self._interpreter
        if metadata is None or interpreter is None:
            raise InstallationFailed(ErrorReason.scp03tStructureError, "no metadata")
        installed = interpret(interpreter.finish)
        euicc.trace.record("package", euicc.session.id, upp=bytes(self._package))
        try:
            check_package(metadata, installed)
        except InstallationFailed as failed:
            euicc.verdict("metadata", "profile package", False, failed.text)
            raise
        euicc.verdict("metadata", "profile package", True)
        transaction = euicc.transaction()
        changes = transaction.changes
        profile = add_profile(
            changes,
            self._index,
            metadata,
            installed,
            bytes(self._package),
            ci_pkid=self._authentication.ci_pkid,
            dp_data=self._dp_data.raw if self._dp_data else b"",
        )
        changes[one_time_key_key(self._authentication.server.oid)] = None
        success = tlv(0xA0, tlv(ISDP_AID, profile.aid), tlv(0x04, installed.response))
        result = self._result(changes, success)
        euicc.notifications.notify(changes, NotificationEvent.notificationInstall, profile)
        transaction.state("profile", profile.iccid_text, "absent", "disabled", "installed")
        transaction.commit()
        euicc.session.move(SessionEvent.PROFILE_INSTALLATION_RESULT)
        return result

    def _fail(self, command: BppCommandId, failed: InstallationFailed) -> bytes:
        message = f"{command.name}: {failed.reason.name}: {failed.text}"
        self._euicc.trace.record("note", self._euicc.session.id, message=message)
        response = tlv(0x82, failed.sima_response) if failed.sima_response is not None else b""
        error = tlv(0xA1, tlv(0x80, bytes((command,))), tlv(0x81, bytes((failed.reason,))), response)
        transaction = self._euicc.transaction()
        result = self._result(transaction.changes, error)
        transaction.commit()
        self._euicc.session.move(SessionEvent.PROFILE_INSTALLATION_RESULT)
        return result

    def interrupt(self) -> None:
        """The load is given up by something else than the package; the result says so and waits in the list."""
        reason = ErrorReason.installFailedDueToInterruption
        self._fail(self._reader.command, InstallationFailed(reason, "interrupted"))

    def _result(self, changes: Changes, final_result: bytes) -> bytes:
        """The ProfileInstallationResult, signed and put on the notification list of `changes`."""
        euicc, authentication = self._euicc, self._authentication
        seq_number = euicc.notifications.next_number(changes)
        data = tlv(
            0xBF27,
            authentication.transaction_id.raw,
            notification_metadata(
                seq_number,
                NotificationEvent.notificationInstall,
                authentication.server_address,
                self._metadata.iccid if self._metadata else None,
            ),
            tlv(0x06, authentication.server.oid),
            tlv(0xA2, final_result),
        )
        signed = euicc.signer(authentication.ci_pkid).sign("profileInstallationResultData", data)
        result = tlv(0xBF37, signed.data, signature_tlv(signed.signature))
        euicc.notifications.add(changes, seq_number, authentication.ci_pkid, result)
        return result
