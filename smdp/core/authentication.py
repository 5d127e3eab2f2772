"""ES9+.InitiateAuthentication and ES9+.AuthenticateClient.

Spec: SGP.22 v2.5 sections 5.6.1, 5.6.3, 3.1.2 (common mutual authentication).
"""

from smdp.core import eligibility, signed
from smdp.core.common_authentication import authenticated, choose, is_own_address
from smdp.core.credentials import DpCredentials
from smdp.core.effects import Effect, NotificationPoint, Progress
from smdp.core.procedure import Outcome, Ports, Refusal, live, moved
from smdp.core.records import Binding, Order, Profile, Record, Session, SessionState
from smdp.core.states import DOWNLOADABLE, Event, State
from smdp.core.trust import Euicc
from wire.codes import ES9P
from wire.ids import TransactionId
from wire.json_es9 import (
    AuthenticateClientRequest,
    AuthenticateClientResponse,
    InitiateAuthenticationRequest,
    InitiateAuthenticationResponse,
)
from wire.tlv import tlv

TRANSACTION_ID_OCTETS = 16
_INIT = ES9P.INITIATE_AUTHENTICATION
_AUTH = ES9P.AUTHENTICATE_CLIENT


def initiate_authentication(
    ports: Ports, request: InitiateAuthenticationRequest
) -> Outcome[InitiateAuthenticationResponse]:
    """Open a session: choose the eUICC's CI and the server's certificate, sign the challenge."""
    settings = ports.settings
    if not is_own_address(request.smdpAddress, settings.addresses):
        raise Refusal(_INIT.INVALID_DP_ADDRESS, f"{request.smdpAddress} is not an address of this SM-DP+")
    choice = choose(settings, ports.trust.ci_pkids, ports.credentials, request.euiccInfo1, _INIT)
    credentials = ports.credentials[choice.server_ci_pkid]
    session = Session(
        transaction_id=ports.entropy.octets(TRANSACTION_ID_OCTETS),
        state=SessionState.INITIATED,
        created_at=ports.now(),
        server_address=request.smdpAddress,
        server_challenge=ports.entropy.octets(signed.CHALLENGE_OCTETS),
        euicc_ci_pkid=choice.euicc_ci_pkid,
        dp_ci_pkid=choice.server_ci_pkid,
        svn=choice.svn,
    )
    server_signed1 = credentials.auth_signer.sign(
        "ServerSigned1",
        signed.server_signed1(
            session.transaction_id, request.euiccChallenge, session.server_address, session.server_challenge
        ),
    )
    answer = InitiateAuthenticationResponse(
        transactionId=TransactionId(session.transaction_id),
        serverSigned1=server_signed1.data,
        serverSignature1=tlv(0x5F37, server_signed1.signature),
        euiccCiPKIdToBeUsed=tlv(0x04, choice.euicc_ci_pkid),
        serverCertificate=credentials.auth_certificate,
    )
    return Outcome(answer, (session,))


def authenticate_client(
    ports: Ports, known: Session | None, request: AuthenticateClientRequest
) -> Outcome[AuthenticateClientResponse]:
    """Authenticate the eUICC, find its order and offer the profile; any refusal ends the session."""
    session = live(ports, known, SessionState.INITIATED)
    if session is None:
        raise Refusal(_AUTH.UNKNOWN_TRANSACTION_ID)
    response = signed.authenticate_server_response(request.authenticateServerResponse)
    try:
        if isinstance(response, signed.EuiccRefusal):
            raise Refusal(_AUTH.EUICC_SIGNATURE_INVALID, f"authenticateErrorCode {response.code}")
        euicc = authenticated(ports, session, response, _AUTH)
        order, profile = _order(ports, session, response, euicc.eid)
        return _offer(ports, session, response, euicc, order, profile)
    except Refusal as refusal:
        raise refusal.ending(session) from None


