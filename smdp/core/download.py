"""ES9+.GetBoundProfilePackage and the binding of a profile package to an eUICC.

Spec: SGP.22 v2.5 sections 5.6.2, 3.1.3, 2.5 (profile protection).
"""

from hashlib import sha256
from hmac import compare_digest

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smdp.core import bsp, signed
from smdp.core.authentication import reusable_binding
from smdp.core.effects import NotificationPoint, Progress
from smdp.core.inventory import protected
from smdp.core.procedure import Outcome, Ports, Refusal, live, moved, signature_holds
from smdp.core.records import Binding, Order, Package, Record, Session, SessionState
from smdp.core.settings import KeyMode
from smdp.core.states import DOWNLOADABLE, Event
from smdp.core.trust import public_key
from wire.codes import ES9P
from wire.ids import TransactionId
from wire.json_es9 import GetBoundProfilePackageRequest, GetBoundProfilePackageResponse
from wire.tlv import tlv

_CODES = ES9P.GET_BOUND_PROFILE_PACKAGE
_SCALAR_ENTROPY_OCTETS = 40  # 64 bits more than the order, so that the remainder is evenly spread


def get_bound_profile_package(
    ports: Ports, known: Session | None, request: GetBoundProfilePackageRequest
) -> Outcome[GetBoundProfilePackageResponse]:
    """Bind the profile package to the eUICC's one-time key; any refusal ends the session."""
    session = live(ports, known, SessionState.AUTHENTICATED, SessionState.BOUND)
    if session is None:
        raise Refusal(_CODES.UNKNOWN_TRANSACTION_ID)
    response = signed.prepare_download_response(request.prepareDownloadResponse)
    try:
        if isinstance(response, signed.EuiccRefusal):
            raise Refusal(_CODES.EUICC_SIGNATURE_INVALID, f"downloadErrorCode {response.code}")
        _check_signature(ports, session, response)
        if session.state is SessionState.BOUND:
            return _repeat(ports, session, response)
        return _bind(ports, session, response)
    except Refusal as refusal:
        raise refusal.ending(session) from None


def _check_signature(ports: Ports, session: Session, response: signed.PrepareDownloadOk) -> None:
    key, data = public_key(session.euicc_certificate), response.signed + session.smdp_signature2
    if not signature_holds(ports, session.transaction_id, "euiccSigned2", key, response.signature, data):
        raise Refusal(_CODES.EUICC_SIGNATURE_INVALID, "euiccSignature2")
    if response.transaction_id != session.transaction_id:
        raise Refusal(_CODES.UNKNOWN_TRANSACTION_ID, "transactionId of euiccSigned2")


def _repeat(
    ports: Ports, session: Session, response: signed.PrepareDownloadOk
) -> Outcome[GetBoundProfilePackageResponse]:
    """The LPA lost the answer and asks again: the same package once more."""
    binding = session.binding
    if binding is None or binding.otpk_euicc != response.euicc_otpk:
        raise Refusal(_CODES.UNKNOWN_TRANSACTION_ID, "this session has delivered its package")
    package = ports.store.protected_package(session.iccid)
    if package is None:
        raise Refusal(_CODES.BPP_REBINDING_REFUSED, "the profile is no longer in the inventory")
    return Outcome(_answer(ports, session, binding, package))


def _bind(
    ports: Ports, session: Session, response: signed.PrepareDownloadOk
) -> Outcome[GetBoundProfilePackageResponse]:
    order = ports.store.recall_order(session.order_id)
    if order is None:
        raise Refusal(_CODES.BPP_REBINDING_REFUSED, "the order is gone")
    order = _confirmed(ports, session, order, response.hash_cc)
    if order.expires_at is not None and ports.now() >= order.expires_at:
        order, effects = moved(order, Event.EXPIRED)
        raise Refusal(_CODES.DOWNLOAD_ORDER_EXPIRED, "", (order,), effects)
    credentials = ports.credentials[session.dp_ci_pkid]
    try:
        otpk_euicc = ec.EllipticCurvePublicKey.from_encoded_point(credentials.curve, response.euicc_otpk)
    except ValueError:
        raise Refusal(_CODES.EUICC_SIGNATURE_INVALID, "otPK.EUICC is not a point of the curve") from None
    if order.state not in DOWNLOADABLE or order.eid not in (None, session.eid):
        raise Refusal(_CODES.BPP_REBINDING_REFUSED, "the order has gone to another eUICC or ended")
    binding = reusable_binding(ports, order, session.eid, session.dp_ci_pkid)
    if binding is not None and binding.otpk_euicc != response.euicc_otpk:
        if not ports.settings.rebinding:
            raise Refusal(_CODES.BPP_REBINDING_REFUSED, "the profile is bound to another one-time key")
        binding = None
    package, saves = _package(ports, order.iccid)
    if binding is None:
        binding = _new_binding(ports, session, package, otpk_euicc, response.euicc_otpk)

    session = session._replace(state=SessionState.BOUND, binding=binding)
    answer = _answer(ports, session, binding, package)
    progress = Progress(order, NotificationPoint.DOWNLOAD, session.eid)
    if order.reusable:
        return Outcome(answer, (session, *saves), (progress,))
    order, effects = moved(
        order._replace(eid=session.eid, bound_in=session.transaction_id, confirmation_failures=0), Event.BIND
    )
    return Outcome(answer, (session, order, *saves), (*effects, progress))


