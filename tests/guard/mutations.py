"""Mistakes made alike at both ends: the closed loop stays green, so something from outside must turn red."""

from typing import Final

SERVER, CARD = "smdp.core.bsp", "euicc_sim.core.bsp"

# name -> [(module, text, replacement)]; every text stands in its module exactly once
MUTATIONS: Final[dict[str, list[tuple[str, str, str]]]] = {
    "kdf_input_order": [
        (
            SERVER,
            "shared_secret + bytes((0, 0, 0, n)) + shared_info",
            "shared_info + bytes((0, 0, 0, n)) + shared_secret",
        ),
        (
            CARD,
            'shared_secret + counter.to_bytes(4, "big") + shared_info',
            'shared_info + counter.to_bytes(4, "big") + shared_secret',
        ),
    ],
    "kdf_host_id_without_length": [
        (SERVER, "bytes((KEY_TYPE_AES, KEY_OCTETS, len(host_id)))", "bytes((KEY_TYPE_AES, KEY_OCTETS))"),
        (CARD, "bytes((KEY_TYPE_AES, KEY_OCTETS, len(host_id)))", "bytes((KEY_TYPE_AES, KEY_OCTETS))"),
    ],
    "key_order": [
        (
            SERVER,
            "SessionKeys(key_data[:16], key_data[16:32], key_data[32:48])",
            "SessionKeys(key_data[:16], key_data[32:48], key_data[16:32])",
        ),
        (
            CARD,
            "SessionKeys(material[0:16], material[16:32], material[32:48])",
            "SessionKeys(material[0:16], material[32:48], material[16:32])",
        ),
    ],
    "mac_length": [(SERVER, "MAC_OCTETS = 8", "MAC_OCTETS = 4"), (CARD, "MAC_OCTETS = 8", "MAC_OCTETS = 4")],
    "counter_start": [
        (SERVER, "self._counter = 1", "self._counter = 0"),
        (CARD, "self._counter = 1", "self._counter = 0"),
    ],
    "signature_2_without_its_header": [
        ("smdp.core.authentication", "        response.signature_tlv,\n", "        response.signature,\n"),
        (
            "euicc_sim.core.signed",
            "smdp_signed2.raw + signature_tlv(euicc_signature1)",
            "smdp_signed2.raw + euicc_signature1",
        ),
    ],
    "smdp_sign_without_the_card_s_key": [
        ("smdp.core.download", "        tlv(0x5F49, binding.otpk_euicc),\n", ""),
        ("euicc_sim.core.signed", "return elements + tlv(ONE_TIME_KEY, euicc_otpk)", "return elements"),
    ],
}
# The LPA strips the MACs of the 88 TLVs itself: it is a third opinion on their length.
SEEN_BY_THE_LPA: Final = frozenset({"mac_length"})
