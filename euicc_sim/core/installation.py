"""LoadBoundProfilePackage: a stream of segments becomes an installed profile, or nothing, and a signed result.

Until the result is committed the profile exists in working memory only, so that every failure, reset or power cut
leaves nothing behind; profile, result and notifications become durable in one transaction.
Spec: SGP.22 v2.5 sections 2.5.4, 3.1.3.3, 5.5.1 to 5.5.5 and 5.7.6
"""

from collections.abc import Callable

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
from euicc_sim.core.policy import names_one_operator, pprs_allowed, rules_of
from euicc_sim.core.refusal import Refused
from euicc_sim.core.session import Authentication, Preparation, SessionEvent
from euicc_sim.core.signed import ONE_TIME_KEY, SIGNATURE, signature_tlv, smdp_sign_input
from euicc_sim.core.store import DP_DATA, INFO_ORDER, ISDP_AID, Profile, iccid_text, profile_key
from euicc_sim.profile.interpreter import Installed, InstallFailed, Interpreter
from wire.apdu import isd_p_aid
from wire.errors import DecodeError
from wire.es10 import BppCommandId, ErrorReason, NotificationEvent, ProfileClass, RspCapability
from wire.ids import Iccid
from wire.sw import SW
from wire.tlv import Tlv, parse, tlv

INSTALL_BOUND_PROFILE_PACKAGE = 1
MAX_DP_DATA_OCTETS = 128
PPR_TAG = 0x99


class InstallationFailed(Exception):
    """The installation ends with an errorResult."""

    def __init__(self, reason: ErrorReason, text: str, sima_response: bytes | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.sima_response = sima_response


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
            if not self._reader.complete:
                return b""
            return self._succeed(self._finish())
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
        self._opener = Scp03tOpener(derive_session_keys(shared_secret, host_id, eid))

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
            self._check_metadata(metadata)
            free = self._euicc.store.free_octets - len(self._metadata_octets)
            self._interpreter = Interpreter(self._euicc.capabilities, free)

    def _check_metadata(self, metadata: Metadata) -> None:
        euicc = self._euicc
        profiles = euicc.store.profiles()
        if any(profile.iccid == metadata.iccid for profile in profiles):
            reason = ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc
            raise InstallationFailed(reason, f"{iccid_text(metadata.iccid)} is installed")
        is_test = metadata.profile_class is ProfileClass.test
        if is_test and not euicc.settings.rsp_capability & RspCapability.testProfileSupport:
            raise InstallationFailed(ErrorReason.unsupportedProfileClass, "no test profiles on this card")
        if not rules_of(metadata.pprs):
            return
        owner = metadata.owner
        if owner is None or not names_one_operator(owner):
            raise InstallationFailed(ErrorReason.incorrectInputValues, "policy rules without exactly one owner")
        operational = any(profile.profile_class is ProfileClass.operational for profile in profiles)
        settings = euicc.settings
        allowed = pprs_allowed(metadata.pprs, owner, settings.rules, settings.forbidden_pprs, operational)
        if not euicc.verdict("policy", "profilePolicyRules", allowed, "not allowed on this eUICC"):
            raise InstallationFailed(ErrorReason.pprNotAllowed, "policy rules are not allowed on this eUICC")

    def _replace_session_keys(self, item: BppElement) -> None:
        request = parse(self._open(item, "ReplaceSessionKeys"), 0xBF26)
        values = [octets(request.at(place, tag), KEY_OCTETS) for place, tag in enumerate((0x80, 0x81, 0x82))]
        if self._opener:
            self._opener.replace_keys(SessionKeys(*values))

    def _load_profile_elements(self, item: BppElement) -> None:
        chunk = self._open(item, "LoadProfileElements")
        self._package += chunk
        if self._interpreter:
            self._run(lambda interpreter: interpreter.feed(chunk))

    def _run(self, step: Callable[[Interpreter], Installed | None]) -> Installed | None:
        if self._interpreter is None:
            raise InstallationFailed(ErrorReason.scp03tStructureError, "no metadata")
        try:
            return step(self._interpreter)
        except InstallFailed as failed:
            reason = ErrorReason.installFailedDueToPEProcessingError
            if failed.missing_octets is not None:
                reason = ErrorReason.installFailedDueToInsufficientMemoryForProfile
            raise InstallationFailed(reason, str(failed), failed.response) from failed

    # -- the end -------------------------------------------------------------------------------------------------

    def _finish(self) -> tuple[Metadata, Installed]:
        installed, metadata = self._run(lambda interpreter: interpreter.finish()), self._metadata
        if installed is None or metadata is None:
            raise InstallationFailed(ErrorReason.installFailedDueToUnknownError, "the package did not end")
        mismatch = _mismatch(metadata, installed)
        if not self._euicc.verdict("metadata", "profile package", not mismatch, mismatch):
            raise InstallationFailed(ErrorReason.installFailedDueToDataMismatch, mismatch)
        if metadata.profile_class is ProfileClass.test and not installed.has_test_keys:
            reason = ErrorReason.testProfileInstallFailedDueToInvalidNaaKey
            raise InstallationFailed(reason, "a test profile with keys that are no test keys")
        return metadata, installed

    def _succeed(self, outcome: tuple[Metadata, Installed]) -> bytes:
        metadata, installed = outcome
        euicc, index = self._euicc, self._index
        info = {tag: element.raw for tag, element in metadata.elements.items() if tag in INFO_ORDER}
        info[0x95] = tlv(0x95, bytes((metadata.profile_class,)))
        info[ISDP_AID] = tlv(ISDP_AID, isd_p_aid(index))
        if self._dp_data:
            info[DP_DATA] = self._dp_data.raw
        if not rules_of(metadata.pprs):
            info.pop(PPR_TAG, None)
        profile = Profile(index, info, 0, self._authentication.ci_pkid)
        profile = Profile(index, info, installed.octets + len(profile.encode()), profile.ci_pkid)
        transaction = euicc.transaction()
        changes = transaction.changes
        changes[profile_key(index, "record")] = profile.encode()
        changes[profile_key(index, "package")] = bytes(self._package)
        changes.update({profile_key(index, f"image/{name}"): value for name, value in installed.image.items()})
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

    def _result(self, changes: dict[str, bytes | None], final_result: bytes) -> bytes:
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


def _mismatch(metadata: Metadata, installed: Installed) -> str:
    """Where the package contradicts its metadata, "" if nowhere.

    Spec: SGP.22 v2.5 section 5.5.5 (installFailedDueToDataMismatch)
    """
    if installed.iccid is None or Iccid(installed.iccid).ef != metadata.iccid:
        return f"EF.ICCID is {installed.iccid}, the metadata says {iccid_text(metadata.iccid)}"
    owner = metadata.owner
    if owner is None:
        return ""
    if installed.mcc_mnc != owner.mcc_mnc:
        return "the operator of EF.IMSI is not the profileOwner"
    for name, wanted, found in (("1", owner.gid1, installed.gid1), ("2", owner.gid2, installed.gid2)):
        if wanted is not None and wanted != (found or b"").rstrip(b"\xff") and wanted != found:
            return f"EF.GID{name} is not that of the profileOwner"
    return ""