def _package(ports: Ports, iccid: str) -> tuple[Package, tuple[Record, ...]]:
    """The package to be bound, and what has to be stored if it is only now protected under keys of its own."""
    ready_made = ports.settings.key_mode is KeyMode.PROFILE_PROTECTION_KEYS
    if ready_made and (package := ports.store.protected_package(iccid)) is not None and package.segments:
        return package, ()
    package = ports.store.package(iccid)
    if package is None:
        raise Refusal(_CODES.BPP_REBINDING_REFUSED, "the profile is no longer in the inventory")
    if not ready_made:
        return package, ()
    package = protected(package, ports.entropy)
    return package, (package,)


def _confirmed(ports: Ports, session: Session, order: Order, hash_cc: bytes | None) -> Order:
    """Check the Confirmation Code, if the order has one; a wrong one is counted across sessions."""
    expected = order.confirmation_code_hash
    if expected is None:
        return order
    if hash_cc is None:
        raise Refusal(_CODES.CONFIRMATION_CODE_MISSING)
    if order.confirmation_failures >= order.confirmation_limit:
        raise Refusal(_CODES.CONFIRMATION_CODE_RETRIES_EXCEEDED)
    right = compare_digest(sha256(expected + session.transaction_id).digest(), hash_cc)
    ports.verdict(session.transaction_id, "code", "hashCc", right)
    if right:
        return order
    order = order._replace(confirmation_failures=order.confirmation_failures + 1)
    if order.confirmation_failures < order.confirmation_limit:
        raise Refusal(_CODES.CONFIRMATION_CODE_REFUSED, "", (order,))
    code = _CODES.CONFIRMATION_CODE_RETRIES_EXCEEDED
    order, effects = moved(order, Event.CODE_ATTEMPTS_EXHAUSTED)
    progress = Progress(order, NotificationPoint.CONFIRMATION, session.eid, code)
    raise Refusal(code, "", (order,), (*effects, progress))


def _new_binding(
    ports: Ports,
    session: Session,
    package: Package,
    otpk_euicc: ec.EllipticCurvePublicKey,
    otpk_euicc_octets: bytes,
) -> Binding:
    profile = ports.store.profile(package.iccid)
    if profile is None:
        raise Refusal(_CODES.BPP_REBINDING_REFUSED, "the profile is no longer in the inventory")
    otpk_dp, shared_secret = _agree(ports, otpk_euicc)
    host_id = ports.settings.host_id
    sequence = bsp.Bsp(bsp.derive(shared_secret, host_id, bytes.fromhex(session.eid)))
    segments = tlv(0xA0, sequence.encrypt_and_mac(0x87, signed.CONFIGURE_ISDP))
    segments += tlv(0xA1, bsp.protect_metadata(sequence, profile.metadata))
    offline = ports.settings.key_mode is KeyMode.PROFILE_PROTECTION_KEYS
    if offline:
        segments += tlv(0xA2, sequence.encrypt_and_mac(0x87, package.replace_session_keys))
    else:
        segments += tlv(0xA3, bsp.protect_elements(sequence, package.upp))
    return Binding(otpk_dp, otpk_euicc_octets, host_id, segments, offline)


def _agree(ports: Ports, otpk_euicc: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """A one-time key pair and its use: (otPK.DP, shared secret); the private key ends here."""
    curve = otpk_euicc.curve
    scalar = 1 + int.from_bytes(ports.entropy.octets(_SCALAR_ENTROPY_OCTETS), "big") % (curve.group_order - 1)
    otsk_dp = ec.derive_private_key(scalar, curve)
    otpk_dp = otsk_dp.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return otpk_dp, otsk_dp.exchange(ec.ECDH(), otpk_euicc)


def _answer(ports: Ports, session: Session, binding: Binding, package: Package) -> GetBoundProfilePackageResponse:
    """The stored protected segments behind a fresh InitialiseSecureChannel of this session."""
    signer = ports.credentials[session.dp_ci_pkid].pb_signer
    isc = signer.sign(
        "InitialiseSecureChannelRequest",
        signed.initialise_secure_channel(session.transaction_id, binding.host_id, binding.otpk_dp),
        tlv(0x5F49, binding.otpk_euicc),
    )
    elements = tlv(0xA3, package.segments) if binding.offline else b""
    bpp = tlv(0xBF36, tlv(0xBF23, isc.data, tlv(0x5F37, isc.signature)), binding.segments, elements)
    return GetBoundProfilePackageResponse(transactionId=TransactionId(session.transaction_id), boundProfilePackage=bpp)
