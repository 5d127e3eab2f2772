"""ES9+ over the JSON binding: headers, and members that are missing, malformed or unknown."""

import json
from base64 import b64encode
from typing import Any

from scenarios import Stage, scenario
from wire.es10 import CancelSessionReason


@scenario("smdp.es9.headers", spec="SGP.22 v2.5 section 6.3, 6.5", tests="smdp")
def headers(s: Stage) -> None:
    """Answers carry X-Admin-Protocol of version 2 and the JSON content type."""
    answer = s.session().initiate()
    s.check(answer.headers.get("x-admin-protocol", "").startswith("gsma/rsp/v2."), "X-Admin-Protocol")
    s.check(answer.headers.get("content-type", "").startswith("application/json"), "Content-Type")


@scenario("smdp.es9.headers_refused", spec="SGP.22 v2.5 section 6.3, 6.5", tests="smdp")
def headers_refused(s: Stage) -> None:
    """A refusal is HTTP 200 with a header only: no member of the answer leaks."""
    answer = s.session().initiate(address="stranger.example.com")
    s.equal("status and members", (200, {"header"}), (answer.status, set(answer.members)))


def _malformed(function: str, name: str, title: str, **members: Any) -> None:
    def body(s: Stage) -> None:
        session, order = s.session(), s.smdp.order()
        if function == "initiate":
            answer = session.initiate(**members)
        elif function == "authenticate":
            answer = session.reach("initiated", order).authenticate(order, **members)
        elif function == "package":
            answer = session.reach("authenticated", order).get_package(**members)
        else:
            answer = session.reach("authenticated", order).cancel(CancelSessionReason.endUserRejection, **members)
        refused = answer.status == 400 or (answer.status == 200 and answer.execution == "Failed")
        s.check(refused, f"{answer.function} is refused", "HTTP 400, or Failed", str(answer))
        s.equal("the order's state", "Released", s.smdp.state(order))

    body.__doc__ = f"{title}: refused, and the order stays Released."
    scenario(f"smdp.es9.malformed.{function}_{name}", spec="SGP.22 v2.5 section 6.5.2, 5.2.6", tests="smdp",
             needs="orders")(body)  # fmt: skip


_malformed("initiate", "no_challenge", "InitiateAuthentication without euiccChallenge", euiccChallenge=None)


_malformed(
    "initiate", "short_challenge", "InitiateAuthentication with a challenge of 15 octets", euiccChallenge=bytes(15)
)


_malformed("initiate", "no_info1", "InitiateAuthentication without euiccInfo1", euiccInfo1=None)


_malformed(
    "initiate", "info1_other_tag", "InitiateAuthentication with BF22 as euiccInfo1", euiccInfo1=bytes.fromhex("BF2200")
)


_malformed(
    "initiate", "info1_cut", "InitiateAuthentication with a euiccInfo1 cut off", euiccInfo1=bytes.fromhex("BF20058203")
)


_malformed(
    "initiate",
    "info1_short_svn",
    "InitiateAuthentication with an SVN of two octets",
    euiccInfo1=bytes.fromhex("BF200482020205"),
)


_malformed("initiate", "no_address", "InitiateAuthentication without smdpAddress", smdpAddress=None)


_malformed("initiate", "no_base64", "InitiateAuthentication with a challenge that isn't base64", euiccChallenge="!!!!")


_malformed("authenticate", "no_response", "AuthenticateClient without its response", authenticateServerResponse=None)


_malformed(
    "authenticate",
    "other_tag",
    "AuthenticateClient with a BF21",
    authenticateServerResponse=bytes.fromhex("BF2102A000"),
)


_malformed(
    "authenticate", "empty", "AuthenticateClient with an empty BF38", authenticateServerResponse=bytes.fromhex("BF3800")
)


_malformed("authenticate", "no_transaction", "AuthenticateClient without a transactionId", transactionId=None)


_malformed(
    "authenticate", "transaction_no_hex", "AuthenticateClient with a transactionId that isn't hex", transactionId="XYZ"
)


_malformed("package", "no_response", "GetBoundProfilePackage without its response", prepareDownloadResponse=None)


_malformed(
    "package", "other_tag", "GetBoundProfilePackage with a BF38", prepareDownloadResponse=bytes.fromhex("BF3802A000")
)


_malformed("cancel", "no_response", "CancelSession without its response", cancelSessionResponse=None)


_malformed("cancel", "other_tag", "CancelSession with a BF21", cancelSessionResponse=bytes.fromhex("BF2102A000"))


@scenario("smdp.es9.malformed.no_json", spec="SGP.22 v2.5 section 6.5.2", tests="smdp")
def no_json(s: Stage) -> None:
    """A body that isn't JSON, or no object, is refused without an answer to the function."""
    for body in (b"hello", b"[]", b"\xff\xfe"):
        answer = s.smdp.es9_raw("initiateAuthentication", body)
        s.check(not answer.ok, f"{body!r} is refused")


@scenario("smdp.es9.malformed.unknown_members", spec="SGP.22 v2.5 section 6.5.2", tests="smdp")
def unknown_members(s: Stage) -> None:
    """Unknown members are ignored."""
    s.accepted(s.session().initiate(somethingNew="x"))


@scenario("smdp.es9.malformed.lower_case_transaction", spec="SGP.22 v2.5 section 6.5.2", tests="smdp", needs="orders")
def lower_case(s: Stage) -> None:
    """A transactionId in lower-case hex is the same one."""
    order = s.smdp.order()
    session = s.session().reach("initiated", order)
    s.accepted(session.authenticate(order, transactionId=session.transaction_id.lower()))


@scenario("smdp.es9.generic.version_header", spec="SGP.22 v2.5 section 6.3", tests="smdp")
def version_header(s: Stage) -> None:
    """On ES9+ the X-Admin-Protocol header is informative: without it the function is executed."""
    euicc = s.session().euicc
    octets = {"euiccChallenge": euicc.new_challenge(), "euiccInfo1": euicc.info1()}
    body = {name: b64encode(value).decode() for name, value in octets.items()} | {"smdpAddress": s.smdp.address}
    headers = {"Content-Type": "application/json"}
    s.accepted(s.smdp.es9_raw("initiateAuthentication", json.dumps(body).encode(), headers))
