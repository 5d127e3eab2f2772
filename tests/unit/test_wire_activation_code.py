"""Activation codes: what is accepted, and where exactly the others go wrong."""

import pytest

from wire.activation_code import ActivationCode, ActivationCodeError

ACCEPTED = [
    ("LPA:1$smdp.example.com$ABC-1", ActivationCode("smdp.example.com", "ABC-1")),
    ("lpa:1$smdp.example.com$ABC-1", ActivationCode("smdp.example.com", "ABC-1")),
    (" \tLPA:1$smdp.example.com$ABC-1\n", ActivationCode("smdp.example.com", "ABC-1")),
    ("1$smdp.example.com$", ActivationCode("smdp.example.com")),
    ("1$smdp.example.com:8443$A", ActivationCode("smdp.example.com:8443", "A")),
    ("1$localhost$A$", ActivationCode("localhost", "A")),
    ("1$h$A$2.999.10", ActivationCode("h", "A", "2.999.10")),
    ("1$h$A$2.999.10$", ActivationCode("h", "A", "2.999.10")),
    ("1$h$A$2.999.10$1", ActivationCode("h", "A", "2.999.10", True)),
    ("1$h$A$$1", ActivationCode("h", "A", "", True)),
    ("1$h$A$$1$", ActivationCode("h", "A", "", True)),
    ("1$h$A$$0", ActivationCode("h", "A")),
    ("1$h$A$$1$F54172BD", ActivationCode("h", "A", "", True, "F54172BD")),
    ("1$h$A$$$F54172BD", ActivationCode("h", "A", "", False, "F54172BD")),
]


@pytest.mark.parametrize(("text", "code"), ACCEPTED)
def test_accepted(text: str, code: ActivationCode) -> None:
    assert ActivationCode.parse(text) == code
    assert ActivationCode.parse(code.encode()) == code
    assert ActivationCode.parse(code.lpa_uri) == code


REFUSED = [
    ("", 0, "format"),
    ("hello", 0, "format"),
    ("LPA:", 4, "format"),
    ("LPA:2$h$A", 4, "format"),
    ("SM-DP:1$h$A", 0, "format"),
    ("1", 1, "expected after"),
    ("1$h", 3, "expected after"),
    ("1$$A", 2, "empty"),
    ("LPA:1$https://h$A", 12, "port"),
    ("1$h.$A", 2, "host name"),
    ("1$-h$A", 2, "host name"),
    ("1$h_x$A", 3, "host name"),
    ("1$h/path$A", 3, "host name"),
    ("1$h:$A", 4, "port"),
    ("1$h:0$A", 4, "port"),
    ("1$h:65536$A", 4, "port"),
    ("1$h:٣$A", 4, "port"),
    ("1$h$abc", 4, "MatchingID"),
    ("1$h$AB_C", 6, "MatchingID"),
    ("1$h$A$2.x", 8, "OID"),
    ("1$h$A$OID", 6, "OID"),
    ("1$h$A$$2", 7, "flag"),
    ("1$h$A$$yes", 7, "flag"),
    ("1$h$A$$1$XYZ", 9, "CI PKID"),
    ("1$h$A$$1$ABC", 9, "CI PKID"),
    ("1$h$A$$1$AB$more", 12, "more fields"),
    ("1$h$" + "A" * 252, 255, "255 characters"),
]


@pytest.mark.parametrize(("text", "position", "words"), REFUSED)
def test_refused_with_position(text: str, position: int, words: str) -> None:
    with pytest.raises(ActivationCodeError, match=words) as caught:
        ActivationCode.parse(text)
    assert caught.value.position == position


def test_host_without_port() -> None:
    assert ActivationCode.parse("1$smdp.example.com:8443$A").host == "smdp.example.com"