def _order(ports: Ports, session: Session, response: signed.AuthenticateOk, eid: str) -> tuple[Order, Profile]:
    """Find the order and count the attempt; raises in the order of the standard's checks."""
    matching_id, store = response.matching_id, ports.store
    candidates = [store.order_of_matching_id(matching_id)] if matching_id else store.default_orders(eid)
    order = next(iter(candidates), None)
    if order is None:
        raise Refusal(_AUTH.MATCHING_ID_REFUSED, f"no order that still counts has the Matching ID {matching_id!r}")
    if order.eid is not None and order.eid != eid:
        raise Refusal(_AUTH.EID_MISMATCH, "the order is for another eUICC")
    if order.state not in DOWNLOADABLE:
        raise Refusal(_AUTH.PROFILE_NOT_RELEASED, f"the profile is {order.state}")
    if order.expires_at is not None and ports.now() >= order.expires_at:
        order, effects = moved(order, Event.EXPIRED)
        raise Refusal(_AUTH.DOWNLOAD_ORDER_EXPIRED, "", (order,), effects)
    if order.download_limit is not None and order.download_attempts >= order.download_limit:
        code = _AUTH.DOWNLOAD_ATTEMPTS_EXCEEDED
        order, effects = moved(order, Event.DOWNLOAD_ATTEMPTS_EXHAUSTED)
        raise Refusal(code, "", (order,), (*effects, Progress(order, NotificationPoint.ELIGIBILITY, eid, code)))
    if not order.reusable:
        order = order._replace(download_attempts=order.download_attempts + 1)
    profile = store.profile(order.iccid)
    if profile is None:
        raise Refusal(_AUTH.NO_ELIGIBLE_PROFILE, "the profile is no longer in the inventory")
    obstacle = eligibility.obstacle(profile, response.euicc_info2)
    if obstacle is not None:
        code = _AUTH.INSUFFICIENT_MEMORY if obstacle.memory else _AUTH.NO_ELIGIBLE_PROFILE
        counted: tuple[Record, ...] = () if order.reusable else (order,)
        raise Refusal(code, obstacle.why, counted, (Progress(order, NotificationPoint.ELIGIBILITY, eid, code),))
    return order, profile


def _offer(
    ports: Ports, session: Session, response: signed.AuthenticateOk, euicc: Euicc, order: Order, profile: Profile
) -> Outcome[AuthenticateClientResponse]:
    credentials: DpCredentials = ports.credentials[session.dp_ci_pkid]
    binding = reusable_binding(ports, order, euicc.eid, session.dp_ci_pkid)
    smdp_signed2 = credentials.pb_signer.sign(
        "SmdpSigned2",
        signed.smdp_signed2(
            session.transaction_id,
            order.confirmation_code_hash is not None,
            binding.otpk_euicc if binding else b"",
        ),
        response.signature_tlv,
    )
    smdp_signature2 = tlv(0x5F37, smdp_signed2.signature)
    session = session._replace(
        state=SessionState.AUTHENTICATED,
        eid=euicc.eid,
        euicc_certificate=response.euicc_certificate,
        smdp_signature2=smdp_signature2,
        order_id=order.order_id,
        iccid=order.iccid,
    )
    answer = AuthenticateClientResponse(
        transactionId=TransactionId(session.transaction_id),
        profileMetadata=profile.metadata,
        smdpSigned2=smdp_signed2.data,
        smdpSignature2=smdp_signature2,
        smdpCertificate=credentials.pb_certificate,
    )
    effects: tuple[Effect, ...] = (Progress(order, NotificationPoint.ELIGIBILITY, euicc.eid),)
    return Outcome(answer, (session,) if order.reusable else (session, order), effects)


def reusable_binding(ports: Ports, order: Order, eid: str, dp_ci_pkid: bytes) -> Binding | None:
    """The bound package of an earlier attempt, if this eUICC may take it again under the same DPpb credentials."""
    if order.state is not State.DOWNLOADED or not order.bound_in:
        return None
    earlier = ports.store.session(order.bound_in)
    if earlier is None or earlier.eid != eid or earlier.dp_ci_pkid != dp_ci_pkid:
        return None
    return earlier.binding
