"""Broken LPAs."""

from typing import Final

from scenarios.mutants.model import Mutant as M

_CORE, _PROCEDURES = "lpa.core.", "lpa.core.procedures."
SESSION, DOWNLOAD, INSTALL = _PROCEDURES + "session", _PROCEDURES + "download", _PROCEDURES + "install"
PREVIEW, PROFILES, NOTIFY = _PROCEDURES + "preview", _PROCEDURES + "profiles", _PROCEDURES + "notifications"
ES9, ES10, BPP, POLICY = _CORE + "es9", _CORE + "es10", _CORE + "bpp", _CORE + "policy"
DISCOVERY, LINK, TRUST = _PROCEDURES + "discovery", _CORE + "apdu_link", "lpa.http.trust"
TLS = _CORE + "tls_certificate"

MUTANTS: Final = (
    M(
        "lpa.judges_nothing",
        SESSION,
        "    if not same:\n        raise",
        "    if False:\n        raise",
        "lpa.server,lpa.download",
    ),
    M("lpa.oid_unchecked", SESSION, "    if smdp_oid:\n", "    if False:\n", "lpa.rows"),
    M("lpa.address_unchecked", SESSION, "server.host, host_of(address))", "server.host, server.host)", "lpa.download"),
    M(
        "lpa.transaction_unchecked",
        SESSION,
        "str(response.transactionId), transaction_id.hex().upper()",
        '"", ""',
        "lpa.server",
    ),
    M(
        "lpa.no_cancel",
        DOWNLOAD,
        "            yield from cancel(isdr, self._server, transaction_id, cancelled.reason)\n",
        "",
        "lpa.download",
    ),
    M(
        "lpa.cancel_reason",
        SESSION,
        "es10.cancel_session(isdr, transaction_id, reason)",
        "es10.cancel_session(isdr, transaction_id, CancelSessionReason.undefinedReason)",
        "lpa.download",
    ),
    M(
        "lpa.cancel_not_told",
        SESSION,
        "        yield from server.cancel_session(transaction_id, response)\n",
        "",
        "lpa.download",
    ),
    M(
        "lpa.reject_is_postpone",
        PREVIEW,
        "Decision.REJECT: CancelSessionReason.endUserRejection",
        "Decision.REJECT: CancelSessionReason.postponed",
        "lpa.download",
    ),
    M(
        "lpa.postpone_is_reject",
        PREVIEW,
        "Decision.POSTPONE: CancelSessionReason.postponed",
        "Decision.POSTPONE: CancelSessionReason.endUserRejection",
        "lpa.rows",
    ),
    M(
        "lpa.timeout_is_reject",
        PREVIEW,
        "Decision.TIMEOUT: CancelSessionReason.timeout",
        "Decision.TIMEOUT: CancelSessionReason.endUserRejection",
        "lpa.rows",
    ),
    M("lpa.never_asks", PREVIEW, "if decision is not Decision.ACCEPT:", "if False:", "lpa.download"),
    M(
        "lpa.installed_already",
        PREVIEW,
        "if any(profile.iccid == metadata.iccid for profile in installed):",
        "if False:",
        "lpa.rows",
    ),
    M(
        "lpa.test_mode",
        PREVIEW,
        "if metadata.profile_class == ProfileClass.test and not isdr.settings.test_mode:",
        "if False:",
        "lpa.rows",
    ),
    M("lpa.rules_unchecked", PREVIEW, "        if not allowed:\n", "        if False:\n", "lpa.rows"),
    M(
        "lpa.rules_reason",
        PREVIEW,
        "raise Cancelled(CancelSessionReason.pprNotAllowed, error)",
        "raise Cancelled(CancelSessionReason.endUserRejection, error)",
        "lpa.rows",
    ),
    M("lpa.metadata_unchecked", INSTALL, "    if not same:\n", "    if False:\n", "lpa.server"),
    M(
        "lpa.metadata_reason",
        INSTALL,
        "raise Cancelled(CancelSessionReason.metadataMismatch, mismatch)",
        "raise Cancelled(CancelSessionReason.undefinedReason, mismatch)",
        "lpa.server",
    ),
    M(
        "lpa.hash_once",
        INSTALL,
        "sha256(sha256(code.encode()).digest() + transaction_id)",
        "sha256(code.encode() + transaction_id)",
        "lpa.rows",
    ),
    M("lpa.hash_without_transaction", INSTALL, ".digest() + transaction_id)", ".digest())", "lpa.rows"),
    M(
        "lpa.code_never",
        DOWNLOAD,
        "        if not wanted:\n            return None\n        if self._code",
        "        if True:\n            return None\n        if self._code",
        "lpa.rows",
    ),
    M(
        "lpa.code_once",
        DOWNLOAD,
        "if not wrong_code or self._code is None or self._metadata is None:",
        "if True:",
        "e2e.confirmation_code",
    ),
    M(
        "lpa.segments_merged",
        BPP,
        "        package_header + initialise.raw,\n        configure.raw,\n",
        "        package_header + initialise.raw + configure.raw + b'x',\n",
        "lpa.download",
    ),
    M("lpa.no_keys_segment", BPP, "        *([replaced.raw] if replaced else []),\n", "", "lpa.download"),
    M(
        "lpa.result_not_delivered",
        DOWNLOAD,
        "deliveries = yield from process_after(isdr, result.metadata.seq_number - 1)",
        "deliveries = ()",
        "lpa.download",
    ),
    M("lpa.notification_kept", NOTIFY, "        if remove:\n", "        if False:\n", "e2e,lpa"),
    M(
        "lpa.notification_lost",
        NOTIFY,
        "        yield from Server(isdr.settings, pending.metadata.address).handle_notification(pending.raw)\n",
        (
            "        try:\n"
            "            yield from Server(isdr.settings, pending.metadata.address).handle_notification(pending.raw)\n"
            "        except LpaError:\n"
            "            pass\n"
        ),
        "lpa.retry",
    ),
    M("lpa.status_ignored", ES9, "if reply.status not in (200, 204):", "if False:", "lpa.server"),
    M("lpa.user_agent", ES9, '"User-Agent": "gsma-rsp-lpad"', '"User-Agent": "curl"', "lpa.rows"),
    M(
        "lpa.protocol_header",
        ES9,
        '            "X-Admin-Protocol": f"gsma/rsp/v{settings.protocol}",\n',
        "",
        "lpa.rows",
    ),
    M("lpa.no_matching_id", ES10, 'tlv(0x80, matching_id.encode()) if matching_id else b""', 'b""', "lpa.download"),
    M(
        "lpa.no_reset_after_switch",
        PROFILES,
        "        yield from function(isdr, profile, final)\n    yield from reopen_after_reset(isdr)\n",
        "        yield from function(isdr, profile, final)\n",
        "e2e",
    ),
    M(
        "lpa.busy_gives_up",
        PROFILES,
        "if refused.code not in (EnableResult.catBusy, EnableResult.undefinedError):",
        "if True:",
        "lpa.rows",
    ),
    M(
        "lpa.deletes_unasked",
        PROFILES,
        "    if decision is not Decision.ACCEPT:\n        raise UserDeclined(operation",
        "    if False:\n        raise UserDeclined(operation",
        "lpa.rows",
    ),
    M("lpa.delete_enabled", PROFILES, "        if enabled:\n", "        if False:\n", "lpa.rows"),
    M("lpa.smds_path_only", DISCOVERY, "if error.status != HTTP_NOT_FOUND:", "if True:", "lpa.rows"),
    M("lpa.no_get_response", LINK, "while response.sw1 == 0x61:", "while False:", "lpa.download"),
    M(
        "lpa.first_aid_only",
        LINK,
        "    for aid in settings.isdr_aids:\n",
        "    for aid in settings.isdr_aids[:1]:\n",
        "lpa.rows",
    ),
    M(
        "lpa.tls_1_1",
        TRUST,
        "context.minimum_version = ssl.TLSVersion.TLSv1_2",
        "context.check_hostname = False",
        "tls",
    ),
    M("lpa.tls_role_unjudged", TRUST, "            if has_roles:\n", "            if False:\n", "tls"),
    M("lpa.tls_any_policy", TLS, "        if policies & oids:\n", "        if True:\n", "tls"),
    M(
        "lpa.tls_no_policy",
        TLS,
        'b"\\x30\\x00"), 0x30)\n    policies',
        'b"\\x30\\x0b\\x30\\x09\\x06\\x07\\x67\\x81\\x12\\x01\\x02\\x01\\x03"), 0x30)\n    policies',
        "tls",
    ),
    M(
        "lpa.tls_key_usage_absent",
        TLS,
        'if KEY_USAGE in found else b""',
        'if KEY_USAGE in found else b"\\x07\\x80"',
        "tls",
    ),
    M("lpa.tls_purposes", TLS, "    if missing:\n", "    if False:\n", "tls"),
    M("lpa.tls_any_curve", TLS, " or not set(identifiers[1:]) & _CURVES.keys()", "", "tls"),
    M("lpa.tls_smds_as_smdp", DISCOVERY, "peer.role is TlsRole.DP:", "False:", "tls"),
    M("lpa.tls_smdp_as_smds", DOWNLOAD, "        if self._tls_role is not None:\n", "        if False:\n", "tls"),
)
