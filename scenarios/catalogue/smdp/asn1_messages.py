"""The messages of the ASN.1 binding: what is none, what is incomplete, what must be overlooked, and HTTP around it."""

from collections.abc import Mapping

from lpa.core.actions import HttpReply
from scenarios import Stage, scenario
from scenarios.catalogue.smdp.asn1 import BINDING, CANCEL, INITIATE, NOTIFY
from scenarios.kit.read import children, whole
from scenarios.model import Importance
from scenarios.parties import asn1
from scenarios.parties.asn1 import (
    CONTENT_TYPE,
    AuthenticateClientError,
    CancelSessionError,
    Error,
    GetBoundProfilePackageError,
    InitiateAuthenticationError,
)
from scenarios.parties.server import HEADERS
from wire.es10 import CancelSessionReason
from wire.tlv import tlv


def _post(s: Stage, body: bytes, headers: Mapping[str, str], path: str = "asn1") -> HttpReply:
    return s.smdp.backend.es9.post(path, body, {**HEADERS, **headers})


def _no_message(s: Stage, what: str, reply: HttpReply) -> None:
    """A request that is none is answered with a 4xx of HTTP, and never with anything that reads like an answer."""
    s.check(400 <= reply.status < 500, f"{what} is refused by HTTP", "4xx", reply.status)
    s.check(not reply.body.startswith(b"\xa2"), f"{what} isn't answered with a message", "no A2", reply.body[:16])


def _malformed(name: str, title: str, body_hex: str) -> None:
    def body(s: Stage) -> None:
        _no_message(s, title, s.smdp.asn1(bytes.fromhex(body_hex)))
        s.accepted(s.asn1_session().initiate())

    body.__doc__ = f"{title}: HTTP 4xx; the next request is answered."
    scenario(f"smdp.asn1.malformed.{name}", spec=BINDING, tests="smdp", needs="asn1", importance=Importance.SHOULD)(
        body
    )


_malformed("empty", "An empty body", "")
_malformed("no_der", "A length that goes beyond the body", "A20ABF3903800101")
_malformed("other_tag", "A function under another tag than that of RemoteProfileProvisioningRequest", "A103BF4100")
_malformed("no_function", "A request without a function", "A200")
_malformed("two_functions", "Two functions in one request", "A206BF3900BF4100")
_malformed("trailing", "Octets behind the request", "A203BF390000")
_malformed("unknown_function", "The tag of an unknown function, BF7F", "A203BF7F00")
_malformed("answer_of_es11", "The tag of an answer of ES11, BF40", "A203BF4000")


def _incomplete(function: str, error: Error) -> None:
    def body(s: Stage) -> None:
        s.refused_by_integer(asn1.answer(function, s.smdp.asn1(asn1.request(function, {}))), error)

    body.__doc__ = f"{function} without any member is a message, with an answer of its own: {error.name} ({error})."
    name = f"smdp.asn1.incomplete.{function.lower()}"
    scenario(name, spec=BINDING, tests="smdp", needs="asn1", importance=Importance.SHOULD)(body)


_incomplete("initiateAuthentication", InitiateAuthenticationError.undefinedError)
_incomplete("authenticateClient", AuthenticateClientError.undefinedError)
_incomplete("getBoundProfilePackage", GetBoundProfilePackageError.undefinedError)
_incomplete("cancelSession", CancelSessionError.undefinedError)


@scenario("smdp.asn1.cancel.untagged", spec=CANCEL, tests="smdp", needs="asn1, orders")
def untagged(s: Stage) -> None:
    """A CancelSessionResponse under BF41 instead of [1] is none: undefinedError; with [1] the session ends."""
    one = s.asn1_session().reach("authenticated", s.smdp.order())
    response = one.euicc.cancel_session(CancelSessionReason.postponed)
    sent = tlv(0xA2, tlv(0xBF41, tlv(0x80, bytes.fromhex(one.transaction_id)), response))
    s.refused_by_integer(asn1.answer("cancelSession", s.smdp.asn1(sent)), CancelSessionError.undefinedError)
    s.accepted(one.cancel(CancelSessionReason.postponed))


@scenario("smdp.asn1.authenticate.incomplete_once", spec=f"{BINDING}, 5.6.3", tests="smdp", needs="asn1, orders")
def incomplete_once(s: Stage) -> None:
    """A cut-off AuthenticateClient doesn't end the session: the whole one is executed afterwards."""
    one, order = s.asn1_session(), s.smdp.order()
    s.accepted(one.initiate())
    sent = asn1.request("authenticateClient", {"transactionId": one.transaction_id})
    s.refused_by_integer(asn1.answer("authenticateClient", s.smdp.asn1(sent)), AuthenticateClientError.undefinedError)
    s.accepted(one.authenticate(order))


@scenario("smdp.asn1.initiate.later_member", spec=INITIATE, tests="smdp", needs="asn1")
def later_member(s: Stage) -> None:
    """A member of a later version (lpaRspCapability, 85) is overlooked."""
    euicc = s.euicc()
    members = {"euiccChallenge": euicc.new_challenge(), "smdpAddress": s.smdp.address, "euiccInfo1": euicc.info1()}
    choice = children(whole(asn1.request("initiateAuthentication", members), 0xA2))[0]
    sent = tlv(0xA2, tlv(choice.tag, choice.value, tlv(0x85, b"\x07\x80")))
    answer = s.accepted(asn1.answer("initiateAuthentication", s.smdp.asn1(sent)))
    s.check(bool(answer.octets("serverSigned1")), "serverSigned1 is there")


