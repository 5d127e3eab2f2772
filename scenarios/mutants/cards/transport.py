"""Broken eUICCs: APDUs, channels, selection, STORE DATA, the answer to reset."""

from typing import Final

from scenarios.mutants.cards.places import ATR, CARD, CHANNELS, ISDR
from scenarios.mutants.model import Mutant as M

MUTANTS: Final = (
    M("card.class.secure_messaging", CARD, "return SW.SECURE_MESSAGING_NOT_SUPPORTED", "return None", "euicc.class"),
    M("card.class.chaining", CARD, "if cla & 0x10:", "if False:", "euicc.class"),
    M("card.class.ff", CARD, "if cla == 0xFF or (not is_further and cla & 0x20):", "if False:", "euicc.class"),
    M(
        "card.class.closed_channel",
        CARD,
        (
            "        if channel is None:\n"
            '            return Response(b"", SW.CHANNEL_NOT_SUPPORTED)\n'
            "        if command.ins == INS_GET_RESPONSE"
        ),
        "        channel = channel or self._channels.all()[0]\n        if command.ins == INS_GET_RESPONSE",
        "euicc.class",
    ),
    M(
        "card.class.store_data_0x",
        CARD,
        (
            "        if command.base_class != 0x80:\n"
            '            return Response(b"", SW.CLASS_NOT_SUPPORTED)\n'
            "        return self._isd_r"
        ),
        "        return self._isd_r",
        "euicc.class",
    ),
    M(
        "card.extended_length_always",
        CARD,
        "if command.extended and not self.settings.options.extended_length:",
        "if False:",
        "euicc.length",
    ),
    M(
        "card.extended_length_never",
        CARD,
        "if command.extended and not self.settings.options.extended_length:",
        "if command.extended:",
        "euicc.length",
    ),
    M(
        "card.response.kept",
        CARD,
        '        channel.pending = b""\n        if command.ins',
        "        if command.ins",
        "euicc.get_response",
    ),
    M(
        "card.response.no_length",
        CARD,
        'return Response(b"", 0x6C00 | available & 0xFF)',
        'return Response(b"", SW.WRONG_LENGTH)',
        "euicc.get_response",
    ),
    M(
        "card.response.nothing_is_fine",
        CARD,
        'if not channel.pending:\n            return Response(b"", SW.CONDITIONS_NOT_SATISFIED)',
        'if not channel.pending:\n            return Response(b"", SW.OK)',
        "euicc.get_response",
    ),
    M(
        "card.response.forgets_the_rest",
        CARD,
        "data, channel.pending = channel.pending[:size], channel.pending[size:]",
        'data, channel.pending = channel.pending[:size], b""',
        "euicc.get_response",
    ),
    M(
        "card.chain_survives_instruction",
        CARD,
        "if command.ins != INS_STORE_DATA:\n            channel.blocks.drop()",
        "if False:\n            pass",
        "euicc.store_data",
    ),
    M(
        "card.channel.terminal_chooses",
        CARD,
        "if command.p1 == 0x00 and command.p2 == 0x00:",
        "if command.p1 == 0x00:",
        "euicc.channels",
    ),
    M(
        "card.channel.close_basic",
        CHANNELS,
        "return number != 0 and self._open.pop(number, None) is not None",
        "return True",
        "euicc.channels",
    ),
    M(
        "card.channel.close_any_p2",
        CARD,
        "if command.p1 == 0x80 and 1 <= command.p2 <= 19:",
        "if command.p1 == 0x80 or command.p1 == 0x40:",
        "euicc.channels",
    ),
    M(
        "card.channel.highest_free",
        CHANNELS,
        "for number in range(1, most):",
        "for number in reversed(range(1, most)):",
        "euicc.channels",
    ),
    M(
        "card.channel.no_capability_needed",
        CHANNELS,
        "most = self._most if many else min(self._most, 4)",
        "most = self._most",
        "euicc.channels",
    ),
    M(
        "card.channel.never_more_than_four",
        CHANNELS,
        "most = self._most if many else min(self._most, 4)",
        "most = 4",
        "euicc.channels",
    ),
    M(
        "card.channel.not_inherited",
        CARD,
        "        if channel.number:\n            opened.application = channel.application\n",
        "",
        "euicc.channels",
    ),
    M(
        "card.channel.open_from_basic_selected",
        CARD,
        "        if channel.number:\n            opened.application = channel.application\n",
        "        opened.application = Application.ISD_R\n",
        "euicc.channels,euicc.selection",
    ),
    M(
        "card.channel.one_more",
        CHANNELS,
        "most = self._most if many else min(self._most, 4)",
        "most = 1 + (self._most if many else min(self._most, 4))",
        "euicc.channels",
    ),
    M(
        "card.reset.keeps_channels",
        CARD,
        "        self._channels.reset()\n\n    def _awake",
        "        pass\n\n    def _awake",
        "euicc.selection,euicc.channels",
    ),
    M(
        "card.reset.keeps_session",
        CARD,
        (
            "        self._euicc.session.move(SessionEvent.END)\n"
            "        self._isd_r.reset()\n"
            "        self._channels.reset()"
        ),
        "        self._isd_r.reset()\n        self._channels.reset()",
        "euicc.es10b.session",
    ),
    M(
        "card.select.short_aid",
        CARD,
        "len(aid) >= MIN_AID_OCTETS and self.settings.options.isd_r_aid.startswith(aid)",
        "aid == self.settings.options.isd_r_aid",
        "euicc.selection",
    ),
    M(
        "card.select.fci_always",
        CARD,
        'Response(b"" if answer == 0x0C else self._isd_r.fci(), SW.OK)',
        "Response(self._isd_r.fci(), SW.OK)",
        "euicc.selection",
    ),
    M("card.select.next", CARD, "if occurrence in (0x02, 0x03):", "if False:", "euicc.selection"),
    M(
        "card.select.no_svn",
        ISDR,
        "template = tlv(0xE0, tlv(0x82, self._euicc.settings.svn))",
        'template = b""',
        "euicc.selection",
    ),
    M(
        "card.select.not_needed",
        CARD,
        "if channel.application is not Application.ISD_R:",
        "if False:",
        "euicc.selection",
    ),
    M(
        "card.terminal_capability.anything",
        CARD,
        "capabilities = parse(command.data, TERMINAL_CAPABILITY_TEMPLATE)",
        "capabilities = parse(command.data)",
        "euicc.store_data",
    ),
    M("card.store_data.any_order", ISDR, "or command.p2 != self._next_block", "", "euicc.store_data"),
    M(
        "card.store_data.any_p1",
        ISDR,
        "command.p1 not in (STORE_DATA_MORE, STORE_DATA_LAST) or ",
        "",
        "euicc.store_data",
    ),
    M(
        "card.store_data.no_restart",
        ISDR,
        "        if command.p2 == 0:\n            self.drop()\n",
        "",
        "euicc.store_data",
    ),
    M(
        "card.store_data.unknown_tag_ok",
        ISDR,
        "            raise Refused(SW.REFERENCED_DATA_NOT_FOUND)\n        request",
        '            return b""\n        request',
        "euicc.store_data",
    ),
    M(
        "card.atr.no_euicc",
        ATR,
        'bytes.fromhex("3FC782")',
        'bytes.fromhex("3FC780")',
        "euicc.atr",
    ),
    M(
        "card.atr.protocol",
        ATR,
        'bytes.fromhex("3FC782")',
        'bytes.fromhex("3EC782")',
        "euicc.atr",
    ),
)
