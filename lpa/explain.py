"""What an error of the agent means and what to do about it, in words for people.

Built on the registries in `wire`, which `rsplab explain` shows as well.
"""

from dataclasses import dataclass

from lpa.core.errors import (
    CardRefused,
    InstallationFailed,
    LpaError,
    NotPossible,
    ProtocolViolation,
    ServerRefused,
    TransportError,
    UserDeclined,
)
from wire.errors import DecodeError
from wire.es10 import TEMPORARY_ERROR_REASONS, describe_result
from wire.sw import SW


@dataclass(frozen=True, slots=True)
class Explanation:
    """`meaning` of the error, its likely `cause` ("" where the meaning says it all) and the `next_step`.

    reference: what `rsplab explain` takes for more, "" where there is none.
    """

    meaning: str
    cause: str
    next_step: str
    reference: str = ""


def explain(error: LpaError) -> Explanation:
    """An explanation of any error of the agent; codes that nobody knows are shown as they came."""
    match error:
        case ServerRefused():
            row = error.status_code
            said = f'; the server adds: "{printable(error.message)}"' if error.message else ""
            return Explanation(f"{row.meaning}{said}", row.likely_cause, row.next_step, row.pair)
        case InstallationFailed():
            return _installation(error)
        case CardRefused(code=None):
            return Explanation(
                f"the card answered {error.meaning}",
                f"the card does not take {error.function} now or at all",
                _STATUS_STEPS.get(error.sw, "look at the APDUs in the trace; reset the card and try again"),
                f"sw:{error.sw:04X}",
            )
        case CardRefused():
            step = _STEPS_OF.get((error.function, error.name)) or _CARD_STEPS.get(error.name, _TRACE)
            return Explanation(f"{error.function}: {error.meaning}", "", step, _es10(error))
        case UserDeclined():
            again = "start again whenever you like" if error.decision != "reject" else "nothing is left to be done"
            return Explanation(str(error), "", again)
        case ProtocolViolation():
            peer = "the server's operator" if error.who == "server" else "the maker of the card"
            return Explanation(
                str(error), f"a defect of the {error.who}, or an attack", f"report it to {peer}; {_TRACE}"
            )
        case NotPossible():
            return Explanation(str(error), "", error.hint)
        case TransportError():
            return Explanation(str(error), "", error.hint or "try again later")
    return Explanation(str(error), "", "")


_TRACE = "look at the trace"
_STATUS_STEPS: dict[int, str] = {
    SW.WRONG_LENGTH: "the card may take shorter blocks only: try smaller segments (120, then 64)",
    SW.NOT_FOUND: "no ISD-R under the AIDs that were tried: is it an eUICC? Its maker may name another AID",
    SW.FUNCTION_NOT_SUPPORTED: "no logical channel is free: close other programs, or use the basic channel",
}
_CARD_STEPS = {
    "iccidOrAidNotFound": "list the profiles: is this one installed?",
    "iccidNotFound": "list the profiles: is this one installed?",
    "profileNotInDisabledState": "the profile is enabled: disable it first",
    "profileNotInEnabledState": "the profile is not enabled; list the profiles",
    "disallowedByPolicy": "the profile's policy rules (PPR1: not to be disabled, PPR2: not to be deleted) forbid it",
    "wrongProfileReenabling": "disable the test profile; the operational profile before it comes back by itself",
    "catBusy": "wait until the card has ended what it does with the phone, then try again, or use no refresh",
    "nothingToDelete": "there is nothing to be deleted",
}
_STEPS_OF = {
    ("SetNickname", "undefinedError"): "shorten the name: it may have 64 octets in UTF-8, and often fewer letters"
}


def _es10(error: CardRefused) -> str:
    return f"es10:{error.function}/{error.code}"


def _installation(error: InstallationFailed) -> Explanation:
    result = error.result
    command = "" if result.bpp_command_id is None else describe_result("BppCommandId", result.bpp_command_id)
    elements = "; ".join(profile_element_failures(result.sima_response))
    return Explanation(
        f"the profile was not installed: {error.meaning}",
        "; ".join(filter(None, (command, elements))),
        "the order can be tried again: make room or keep the card powered, then download again"
        if error.code in TEMPORARY_ERROR_REASONS
        else "the order is used up at most servers: show the operator this result",
        _es10(error),
    )


def profile_element_failures(sima_response: bytes) -> tuple[str, ...]:
    """The profile elements that failed, and the card's own words, from the simaResponse of an installation result.

    () where it tells nothing.
    """
    from wire.der import load
    from wire.saip import EUICCResponse

    try:
        response = load(EUICCResponse, sima_response).native
    except DecodeError:
        return ()
    failures = [
        f"profile element {'?' if status['identification'] is None else status['identification']}: {status['status']}"
        for status in response["peStatus"]
        if status["status"] != "ok"
    ]
    if failures and response["statusMessage"]:
        failures.append(f'the card adds: "{printable(response["statusMessage"])}"')
    return tuple(failures)


def printable(text: str) -> str:
    """A peer's words, with whatever could steer a terminal shown as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
