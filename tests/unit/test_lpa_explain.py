"""Words for every error of the agent, and activation codes from pictures."""

from io import BytesIO
from pathlib import Path

import pytest
import segno
from PIL import Image

from lpa import qr
from lpa.core import errors
from lpa.core.notification import InstallationResult
from lpa.explain import explain, profile_element_failures
from tests.support.lpa_peers import installation_result
from wire.activation_code import ActivationCode, ActivationCodeError
from wire.es10 import RESULTS, TEMPORARY_ERROR_REASONS, ErrorReason

CODE = ActivationCode("smdp.example.com", "04386-AGYFT-A74Y8-3F815", "2.999.10", confirmation_code_required=True)


def drawn(text: str, **options: int) -> bytes:
    picture = BytesIO()
    segno.make(text).save(picture, kind="png", **{"scale": 4, **options})
    return picture.getvalue()


def leaves(kind: type[errors.LpaError]) -> set[type[errors.LpaError]]:
    return {kind}.union(*(leaves(below) for below in kind.__subclasses__() if below.__module__ == errors.__name__))


INSTANCES: list[errors.LpaError] = [
    errors.CardRefused("EnableProfile", 5),
    errors.CardRefused("SELECT ISD-R", sw=0x6A82),
    errors.InstallationFailed(InstallationResult.read(installation_result(error=12))),
    errors.ServerRefused("ES9+.AuthenticateClient", "8.2.6", "3.8", "no"),
    errors.UserDeclined("download", "postpone"),
    errors.ProtocolViolation("server", "serverSigned1", "is not DER"),
    errors.NotPossible("nothing to do"),
    errors.HttpStatusError("https://x", 503),
    *(
        kind("it failed")
        for kind in sorted(leaves(errors.TransportError), key=lambda kind: kind.__name__)
        if kind is not errors.HttpStatusError
    ),
]


@pytest.mark.parametrize("error", INSTANCES, ids=lambda error: type(error).__name__)
def test_every_error_has_words(error: errors.LpaError) -> None:
    explanation = explain(error)
    assert explanation.meaning
    assert explanation.next_step or isinstance(error, errors.NotPossible)


def test_the_list_above_is_complete() -> None:
    inner = {errors.LpaError}
    assert {type(error) for error in INSTANCES} == leaves(errors.LpaError) - inner


def test_a_refusal_of_the_server_says_what_the_server_said_and_where_to_read_on() -> None:
    explanation = explain(errors.ServerRefused("ES9+.AuthenticateClient", "8.2.6", "3.8", "token used"))
    assert "token used" in explanation.meaning
    assert explanation.cause
    assert explanation.reference == "8.2.6/3.8"


@pytest.mark.parametrize(
    "function", ["EnableProfile", "DisableProfile", "DeleteProfile", "SetNickname", "AuthenticateServer"]
)
def test_every_result_code_of_the_card_has_words_and_a_reference(function: str) -> None:
    for code in [*RESULTS[function], 99]:
        explanation = explain(errors.CardRefused(function, int(code)))
        assert explanation.meaning.startswith(function)
        assert explanation.next_step
        assert explanation.reference == f"es10:{function}/{int(code)}"


@pytest.mark.parametrize("reason", ErrorReason)
def test_an_installation_tells_whether_it_may_be_tried_again(reason: ErrorReason) -> None:
    result = InstallationResult.read(installation_result(error=int(reason)))
    explanation = explain(errors.InstallationFailed(result))
    assert ("tried again" in explanation.next_step) is (reason in TEMPORARY_ERROR_REASONS)
    assert "loadProfileElements" in explanation.cause


def test_the_profile_element_that_failed_is_named() -> None:
    # card.md chapter 9: simaResponse = bad-values (3) in PE id 9, aborted
    assert profile_element_failures(bytes.fromhex("300CA00830068001038101098100")) == ("profile element 9: bad-values",)
    # the same with statusMessage (82, 2 to 64 octets): "EF.IMSI"
    assert profile_element_failures(bytes.fromhex("3015A00830068001038101098100820745462E494D5349")) == (
        "profile element 9: bad-values",
        'the card adds: "EF.IMSI"',
    )
    assert profile_element_failures(bytes.fromhex("3007A0053003800100")) == ()
    assert profile_element_failures(b"") == ()
    assert profile_element_failures(b"\x30\x01") == ()


def test_words_of_a_peer_cannot_steer_the_terminal() -> None:
    refused = errors.ServerRefused("AuthenticateClient", "8.2.6", "3.8", message="no\x1b[2J such\r\ntoken, na\u00efve")
    meaning = explain(refused).meaning
    assert meaning.isprintable()
    assert "no\\x1b[2J such\\r\\ntoken, na\u00efve" in meaning


@pytest.mark.parametrize("prefix", ["LPA:", "lpa:", ""])
def test_a_qr_code_is_read_with_and_without_its_prefix(prefix: str, tmp_path: Path) -> None:
    assert qr.read_activation_code(drawn(prefix + CODE.encode())) == CODE
    path = tmp_path / "code.png"
    path.write_bytes(drawn(prefix + CODE.encode()))
    assert qr.read_activation_code(path) == CODE


def test_of_several_qr_codes_the_activation_code_is_taken() -> None:
    pictures = [Image.open(BytesIO(drawn(text))) for text in ("https://example.com/", CODE.lpa_uri)]
    both = Image.new("L", (sum(one.width for one in pictures) + 40, max(one.height for one in pictures)), 255)
    both.paste(pictures[0], (0, 0))
    both.paste(pictures[1], (pictures[0].width + 40, 0))
    picture = BytesIO()
    both.save(picture, "PNG")
    assert qr.read_activation_code(picture.getvalue()) == CODE


def test_pictures_without_an_activation_code_say_what_is_missing() -> None:
    blank = BytesIO()
    Image.new("L", (200, 200), 255).save(blank, "PNG")
    with pytest.raises(qr.NoActivationCode, match="no QR code"):
        qr.read_activation_code(blank.getvalue())
    with pytest.raises(qr.NoActivationCode, match="not a readable picture"):
        qr.read_activation_code(b"GIF89a, or not")
    with pytest.raises(ActivationCodeError, match="character 5"):
        qr.read_activation_code(drawn("LPA:2$host$id"))


def test_a_picture_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qr, "MAX_PIXELS", 100)
    with pytest.raises(qr.NoActivationCode, match="pixels"):
        qr.read_activation_code(drawn(CODE.lpa_uri))


def test_a_nickname_that_is_too_long_is_called_so() -> None:
    assert "64 octets" in explain(errors.CardRefused("SetNickname", 127)).next_step
    assert "64 octets" not in explain(errors.CardRefused("EnableProfile", 127)).next_step


def test_what_the_agent_cannot_do_comes_with_what_the_user_can_do() -> None:
    explanation = explain(errors.NotPossible("the card has no default SM-DP+ address", "set the address"))
    assert (explanation.meaning, explanation.next_step) == ("the card has no default SM-DP+ address", "set the address")
