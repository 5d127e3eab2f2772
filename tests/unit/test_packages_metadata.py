"""Metadata: order, defaults from parameters and packages, limits."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from smdp.profiles import (
    NotificationRecipient,
    ParameterError,
    ProfileParameters,
    build_package,
    metadata,
    read_package,
)
from wire.es10 import NotificationEvent, PprIds, ProfileClass
from wire.ids import Iccid
from wire.tlv import Tlv, parse

SERVER = "smdp.example.com"
PARAMETERS = ProfileParameters(
    iccid=Iccid("89000123456789012341"), imsi="001010123456789", k=bytes(16), opc=bytes(16), spn="SP", gid1=b"\x05"
)


def image(kind: str, size: tuple[int, int] = (64, 64)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind)
    return out.getvalue()


def tags(request: bytes) -> list[int]:
    return [child.tag for child in parse(request, 0xBF25).children]


def field(request: bytes, tag: int) -> Tlv:
    return parse(request, 0xBF25).child(tag)


def test_all_fields_in_order() -> None:
    request = metadata(
        PARAMETERS, SERVER, icon=image("PNG"), profile_class=ProfileClass.test, policy_rules=PprIds.ppr1 | PprIds.ppr2
    )
    assert tags(request) == [0x5A, 0x91, 0x92, 0x93, 0x94, 0x95, 0xB6, 0xB7, 0x99]
    assert field(request, 0x99).value == bytes.fromhex("0560")
    assert field(request, 0xB7).value.hex() == "800300f110810105"


def test_operational_is_the_default_and_left_out() -> None:
    assert tags(metadata(PARAMETERS, SERVER)) == [0x5A, 0x91, 0x92, 0xB6, 0xB7]
    assert tags(metadata(PARAMETERS, SERVER, profile_class=ProfileClass.operational)) == [0x5A, 0x91, 0x92, 0xB6, 0xB7]


def test_own_address_is_told_about_all_events_unless_recipients_are_given() -> None:
    assert field(metadata(PARAMETERS, SERVER), 0xB6).value == bytes.fromhex("3016800204F08110") + SERVER.encode()
    chosen = replace(PARAMETERS, notifications=(NotificationRecipient("n.example", NotificationEvent(8)),))
    assert field(metadata(chosen, SERVER), 0xB6).value == bytes.fromhex("300F800204108109") + b"n.example"


def test_package_gives_the_same_metadata_as_its_parameters() -> None:
    assert metadata(read_package(build_package(PARAMETERS)), SERVER) == metadata(PARAMETERS, SERVER)


def test_names_given_prevail() -> None:
    named = replace(PARAMETERS, service_provider_name="Provider", profile_name="Name")
    assert field(metadata(named, SERVER), 0x91).value == b"Provider"
    assert field(metadata(named, SERVER, profile_name=""), 0x92).value == b""
    assert field(metadata(named, SERVER, service_provider_name="Ünï"), 0x91).value == "Ünï".encode()


def test_unset_group_identifiers_are_left_out() -> None:
    unset = replace(PARAMETERS, gid1=b"\xff\xff")
    assert field(metadata(unset, SERVER), 0xB7).value.hex() == "800300f110"


@pytest.mark.parametrize(("kind", "number"), [("JPEG", 0), ("PNG", 1)])
def test_icon_type_is_recognised(kind: str, number: int) -> None:
    icon = image(kind)
    request = metadata(PARAMETERS, SERVER, icon=icon)
    assert field(request, 0x93).value == bytes((number,))
    assert field(request, 0x94).value == icon


@pytest.mark.parametrize(
    ("icon", "said"),
    [
        (image("PNG", (64, 63)), "64 x 63 pixels; make it 64 x 64"),
        (image("JPEG", (63, 64)), "63 x 64 pixels"),
        (image("BMP"), "shrink it to 1024"),
        (image("PNG") + bytes(1024), "shrink it to 1024"),
        (image("PNG")[:20], "cannot be read"),
        (image("JPEG")[:20], "cannot be read"),
        (b"<svg/>", "neither JPEG nor PNG"),
    ],
)
def test_unusable_icons(icon: bytes, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        metadata(PARAMETERS, SERVER, icon=icon)


def test_names_have_limits() -> None:
    metadata(PARAMETERS, SERVER, service_provider_name="s" * 32, profile_name="n" * 64)
    with pytest.raises(ParameterError, match="service_provider_name: 33 octets"):
        metadata(PARAMETERS, SERVER, service_provider_name="s" * 33)
    with pytest.raises(ParameterError, match="profile_name: 66 octets"):
        metadata(PARAMETERS, SERVER, profile_name="ä" * 33)


def test_rules_need_an_owner() -> None:
    info = replace(read_package(build_package(PARAMETERS)), imsi=None, mcc_mnc=None)
    assert 0xB7 not in tags(metadata(info, SERVER))
    with pytest.raises(ParameterError, match="no owner"):
        metadata(info, SERVER, policy_rules=PprIds.ppr2)
