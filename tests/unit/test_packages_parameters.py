"""Profile parameters: each unusable value is named, explained and given a remedy."""

from pathlib import Path
from typing import Any

import pytest

from smdp.profiles import Algorithm, ParameterError, ProfileParameters, Suci, SuciKey, SuciScheme, from_table
from wire.es10 import NotificationEvent, PprIds, ProfileClass
from wire.ids import Iccid

GOOD: dict[str, Any] = {
    "iccid": Iccid("89000123456789012341"),
    "imsi": "001010123456789",
    "k": bytes(range(16)),
    "opc": bytes(16),
}
TABLE: dict[str, Any] = {
    "iccid": "89000123456789012341",
    "imsi": "001010123456789",
    "k": "000102030405060708090A0B0C0D0E0F",
    "opc": "00" * 16,
}


def test_four_values_are_enough() -> None:
    parameters = ProfileParameters(**GOOD)
    assert (parameters.mcc, parameters.mnc, parameters.home_plmns) == ("001", "01", ("00101",))
    assert parameters.access_class == bytes.fromhex("0200")


@pytest.mark.parametrize(
    ("imsi", "mnc_length", "mnc"),
    [("310410123456789", None, "410"), ("310410123456789", 2, "41"), ("262011234567890", 3, "011")],
)
def test_mnc_length_follows_the_country_unless_given(imsi: str, mnc_length: int | None, mnc: str) -> None:
    assert ProfileParameters(**{**GOOD, "imsi": imsi, "mnc_length": mnc_length}).mnc == mnc


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"imsi": "00101012345678X"}, "imsi", "not all decimal digits"),
        ({"imsi": "0010101234567890"}, "imsi", "16 digits; give 6 to 15"),
        ({"imsi": "٠٠١٠١٠١٢٣٤٥٦٧٨٩"}, "imsi", "write digits only"),
        ({"mnc_length": 4}, "mnc_length", "2 or 3"),
        ({"k": bytes(15)}, "k", "15 octets; give 16"),
        ({"k": bytes(32)}, "k", "32 octets; give 16"),
        ({"opc": bytes(8)}, "opc", "8 octets"),
        ({"opc": None}, "opc", "missing; give opc or op"),
        ({"op": bytes(16)}, "op", "beside opc"),
        ({"topc": bytes(32)}, "topc", "milenage has no such value"),
        ({"algorithm": Algorithm.TUAK, "opc": None}, "topc", "give topc or top, 32 octets"),
        ({"algorithm": Algorithm.XOR}, "opc", "leave it out"),
        ({"keccak_iterations": 0}, "keccak_iterations", "1 to 255"),
        ({"pin1": "123"}, "pin1", "give 4 to 8 digits"),
        ({"puk1": "1234567"}, "puk1", "give 8 digits"),
        ({"adm1": "12 45"}, "adm1", "write digits only"),
        ({"spn": "seventeen letters"}, "spn", "shorten it to 16"),
        ({"spn": "八八八八八八八八"}, "spn", "shorten it to 7"),
        ({"gid1": b""}, "gid1", "give 1 to 8 octets"),
        ({"acc": b"\x00"}, "acc", "give 2 octets"),
        ({"msisdn": "+49 1"}, "msisdn", "write digits only"),
        ({"hplmns": ("0010",)}, "hplmns", "4 digits"),
        ({"emergency_numbers": ()}, "emergency_numbers", "112"),
        ({"emergency_numbers": ("1234567",)}, "emergency_numbers", "7 digits"),
        ({"usim_aid": bytes(4)}, "usim_aid", "4 octets"),
        ({"impi": "a@b"}, "impi", "isim = true"),
        ({"isim": True, "impus": ("s" * 128,)}, "impus", "127 octets"),
        ({"profile_type": ""}, "profile_type", "1 to 100"),
        ({"service_provider_name": "ä" * 17}, "service_provider_name", "34 octets in UTF-8"),
        ({"profile_name": "n" * 65}, "profile_name", "shorten it to 64"),
        ({"icon": b"GIF89a"}, "icon", "neither JPEG nor PNG"),
        ({"ota_keys": (bytes(16), bytes(16), bytes(8))}, "ota_keys", "8 octets"),
    ],
)
def test_an_unusable_value_is_refused_by_name(change: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said) as refused:
        ProfileParameters(**{**GOOD, **change})
    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("scheme", "octets"), [(SuciScheme.profile_a, 33), (SuciScheme.profile_b, 32), (SuciScheme.null, 0)]
)
def test_a_suci_key_has_the_length_of_its_scheme(scheme: SuciScheme, octets: int) -> None:
    with pytest.raises(ParameterError):
        SuciKey(scheme, 1, bytes(octets))


