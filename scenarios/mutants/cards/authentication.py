"""Broken eUICCs: AuthenticateServer and the trust in certificates."""

from typing import Final

from scenarios.mutants.cards.places import AUTH, ES10B, SIGNED, TRUST
from scenarios.mutants.model import Mutant as M

MUTANTS: Final = (
    M(
        "card.auth.no_session_needed",
        AUTH,
        "if not session.allows(SessionEvent.AUTHENTICATE_SERVER):",
        "if False:",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.auth.ci_unchecked",
        AUTH,
        "if request.ci_pkid not in euicc.signing_chains:",
        "if False:",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.auth.signature_unchecked",
        AUTH,
        "valid = verify(server.public_key, request.server_signature1, request.server_signed1.raw)",
        "valid = True",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.auth.challenge_unchecked",
        AUTH,
        "same = request.euicc_challenge == session.challenge",
        "same = True",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.auth.challenge_code",
        AUTH,
        "raise _Refusal(AuthenticateErrorCode.euiccChallengeMismatch)",
        "raise _Refusal(AuthenticateErrorCode.undefinedError)",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.auth.fixed_challenge",
        ES10B,
        "euicc.session.challenge = euicc.entropy.octets(CHALLENGE_OCTETS)",
        "euicc.session.challenge = bytes(16)",
        "euicc.es10b.challenge",
    ),
    M("card.auth.short_challenge", AUTH, "CHALLENGE_OCTETS = 16", "CHALLENGE_OCTETS = 15", "euicc.es10b.challenge"),
    M(
        "card.auth.context_rebuilt",
        SIGNED,
        "euicc_info2, ctx_params1.raw)",
        "euicc_info2, tlv(0xA0, *(c.raw for c in ctx_params1.children[:1])))",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.auth.without_info2",
        SIGNED,
        "return tlv(0x30, *echoed, euicc_info2, ctx_params1.raw)",
        "return tlv(0x30, *echoed, ctx_params1.raw)",
        "euicc.es10b.authenticate",
    ),
    M("card.auth.dpauth_only", AUTH, "(Role.DP_AUTH, Role.DS_AUTH)", "(Role.DP_AUTH,)", "euicc.es10b.cancel"),
    M(
        "card.auth.wrong_chain",
        AUTH,
        "chain = euicc.chain(request.ci_pkid)",
        "chain = next(iter(euicc.signing_chains.values()))",
        "euicc.es10b.authenticate",
    ),
    M(
        "card.trust.signature",
        TRUST,
        "if not signed_by(certificate, certificate.tbs_certificate_bytes, anchors[ci_pkid]):",
        "if False:",
        "euicc.certificates",
    ),
    M(
        "card.trust.role",
        TRUST,
        "        if role.value in named:\n            return role",
        "        return role",
        "euicc.certificates",
    ),
    M("card.trust.key_usage", TRUST, "if not usage.digital_signature:", "if False:", "euicc.certificates"),
    M(
        "card.trust.critical",
        TRUST,
        "if extension.critical and extension.oid not in _KNOWN_EXTENSIONS:",
        "if False:",
        "euicc.certificates",
    ),
    M(
        "card.trust.revoked",
        TRUST,
        "if certificate.serial_number in revoked.get(ci_pkid, frozenset()):",
        "if False:",
        "euicc.es10b.crl",
    ),
    M(
        "card.trust.curve",
        TRUST,
        "if public_key.curve.name != anchors[ci_pkid].curve.name:",
        "if False:",
        "euicc.certificates",
    ),
    M(
        "card.trust.no_oid",
        TRUST,
        "    if len(oids) != 1:",
        "    if not oids:\n        return b'x'\n    if len(oids) != 1:",
        "euicc.certificates",
    ),
)
