"""The bugs of the regression pack (`scenarios.catalogue.regression`), put back into our own products."""

from typing import Final

from scenarios.mutants.model import Mutant as M

_CARD, _LPA, _PROCEDURES = "euicc_sim.core.", "lpa.core.", "lpa.core.procedures."
TRUST = "lpa.http.trust"

MUTANTS: Final = (
    M(
        "regression.card_answers_all",
        _CARD + "es10b",
        "if criteria is None and (request.find(0x80) or request.find(0x81)):",
        "if False:",
        "regression.search_criteria_unwrapped",
    ),
    M(
        "regression.lpa_unwrapped",
        _LPA + "es10",
        "tlv(0xBF2B, tlv(0xA0, tlv(0x80, integer_octets(seq_number))))",
        "tlv(0xBF2B, tlv(0x80, integer_octets(seq_number)))",
        "regression.search_criteria_unwrapped",
    ),
    M(
        "regression.extended_refused",
        _CARD + "card",
        "if command.extended and not self.settings.options.extended_length:",
        "if command.extended:",
        "regression.extended_length",
    ),
    M(
        "regression.no_answer_without_le",
        _CARD + "card",
        '        if not data:\n            return Response(b"", sw)\n',
        '        if not data or (command.data and command.le is None):\n            return Response(b"", sw)\n',
        "regression.case_4_without_le",
    ),
    M(
        "regression.pending_fci_disturbs",
        _CARD + "card",
        '        channel.pending = b""\n        if command.ins != INS_STORE_DATA:\n',
        "        if command.ins == INS_STORE_DATA and channel.pending:\n"
        "            return Response(b'', SW.CONDITIONS_NOT_SATISFIED)\n"
        "        if command.ins != INS_STORE_DATA:\n",
        "regression.case_4_without_le",
    ),
    M(
        "regression.empty_oid_compared",
        _PROCEDURES + "session",
        "    if smdp_oid:\n",
        "    if True:\n",
        "regression.activation_code_empty_oid",
    ),
    M(
        "regression.flag_means_oid",
        _PROCEDURES + "download",
        "            source.smdp_oid,\n            source.confirmation_code_required,\n",
        '            source.smdp_oid or ("1" if source.confirmation_code_required else ""),\n            False,\n',
        "regression.activation_code_empty_oid",
    ),
    M(
        "regression.imei_of_15",
        _LPA + "settings",
        'bytes.fromhex(self.imei.ljust(16, "F"))',
        'bytes.fromhex(self.imei[:15].ljust(16, "F"))',
        "regression.imei_16_digits",
    ),
    M(
        "regression.result_overlooked",
        _PROCEDURES + "install",
        "        if response.data:\n            return response.data\n",
        "",
        "regression.result_in_mid_package",
    ),
    M(
        "regression.anything_taken_after_result",
        _CARD + "isdr",
        "            raise Refused(SW.REFERENCED_DATA_NOT_FOUND)\n",
        '            return b""\n',
        "regression.result_in_mid_package",
    ),
    M(
        "regression.status_word_overlooked",
        _PROCEDURES + "install",
        "        if not is_success(response.sw):\n            refused",
        "        if False:\n            refused",
        "regression.channel_closed",
    ),
    M(
        "regression.channels_stay",
        _CARD + "channels",
        "return number != 0 and self._open.pop(number, None) is not None",
        "return number != 0 and number in self._open",
        "regression.channel_closed",
    ),
    M(
        "regression.order_ends_when_full",
        "smdp.core.notifications",
        "if result.error_reason in TEMPORARY_ERROR_REASONS:",
        "if False:",
        "regression.card_full",
    ),
    M(
        "regression.ppr1_is_any",
        _CARD + "policy",
        "rule.ppr_ids & ppr and any(",
        "rule.ppr_ids and any(",
        "regression.ppr1_forbidden",
    ),
    M(
        "regression.rules_unread",
        _PROCEDURES + "preview",
        "        if not allowed:\n",
        "        if False:\n",
        "regression.ppr1_forbidden",
    ),
    M(
        "regression.key_used_at_once",
        _CARD + "installation",
        "        self._opener = Scp03tOpener(self._noted(derive_session_keys(",
        "        euicc.store.nvm.commit({one_time_key_key(self._authentication.server.oid): None})\n"
        "        self._opener = Scp03tOpener(self._noted(derive_session_keys(",
        "regression.power_cut_same_key",
    ),
    M(
        "regression.iccid_filled_with_0",
        _CARD + "metadata",
        '        raise refuse(element, "not decimal digits")\n    return value\n',
        '        raise refuse(element, "not decimal digits")\n'
        '    filled = digits.ljust(20, "0")\n'
        '    return bytes.fromhex("".join(filled[n + 1] + filled[n] for n in range(0, 20, 2)))\n',
        "regression.iccid",
    ),
    M(
        "regression.class_absent_is_test",
        _LPA + "metadata",
        "profile_class=OPERATIONAL if profile_class is None",
        "profile_class=0 if profile_class is None",
        "regression.profile_class_absent",
    ),
    M(
        "regression.class_absent_is_provisioning",
        _CARD + "metadata",
        "    if element is None:\n        return ProfileClass.operational\n",
        "    if element is None:\n        return ProfileClass.provisioning\n",
        "regression.profile_class_absent",
    ),
    M(
        "regression.busy_is_final",
        _PROCEDURES + "profiles",
        "if refused.code not in (EnableResult.catBusy, EnableResult.undefinedError):",
        "if refused.code != EnableResult.undefinedError:",
        "regression.cat_busy",
    ),
    M(
        "regression.result_counts_twice",
        "smdp.core.notifications",
        "    if session.result:\n        return Outcome(None)\n",
        "",
        "regression.notification_twice",
    ),
    M(
        "regression.p2_of_7_bits",
        _CARD + "isdr",
        "or command.p2 != self._next_block:",
        "or command.p2 != self._next_block & 0x7F:",
        "regression.smallest_blocks",
    ),
    M(
        "regression.first_vendor_only",
        _LPA + "apdu_link",
        "    for aid in settings.isdr_aids:\n",
        "    for aid in settings.isdr_aids[:3]:\n",
        "regression.vendor_aid",
    ),
    M(
        "regression.host_unchecked",
        TRUST,
        "        context.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        "        context.minimum_version = ssl.TLSVersion.TLSv1_2\n        context.check_hostname = False\n",
        "regression.tls_wrong_host",
    ),
    M(
        "regression.time_unchecked",
        TRUST,
        "        context.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        "        context.minimum_version = ssl.TLSVersion.TLSv1_2\n        context.verify_flags |= 0x200000\n",
        "regression.tls_expired",
    ),
    M(
        "regression.nothing_verified",
        TRUST,
        "        context.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        "        context.minimum_version = ssl.TLSVersion.TLSv1_2\n        context.check_hostname = False\n"
        "        context.verify_mode = ssl.CERT_NONE\n",
        "regression.tls_wrong_root",
    ),
    M("regression.lists_unread", TRUST, "        if self.crls:\n", "        if False:\n", "regression.tls_revoked"),
)