def test_a_routing_indicator_has_up_to_four_digits() -> None:
    with pytest.raises(ParameterError, match="1 to 4"):
        Suci(routing_indicator="12345")
    with pytest.raises(ParameterError, match="1 to 4"):
        Suci(routing_indicator="")


def test_table_gives_every_kind_of_value(tmp_path: Path) -> None:
    parameters = from_table(
        {
            **TABLE,
            "algorithm": "milenage",
            "isim": True,
            "gid1": "01ff",
            "hplmns": ["00101", "310410"],
            "profile_class": "test",
            "policy_rules": ["ppr1", "ppr2"],
            "notifications": [{"address": "a.example"}, {"address": "b.example", "events": ["delete", "install"]}],
            "suci": {
                "routing_indicator": "17",
                "in_usim": True,
                "keys": [{"scheme": "A", "identifier": 27, "public_key": "11" * 32}],
            },
            "ota_keys": ["11" * 16, "22" * 16, "33" * 16],
        },
        tmp_path,
    )
    assert parameters.iccid == "89000123456789012341"
    assert parameters.k == bytes(range(16))
    assert parameters.gid1 == b"\x01\xff"
    assert parameters.hplmns == ("00101", "310410")
    assert parameters.profile_class is ProfileClass.test
    assert parameters.policy_rules == PprIds.ppr1 | PprIds.ppr2
    first, second = parameters.notifications
    assert len(first.events.names) == 4
    assert second.events == NotificationEvent.notificationInstall | NotificationEvent.notificationDelete
    assert parameters.suci == Suci("17", (SuciKey(SuciScheme.profile_a, 27, b"\x11" * 32),), True)
    assert parameters.ota_keys == (b"\x11" * 16, b"\x22" * 16, b"\x33" * 16)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"imis": "1"}, "imis"),
        ({"iccid": "8900X"}, "iccid"),
        ({"imsi": 1010123456789}, "imsi"),
        ({"k": "0g"}, "k"),
        ({"isim": "yes"}, "isim"),
        ({"mnc_length": True}, "mnc_length"),
        ({"algorithm": "comp128"}, "algorithm"),
        ({"profile_class": 0}, "profile_class"),
        ({"policy_rules": ["ppr3"]}, "policy_rules"),
        ({"hplmns": "00101"}, "hplmns"),
        ({"notifications": [{"adress": "x"}]}, "notifications.adress"),
        ({"notifications": [{"address": "x", "events": ["update"]}]}, "notifications.events"),
        ({"notifications": [{"address": "https://x/y"}]}, "notifications.address"),
        ({"suci": {"key": []}}, "suci.key"),
        ({"suci": {"keys": [{"scheme": "C"}]}}, "suci.keys.scheme"),
        ({"ota_keys": ["11" * 16]}, "ota_keys"),
        ({"notifications": [{"address": "two words"}]}, "notifications.address"),
        ({"icon": "absent.png"}, "icon"),
        ({"icon": "null\0octet"}, "icon"),
        ({"profile_name": "\ud800"}, "profile_name"),
        ({"spn": "\udfff"}, "spn"),
    ],
)
def test_table_refuses_by_name(change: dict[str, Any], field: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError) as refused:
        from_table({**TABLE, **change}, tmp_path)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["iccid", "imsi", "k"])
def test_table_must_have_what_every_profile_needs(name: str) -> None:
    table = {key: value for key, value in TABLE.items() if key != name}
    with pytest.raises(ParameterError, match="missing") as refused:
        from_table(table)
    assert refused.value.field == name


def test_secrets_do_not_show() -> None:
    shown = repr(ProfileParameters(**{**GOOD, "pin1": "2468", "adm1": "13579135", "ota_keys": (b"\x5a" * 16,) * 3}))
    assert "imsi" in shown
    for secret in (repr(GOOD["k"]), repr(GOOD["opc"]), "2468", "13579135", "Z" * 16):
        assert secret not in shown
