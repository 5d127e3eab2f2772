"""One RSP session of the eUICC kit with a server under test; every good answer is verified as a card would."""

from dataclasses import dataclass, field
from typing import Any

from scenarios.kit.euicc import EuiccKit, Opened
from scenarios.model import CheckFailed, ScenarioError
from scenarios.parties import asn1
from scenarios.parties.answer import Answer
from scenarios.parties.asn1 import Asn1Answer
from scenarios.parties.smdp import Ordered, Smdp
from wire.es10 import CancelSessionReason, NotificationEvent


def check_initiated(euicc: EuiccKit, answer: Answer, address: str) -> str:
    """What a card and an LPA check of InitiateAuthentication's answer, asked for at this address; the transactionId."""
    euicc.check_server(
        answer.octets("serverSigned1"),
        answer.octets("serverSignature1"),
        answer.octets("euiccCiPKIdToBeUsed"),
        answer.octets("serverCertificate"),
        address,
    )
    transaction_id = answer.text("transactionId")
    if bytes.fromhex(transaction_id) != euicc.transaction_id:
        raise CheckFailed("transactionId and serverSigned1.transactionId differ")
    return transaction_id


@dataclass
class Es9Session:
    """Functions in the order of the standard; each may be called in any order, and again.

    The keywords of each function replace members of its JSON body (None leaves one out). What the eUICC itself does
    wrong are faults of the kit.
    """

    euicc: EuiccKit
    smdp: Smdp
    transaction_id: str = ""
    initiated: Answer | None = None
    authenticated: Answer | None = None
    bound: Answer | None = None
    opened: Opened | None = None
    answers: list[Answer] = field(default_factory=list)

    def initiate(self, address: str | None = None, **members: Any) -> Answer:
        """ES9+.InitiateAuthentication; a good answer is verified."""
        asked = self.smdp.address if address is None else address
        sent = {"euiccChallenge": self.euicc.new_challenge(), "euiccInfo1": self.euicc.info1(), "smdpAddress": asked}
        answer = self._call("initiateAuthentication", sent | members)
        if answer.ok:
            self.initiated, self.transaction_id = answer, check_initiated(self.euicc, answer, asked)
        return answer

    def authenticate(self, order: Ordered | str | None = "", **members: Any) -> Answer:
        """ES9+.AuthenticateClient for an order, or a Matching ID, or (None) without any; initiates first if need be."""
        if self.initiated is None:
            self._must(self.initiate())
        assert self.initiated is not None
        matching_id = order.matching_id if isinstance(order, Ordered) else order
        response = self.euicc.authenticate_server(self.initiated.octets("serverSigned1"), matching_id)
        sent = {"transactionId": self.transaction_id, "authenticateServerResponse": response}
        answer = self._call("authenticateClient", sent | members)
        if answer.ok:
            self.euicc.check_download(
                answer.octets("smdpSigned2"),
                answer.octets("smdpSignature2"),
                answer.octets("smdpCertificate"),
                answer.octets("profileMetadata"),
            )
            self.authenticated = answer
        return answer

    def get_package(self, code: str | None = None, **members: Any) -> Answer:
        """ES9+.GetBoundProfilePackage with this Confirmation Code; a good package is opened (`opened`)."""
        if self.authenticated is None and "prepareDownloadResponse" not in members:
            raise ScenarioError("get_package() comes after authenticate()")
        sent: dict[str, Any] = {"transactionId": self.transaction_id}
        if self.authenticated is not None and "prepareDownloadResponse" not in members:
            signature2 = self.authenticated.octets("smdpSignature2")
            sent["prepareDownloadResponse"] = self.euicc.prepare_download(signature2, code)
        answer = self._call("getBoundProfilePackage", sent | members)
        if answer.ok:
            self.opened = self.euicc.open(answer.octets("boundProfilePackage"))
            self.bound = answer
        return answer

    def report(self, error: tuple[int, int] | None = None, address: str | None = None, **changes: Any) -> Answer:
        """ES9+.HandleNotification with the ProfileInstallationResult; error: bppCommandId and errorReason."""
        to = self.smdp.address if address is None else address
        return self.notify(self.euicc.installation_result(to, error=error, **changes))

    def report_event(self, event: NotificationEvent, order: Ordered, address: str | None = None) -> Answer:
        """ES9+.HandleNotification with an OtherSignedNotification."""
        to = self.smdp.address if address is None else address
        return self.notify(self.euicc.notification(event, to, order.iccid.ef))

    def notify(self, pending: bytes) -> Answer:
        """ES9+.HandleNotification with these octets."""
        return self._call("handleNotification", {"pendingNotification": pending})

    def cancel(self, reason: CancelSessionReason, **members: Any) -> Answer:
        """ES9+.CancelSession."""
        sent = {"transactionId": self.transaction_id, "cancelSessionResponse": self.euicc.cancel_session(reason)}
        return self._call("cancelSession", sent | members)

    def download(self, order: Ordered) -> Opened:
        """The whole procedure up to the acknowledged installation result; CheckFailed unless all goes well."""
        self.reach("bound", order)
        self._must(self.report())
        assert self.opened is not None
        return self.opened

    def reach(self, step: str, order: Ordered) -> "Es9Session":
        """Go on to "initiated", "authenticated" or "bound"; CheckFailed unless every answer is good."""
        self._must(self.initiate())
        if step in ("authenticated", "bound"):
            self._must(self.authenticate(order))
        if step == "bound":
            self._must(self.get_package(order.confirmation_code))
        return self

    def _call(self, function: str, members: dict[str, Any]) -> Answer:
        answer = self.smdp.es9(function, **members)
        self.answers.append(answer)
        return answer

    def _must(self, answer: Answer) -> None:
        if not answer.ok:
            raise CheckFailed(f"{answer.function}: {answer}, success expected")


class Asn1Session(Es9Session):
    """The same functions over the ASN.1 binding."""

    def _call(self, function: str, members: dict[str, Any]) -> Asn1Answer:
        answer = asn1.answer(function, self.smdp.asn1(asn1.request(function, members)))
        self.answers.append(answer)
        return answer
