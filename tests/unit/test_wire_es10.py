"""ES10 result codes have the standard's names and words for people; unknown ones are shown."""

import pytest

from wire.es10 import (
    RESULTS,
    ErrorReason,
    NotificationEvent,
    PprIds,
    ResetOptions,
    describe_result,
    function_named,
    result_name,
)
from wire.es10_text import TEXT


def test_every_code_of_every_function_has_words() -> None:
    assert set(RESULTS) == set(TEXT)
    for function, codes in RESULTS.items():
        for code in codes:
            described = describe_result(function, code)
            name, _, words = described.partition(": ")
            assert name == f"{code.name}({int(code)})"
            assert words
        assert set(TEXT[function]) <= {code.name for code in codes}, function


@pytest.mark.parametrize(
    ("function", "code", "start"),
    [
        ("AuthenticateServer", 3, "unsupportedCurve(3):"),
        ("authenticateserver", 2, "invalidSignature(2):"),
        ("EnableProfile", 5, "catBusy(5):"),
        ("ProfileInstallationResult", 8, "scp03tSecurityError(8):"),
        ("CancelSessionReason", 1, "postponed(1):"),
        ("DeleteProfile", 42, "unknown(42):"),
        ("NoSuchFunction", 1, "unknown(1):"),
    ],
)
def test_describe_result(function: str, code: int, start: str) -> None:
    assert describe_result(function, code).startswith(start)


def test_names() -> None:
    assert function_named("EUICCMEMORYRESET") == "eUICCMemoryReset"
    assert function_named("nothing") is None
    assert result_name("EnableProfile", 4) == "wrongProfileReenabling"
    assert result_name("EnableProfile", 99) == "unknown"
    assert ErrorReason(9).name == "installFailedDueToIccidAlreadyExistsOnEuicc"


@pytest.mark.parametrize(
    ("flags", "encoded"),
    [
        (NotificationEvent.notificationInstall, "0780"),
        (NotificationEvent.notificationDelete, "0410"),
        (NotificationEvent(15), "04f0"),
        (PprIds.ppr1 | PprIds.ppr2, "0560"),
        (PprIds(0), "00"),
        (ResetOptions(7), "05e0"),
        (PprIds(1 << 8), "070080"),
    ],
)
def test_named_bits(flags: PprIds, encoded: str) -> None:
    assert flags.to_bits().hex() == encoded
    assert type(flags).from_bits(bytes.fromhex(encoded)) == flags


def test_named_bits_keep_what_has_no_name() -> None:
    ppr3 = PprIds.from_bits(bytes.fromhex("0410"))
    assert int(ppr3) == 1 << 3
    assert ppr3.names == []
    assert (ppr3 | PprIds.ppr1).names == ["ppr1"]


@pytest.mark.parametrize("wrong", ["", "08", "0800", "01"])
def test_not_a_bit_string(wrong: str) -> None:
    with pytest.raises(ValueError, match="BIT STRING"):
        PprIds.from_bits(bytes.fromhex(wrong))