@scenario("smdp.asn1.initiate.transaction_id", spec=INITIATE, tests="smdp", needs="asn1")
def transaction_id(s: Stage) -> None:
    """transactionId travels as the octets that serverSigned1 has, not as hexadecimal text."""
    answer = s.accepted(s.asn1_session().initiate())
    signed = children(whole(answer.octets("serverSigned1"), 0x30))[0].value
    s.equal("transactionId", signed.hex().upper(), answer.text("transactionId"))
    s.check(len(signed) <= 16, "it has 16 octets at most", "1 to 16", len(signed))


# notifications


def _ignored(name: str, title: str, message: str) -> None:
    def body(s: Stage) -> None:
        reply = s.smdp.asn1(bytes.fromhex(message))
        s.equal("HTTP status and body", (204, b""), (reply.status, reply.body))

    body.__doc__ = f"{title} is acknowledged with 204 and an empty body, so that the LPA forgets it."
    scenario(f"smdp.asn1.notification.{name}", spec=NOTIFY, tests="smdp", needs="asn1")(body)


_ignored("empty", "HandleNotification without a notification", "A203BF3D00")
_ignored("rubbish", "A notification that is none", "A208BF3D05A003800101")
_ignored("two", "Two notifications in one message", "A209BF3D06A00430003000")


@scenario("smdp.asn1.notification.unwrapped", spec=NOTIFY, tests="smdp", needs="asn1, orders")
def unwrapped(s: Stage) -> None:
    """A result without the [0] around it is acknowledged and not believed; with it, it is."""
    order = s.smdp.order()
    one = s.asn1_session().reach("bound", order)
    result = one.euicc.installation_result(s.smdp.address)
    reply = s.smdp.asn1(tlv(0xA2, tlv(0xBF3D, result)))
    s.equal("HTTP status and body", (204, b""), (reply.status, reply.body))
    s.equal("the order's state", "Downloaded", s.smdp.state(order))
    s.accepted(one.notify(result))
    s.equal("the order's state with [0]", "Installed", s.smdp.state(order))


# HTTP


@scenario("smdp.asn1.http.headers", spec=f"{BINDING}, 6.3", tests="smdp", needs="asn1")
def headers(s: Stage) -> None:
    """Ok, error and acknowledgement alike carry X-Admin-Protocol; what has a body carries the binding's media type."""
    one = s.asn1_session()
    ok, error = s.accepted(one.initiate()), one.cancel(CancelSessionReason.postponed, transactionId="00")
    for answer in (ok, error, one.notify(b"\x30\x00")):
        protocol = answer.headers.get("x-admin-protocol", "")
        s.check(protocol.startswith("gsma/rsp/v2."), "X-Admin-Protocol", "gsma/rsp/v2...", protocol)
    for answer in (ok, error):
        s.equal("Content-Type", CONTENT_TYPE, answer.headers.get("content-type"))


@scenario("smdp.asn1.http.parameter", spec=f"{BINDING}, 6.3", tests="smdp", needs="asn1")
def parameter(s: Stage) -> None:
    """A media type with a parameter, in capitals, is the same media type."""
    euicc = s.euicc()
    members = {"euiccChallenge": euicc.new_challenge(), "smdpAddress": s.smdp.address, "euiccInfo1": euicc.info1()}
    message = asn1.request("initiateAuthentication", members)
    reply = _post(s, message, {"Content-Type": "Application/X-GSMA-RSP-ASN1; charset=binary"})
    s.accepted(asn1.answer("initiateAuthentication", reply))


@scenario("smdp.asn1.http.json", spec=f"{BINDING}, 6.5", tests="smdp", needs="asn1", importance=Importance.SHOULD)
def json_here(s: Stage) -> None:
    """A message of the JSON binding on this path is none of this binding: HTTP 4xx."""
    body = b'{"smdpAddress":"' + s.smdp.address.encode() + b'"}'
    _no_message(s, "JSON", _post(s, body, {"Content-Type": "application/json"}))


@scenario("smdp.asn1.http.on_json_path", spec=f"{BINDING}, 6.5", tests="smdp", needs="asn1")
def on_json_path(s: Stage) -> None:
    """A message of this binding on the JSON binding's path opens no session."""
    euicc = s.euicc()
    members = {"euiccChallenge": euicc.new_challenge(), "smdpAddress": s.smdp.address, "euiccInfo1": euicc.info1()}
    message = asn1.request("initiateAuthentication", members)
    reply = _post(s, message, {"Content-Type": CONTENT_TYPE}, "es9plus/initiateAuthentication")
    s.check(b"serverSigned1" not in reply.body, "no session is opened", "no serverSigned1", reply.status)
    s.check(not reply.body.startswith(b"\xa2"), "nor answered in this binding", "no A2", reply.body[:16])
