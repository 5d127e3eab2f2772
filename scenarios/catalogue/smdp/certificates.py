"""The broken-certificate zoo at the SM-DP+: what it accepts of an eUICC's and its EUM's certificate."""

from certs.roles import Role as Certified
from certs.zoo import DEFECTS, describe
from scenarios import Stage, scenario
from scenarios.faults import Certificate
from wire.codes import ES9P, StatusCode

SPEC = "SGP.22 v2.5 section 5.6.3, 4.5.2"
CODES = ES9P.AUTHENTICATE_CLIENT
INVALID = {Certified.EUICC: CODES.EUICC_CERTIFICATE_INVALID, Certified.EUM: CODES.EUM_CERTIFICATE_INVALID}
EXPIRED = {Certified.EUICC: CODES.EUICC_CERTIFICATE_EXPIRED, Certified.EUM: CODES.EUM_CERTIFICATE_EXPIRED}
# Revoked ones need a CRL at the server; nothing is decided by an EUM's OID. Where the defect shows in the other
# certificate too, either may be blamed.
ELSEWHERE = {"revoked", "missing_registered_id"}
EITHER_BLAMED = {
    "wrong_root",
    "wrong_curve",
    "bad_signature",
    "eid_out_of_range",
    "wrong_organisation",
    "path_length",
    "variant_mixup",
    "missing_name_constraints",
}


def _register(role: Certified, defect: str) -> None:
    expired = defect in ("expired", "not_yet_valid")
    expected: tuple[StatusCode, ...] = (EXPIRED[role], INVALID[role]) if expired else (INVALID[role],)
    if defect in EITHER_BLAMED:
        expected = (*INVALID.values(), CODES.CI_PK_UNKNOWN)

    def body(s: Stage) -> None:
        order = s.smdp.order()
        answer = s.session(Certificate(role.value, defect)).authenticate(order)
        s.refused_with(answer, *expected)
        s.equal("the order's state", "Released", s.smdp.state(order))

    codes = " or ".join(f"{code.subject}/{code.reason}" for code in expected)
    body.__doc__ = f"CERT.{role.name}.ECDSA: {describe(defect)}. Refused with {codes}; the order stays Released."
    scenario(f"smdp.certificates.{role.name.lower()}.{defect}", spec=SPEC, tests="smdp", needs="orders")(body)


for _role in (Certified.EUICC, Certified.EUM):
    for _defect in DEFECTS[_role]:
        if _defect not in ELSEWHERE:
            _register(_role, _defect)
