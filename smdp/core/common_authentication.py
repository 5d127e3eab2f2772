"""Common mutual authentication as SM-DP+ and SM-DS do it alike: choosing credentials, and judging the eUICC's answer.

What differs is the status codes: the groups of ES9+ and ES11 name the same faults by the same names.
Spec: SGP.22 v2.5 sections 3.1.2, 5.6.1, 5.6.3, 5.8.1, 5.8.2
"""

from collections.abc import Collection
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple, Protocol

from smdp.core.procedure import Judge, Refusal, signature_holds
from smdp.core.signed import AuthenticateOk
from smdp.core.trust import ChainRefused, Euicc, Fault
from wire.codes import ES9P, ES11, StatusCode
from wire.errors import DecodeError
from wire.tlv import Tlv, parse

Initiation = type[ES9P.INITIATE_AUTHENTICATION] | type[ES11.INITIATE_AUTHENTICATION]
Authentication = type[ES9P.AUTHENTICATE_CLIENT] | type[ES11.AUTHENTICATE_CLIENT]


class Offer(Protocol):
    """What a server's settings say of whom it talks to."""

    @property
    def lowest_svn(self) -> tuple[int, int]: ...
    @property
    def highest_svn(self) -> tuple[int, int]: ...
    @property
    def offered_cis(self) -> tuple[bytes, ...] | None: ...


class Challenged(Protocol):
    """A session whose challenge the eUICC has to answer."""

    @property
    def transaction_id(self) -> bytes: ...
    @property
    def server_address(self) -> str: ...
    @property
    def server_challenge(self) -> bytes: ...
    @property
    def euicc_ci_pkid(self) -> bytes: ...


class Choice(NamedTuple):
    """What InitiateAuthentication settles: the eUICC's CI, and the CI of the server's own certificate."""

    svn: bytes
    euicc_ci_pkid: bytes
    server_ci_pkid: bytes


def is_own_address(address: str, own: tuple[str, ...]) -> bool:
    """True if a client means this server: host names compare case-insensitively, a port may be there or not."""
    asked = address.lower()
    return any(asked == name or asked.partition(":")[0] == name.partition(":")[0] for name in map(str.lower, own))


def choose(
    offer: Offer, trusted: tuple[bytes, ...], certified: Collection[bytes], euicc_info1: bytes, codes: Initiation
) -> Choice:
    """Choose by EUICCInfo1 (BF20).

    trusted: CIs whose eUICCs are accepted; certified: CIs under which this server has certificates.
    """
    svn, verifiable, signing = _read_info1(euicc_info1)
    if not offer.lowest_svn <= (svn[0], svn[1]) <= offer.highest_svn:
        raise Refusal(codes.SVN_NOT_SUPPORTED, f"SVN {svn[0]}.{svn[1]}.{svn[2]}")
    ci_pkid = _first(signing, trusted, offer.offered_cis)
    if ci_pkid is None:
        raise Refusal(codes.CI_PK_NOT_SUPPORTED, "no CI of euiccCiPKIdListForSigning is trusted here")
    preferred = (ci_pkid, *verifiable) if ci_pkid in verifiable else verifiable
    server_ci_pkid = _first(preferred, certified, offer.offered_cis)
    if server_ci_pkid is None:
        raise Refusal(codes.NO_CERTIFICATE_FOR_CI, "no certificate under a CI of euiccCiPKIdListForVerification")
    return Choice(svn, ci_pkid, server_ci_pkid)


class _Info1(NamedTuple):
    svn: bytes
    verifiable: tuple[bytes, ...]
    signing: tuple[bytes, ...]


@lru_cache
def _read_info1(raw: bytes) -> _Info1:
    """EUICCInfo1, which is the same octets for every eUICC of a model."""
    info = parse(raw, 0xBF20)
    svn = info.child(0x82).value
    if len(svn) != 3:
        raise DecodeError("BF20.82", 0, "a version has three octets")
    return _Info1(svn, _key_ids(info, 0xA9), _key_ids(info, 0xAA) + _key_ids(info, 0xB1))


def _key_ids(info: Tlv, tag: int) -> tuple[bytes, ...]:
    element = info.find(tag)
    return () if element is None else tuple(child.value for child in element.children)


def _first(wanted: tuple[bytes, ...], available: Collection[bytes], offered: tuple[bytes, ...] | None) -> bytes | None:
    for ci_pkid in wanted:
        if ci_pkid in available and (offered is None or ci_pkid in offered):
            return ci_pkid
    return None


def authenticated(ports: Judge, session: Challenged, response: AuthenticateOk, codes: Authentication) -> Euicc:
    """The eUICC that signed the answer to this session's challenge; Refusal for the first thing that is wrong."""
    tid = session.transaction_id
    try:
        euicc = ports.trust.verify(
            response.euicc_certificate,
            response.eum_certificate,
            response.other_certificates,
            session.euicc_ci_pkid,
            ports.now(),
        )
    except ChainRefused as refused:
        ports.verdict(tid, "chain", "CERT.EUICC", False, f"{refused.fault.value}: {refused}")
        raise Refusal(_chain_code(refused.fault, codes), str(refused)) from None
    ports.verdict(tid, "chain", "CERT.EUICC", True)
    if not signature_holds(ports, tid, "euiccSigned1", euicc.public_key, response.signature, response.signed):
        raise Refusal(codes.EUICC_SIGNATURE_INVALID, "euiccSignature1")
    if response.transaction_id != tid:
        raise Refusal(codes.UNKNOWN_TRANSACTION_ID, "transactionId of euiccSigned1")
    if not compare_digest(response.server_challenge, session.server_challenge):
        ports.verdict(tid, "challenge", "serverChallenge", False)
        raise Refusal(codes.EUICC_SIGNATURE_INVALID, "serverChallenge")
    if response.server_address != session.server_address.encode():
        raise Refusal(codes.EUICC_SIGNATURE_INVALID, "serverAddress")
    return euicc


def _chain_code(fault: Fault, codes: Authentication) -> StatusCode:
    return {
        Fault.CI_UNKNOWN: codes.CI_PK_UNKNOWN,
        Fault.EUM_INVALID: codes.EUM_CERTIFICATE_INVALID,
        Fault.EUM_EXPIRED: codes.EUM_CERTIFICATE_EXPIRED,
        Fault.EUICC_INVALID: codes.EUICC_CERTIFICATE_INVALID,
        Fault.EUICC_EXPIRED: codes.EUICC_CERTIFICATE_EXPIRED,
    }[fault]
