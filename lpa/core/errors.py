"""The exception tree of the agent.

LpaError
  CardRefused          the card was asked and refused (ES10 result code, or a status word)
    InstallationFailed the bound profile package was not installed; carries the ProfileInstallationResult
  ServerRefused        the server was asked and refused (subject and reason code)
  UserDeclined         the user said no, later, or nothing
  ProtocolViolation    a peer broke the standard, or says something else than it should
  NotPossible          the agent cannot do what it is asked (no address, nothing to send, wrong class, ...)
  TransportError       could not ask
    CardLinkError      reader, cable or card: CardRemoved, CardTimeout, NoReader
    HttpError          TlsRefused (UnknownRoot, WrongHost, CertificateExpired, CertificateRevoked, UnfitCertificate,
                       PinMismatch), Unreachable, HttpTimeout, HttpStatusError, BodyTooLarge
"""

from typing import TYPE_CHECKING

from wire.codes import StatusCode, explain
from wire.es10 import describe_result, result_name
from wire.sw import describe

if TYPE_CHECKING:
    from lpa.core.notification import Delivery, InstallationResult


class LpaError(Exception):
    """Whatever ends a procedure of the agent."""


class CardRefused(LpaError):
    """The card was asked and refused.

    function: ES10 function as the standard writes it, or the command's name; code: its result code, None where the
    card answered a status word only; codes that the standard doesn't define are kept.
    """

    def __init__(self, function: str, code: int | None = None, sw: int = 0x9000) -> None:
        self.function = function
        self.code = code
        self.sw = sw
        super().__init__(f"{function}: {self.meaning}")

    @property
    def name(self) -> str:
        """The code's name in the standard, "unknown", or the status word."""
        return f"{self.sw:04X}" if self.code is None else result_name(self.function, self.code)

    @property
    def meaning(self) -> str:
        """What the code or status word says, for people."""
        if self.code is None:
            return f"status word {self.sw:04X}, {describe(self.sw)}"
        return describe_result(self.function, self.code)


class InstallationFailed(CardRefused):
    """LoadBoundProfilePackage ended with an error result.

    result: the ProfileInstallationResult; deliveries: what became of the notifications that report it.
    """

    def __init__(self, result: "InstallationResult", deliveries: "tuple[Delivery, ...]" = ()) -> None:
        self.result = result
        self.deliveries = deliveries
        super().__init__("LoadBoundProfilePackage", result.error_reason)


class ServerRefused(LpaError):
    """The server was asked and refused: `functionExecutionStatus` is neither success nor a warning.

    function: "ES9+.AuthenticateClient"; subject, reason: the codes as sent, known or not.
    """

    def __init__(
        self,
        function: str,
        subject: str,
        reason: str,
        message: str = "",
        subject_identifier: str = "",
        status: str = "Failed",
    ) -> None:
        self.function = function
        self.subject = subject
        self.reason = reason
        self.message = message
        self.subject_identifier = subject_identifier
        self.status = status
        words = str(self.status_code) if subject else f"{function}: status {status} without a status code"
        super().__init__(f"{words}{f' ({message})' if message else ''}")

    @property
    def status_code(self) -> StatusCode:
        """The registry row of the codes: meaning, likely cause, next step; unknown codes have one too."""
        return explain(self.subject, self.reason, self.function)

    def says(self, status_code: StatusCode) -> bool:
        """True if these are the codes of `status_code`."""
        return (self.subject, self.reason) == (status_code.subject, status_code.reason)


class UserDeclined(LpaError):
    """The user rejected, postponed or didn't answer; `decision` is the name of `Decision` in lower case."""

    def __init__(self, operation: str, decision: str) -> None:
        self.operation = operation
        self.decision = decision
        super().__init__(f"{operation}: {_DECLINED.get(decision, decision)}")


_DECLINED = {"reject": "rejected by the user", "postpone": "postponed by the user", "timeout": "no answer in time"}


class ProtocolViolation(LpaError):
    """A peer broke the standard: `who` is "card" or "server", `what` the object or check, `rule` the rule in words."""

    def __init__(self, who: str, what: str, rule: str) -> None:
        self.who = who
        self.what = what
        self.rule = rule
        super().__init__(f"the {who} breaks the standard at {what}: {rule}")


class NotPossible(LpaError):
    """The agent itself cannot go on: nothing was asked of anybody. `hint`: what to do, "" where the message says it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class TransportError(LpaError):
    """Could not ask. `hint` says what to do; `retryable` that trying again later may help."""

    retryable = False
    hint = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.hint


class CardLinkError(TransportError):
    """Reader, driver, cable or socket failed."""


class CardRemoved(CardLinkError):
    """The card was taken out, or its other end closed the link."""

    hint = "put the card back and start again; what was installed before stays installed"


class CardTimeout(CardLinkError):
    """The card did not answer in time."""

    hint = "reset the card; a slow card needs a longer timeout"


class NoReader(CardLinkError):
    """There is no such reader, or no card in it."""


class HttpError(TransportError):
    """The server could not be asked, or its answer is no HTTP answer of this interface."""


class Unreachable(HttpError):
    """No connection: name not found, refused, reset."""

    retryable = True
    hint = "check the address and port, and that the server runs"


class HttpTimeout(HttpError):
    """The server did not answer in time."""

    retryable = True
    hint = "the server or the network is slow; try again"


class HttpStatusError(HttpError):
    """An HTTP status that is neither 200 nor 204."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"{url} answered HTTP {status}")
        self.status = status
        self.retryable = status >= 500
        self.hint = "a server error; try again later" if status >= 500 else "check the address: is this an RSP server?"


class BodyTooLarge(HttpError):
    """The answer is longer than any answer of this interface."""


class PlainHttpRefused(HttpError):
    """An http:// address without the switch that allows it."""

    hint = "use https, or allow plain HTTP by name (insecure_plain_http) in a lab that serves without TLS"


class TlsRefused(HttpError):
    """The TLS handshake failed or the server is not the one it should be."""

    hint = "look at the server's certificate with `openssl s_client -connect HOST:PORT -showcerts`"


class UnknownRoot(TlsRefused):
    """The chain does not end in a CI that this agent trusts."""

    hint = "trust the CI that issued the server's TLS certificate, or give the server one under a trusted CI"


class WrongHost(TlsRefused):
    """The certificate names another host than the one contacted."""

    hint = "contact the server under a name in its certificate (subjectAltName), or issue a certificate for this name"


class CertificateExpired(TlsRefused):
    """The server's certificate, or one above it, is outside its validity period."""

    hint = "check this machine's clock; then have the TLS certificate renewed"


class CertificateRevoked(TlsRefused):
    """The CI has revoked the server's certificate."""

    hint = "do not use this server; its operator needs a new TLS certificate"


class UnfitCertificate(TlsRefused):
    """The chain is good, but the certificate wasn't made for the TLS of such a server."""

    hint = "the server needs a TLS certificate of its role: CERT.DPtls for an SM-DP+, CERT.DStls for an SM-DS"


class PinMismatch(TlsRefused):
    """The chain is good, but the key is not one of the pinned ones."""

    hint = "the server has another key than pinned: update the pin if that is intended"
