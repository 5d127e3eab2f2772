"""The registry of PDUs: every ES10 function once, under the tag that its classes have."""

from typing import Any

import pytest

from tests.support.wire_pdus import examples
from wire.der import load
from wire.der_schema import tags_of
from wire.errors import DecodeError
from wire.rsp import ES8_PDUS, ES9_PDUS, PDUS, RemoteProfileProvisioningRequest, RemoteProfileProvisioningResponse

# tag -> function, from the overview of ES10 commands (card.md section 2.0)
OVERVIEW = {
    0xBF3C: "ES10a.GetEuiccConfiguredAddresses",
    0xBF3F: "ES10a.SetDefaultDpAddress",
    0xBF2E: "ES10b.GetEUICCChallenge",
    0xBF20: "ES10b.GetEUICCInfo1",
    0xBF22: "ES10b.GetEUICCInfo2",
    0xBF38: "ES10b.AuthenticateServer",
    0xBF21: "ES10b.PrepareDownload",
    0xBF36: "ES10b.LoadBoundProfilePackage",
    0xBF41: "ES10b.CancelSession",
    0xBF28: "ES10b.ListNotification",
    0xBF2B: "ES10b.RetrieveNotificationsList",
    0xBF30: "ES10b.RemoveNotificationFromList",
    0xBF35: "ES10b.LoadCRL",
    0xBF43: "ES10b.GetRAT",
    0xBF2D: "ES10c.GetProfilesInfo",
    0xBF31: "ES10c.EnableProfile",
    0xBF32: "ES10c.DisableProfile",
    0xBF33: "ES10c.DeleteProfile",
    0xBF34: "ES10c.eUICCMemoryReset",
    0xBF3E: "ES10c.GetEID",
    0xBF29: "ES10c.SetNickname",
    0xBF42: "ES10b.LpaeActivation",
}


def test_functions_and_tags() -> None:
    assert {tag: pdu.function for tag, pdu in PDUS.items()} == OVERVIEW
    for tag, pdu in PDUS.items():
        assert tags_of(pdu.request, {}) == {tag}
        expected = {0xBF37} if tag == 0xBF36 else {tag}
        assert tags_of(pdu.response, {}) == expected
    for tag, spec in ES8_PDUS.items():
        assert tags_of(spec, {}) == {tag}


def test_the_binding_wraps_what_the_registry_names() -> None:
    assert {tag for tag, _ in _alternatives(RemoteProfileProvisioningRequest)} == set(ES9_PDUS) - {0xBF40}
    assert {tag for tag, _ in _alternatives(RemoteProfileProvisioningResponse)} == set(ES9_PDUS) - {0xBF3D}
    for binding, member in (
        (RemoteProfileProvisioningRequest, "request"),
        (RemoteProfileProvisioningResponse, "response"),
    ):
        for tag, spec in _alternatives(binding):
            assert getattr(ES9_PDUS[tag], member) is spec


def _alternatives(binding: Any) -> list[tuple[int, type]]:
    return [(spec.wire_tag, spec) for _, spec, *_ in binding._alternatives]


@pytest.mark.parametrize("name", sorted(examples()))
def test_no_other_class_accepts_an_example(name: str) -> None:
    """Outer tags tell functions apart: a PDU of one is refused by all others."""
    spec, raw = examples()[name]
    for pdu in PDUS.values():
        if tags_of(pdu.request, {}) != tags_of(spec, {}) and pdu.request is not spec:
            with pytest.raises(DecodeError):
                load(pdu.request, raw)
