"""Broken eUICCs: PrepareDownload and CancelSession."""

from typing import Final

from scenarios.mutants.cards.places import DOWNLOAD, INSTALL, SESSION, SIGNED
from scenarios.mutants.model import Mutant as M

MUTANTS: Final = (
    M(
        "card.prepare.no_session",
        DOWNLOAD,
        "raise _Refusal(DownloadErrorCode.noSessionContext)",
        "raise _Refusal(DownloadErrorCode.undefinedError)",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.transaction",
        DOWNLOAD,
        "same = request.transaction_id.value == authentication.transaction_id.value",
        "same = True",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.signature",
        DOWNLOAD,
        "valid = verify(dp_pb.public_key, request.smdp_signature2.value, covered)",
        "valid = True",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.signature_unbound",
        SIGNED,
        "return smdp_signed2.raw + signature_tlv(euicc_signature1)",
        "return smdp_signed2.raw",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.oid",
        DOWNLOAD,
        "same = (dp_pb.oid, dp_pb.ci_pkid) == (authentication.server.oid, authentication.server.ci_pkid)",
        "same = True",
        "euicc.certificates.dppb",
    ),
    M(
        "card.prepare.any_role",
        DOWNLOAD,
        "(Role.DP_PB,)",
        "(Role.DP_PB, Role.DP_AUTH, Role.DS_AUTH)",
        "euicc.certificates.dppb",
    ),
    M(
        "card.prepare.hash_always",
        DOWNLOAD,
        "hash_cc = request.hash_cc if request.cc_required else None",
        "hash_cc = request.hash_cc",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.hash_never",
        DOWNLOAD,
        "hash_cc = request.hash_cc if request.cc_required else None",
        "hash_cc = None",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.always_new_key",
        DOWNLOAD,
        "            return candidate\n",
        "            pass\n",
        "euicc.es10b.prepare",
    ),
    M("card.prepare.always_old_key", DOWNLOAD, "point_of(candidate) == wanted_otpk and", "", "euicc.es10b.prepare"),
    M("card.prepare.key_not_kept", DOWNLOAD, "    euicc.store.nvm.commit({key: record})\n", "", "euicc.es10b.prepare"),
    M(
        "card.prepare.key_kept_for_ever",
        INSTALL,
        "        changes[one_time_key_key(self._authentication.server.oid)] = None\n",
        "",
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.signature2_unbound",
        DOWNLOAD,
        '.sign("euiccSigned2", signed2, request.smdp_signature2.raw)',
        '.sign("euiccSigned2", signed2)',
        "euicc.es10b.prepare",
    ),
    M(
        "card.prepare.only_once",
        SESSION,
        "    (_PREPARED, SessionEvent.PREPARE_DOWNLOAD): _PREPARED,\n",
        "",
        "euicc.es10b.session",
    ),
    M(
        "card.cancel.any_transaction",
        DOWNLOAD,
        "        or transaction_id.value != authentication.transaction_id.value\n",
        "",
        "euicc.es10b.cancel",
    ),
    M("card.cancel.reason_zero", SIGNED, "tlv(0x82, bytes((reason,)))", "tlv(0x82, b'\\0')", "euicc.es10b.cancel"),
    M(
        "card.cancel.session_goes_on",
        DOWNLOAD,
        "    session.move(SessionEvent.CANCEL_SESSION)\n",
        "",
        "euicc.es10b.cancel",
    ),
    M(
        "card.cancel.not_while_loading",
        SESSION,
        "    (_LOADING, SessionEvent.CANCEL_SESSION): _NONE,\n",
        "",
        "euicc.es10b.cancel",
    ),
    M(
        "card.cancel.error_code",
        DOWNLOAD,
        "bytes((CancelSessionError.invalidTransactionId,))",
        "bytes((CancelSessionError.undefinedError,))",
        "euicc.es10b.cancel",
    ),
    M(
        "card.challenge.keeps_session",
        SESSION,
        "elif self.state in (SessionState.NONE, SessionState.CHALLENGED):",
        "elif self.state in (SessionState.NONE,):",
        "euicc.es10b.session",
    ),
)
