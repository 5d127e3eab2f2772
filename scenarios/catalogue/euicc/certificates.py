"""The broken-certificate zoo at the eUICC: what it accepts of DPauth, DSauth and DPpb. A card has no clock."""

from certs.roles import Role as Certified
from certs.zoo import DEFECTS, describe
from scenarios import Stage, scenario
from scenarios.faults import Certificate
from scenarios.parties.euicc import error_of
from wire.es10 import AuthenticateErrorCode, DownloadErrorCode

AUTHENTICATE = "SGP.22 v2.5 section 5.7.13, 4.5.2"
PREPARE = "SGP.22 v2.5 section 5.7.5, 4.5.2"
# A card without a clock can't tell the first two; revocation needs a CRL.
NOT_TOLD = {"expired", "not_yet_valid", "revoked"}


def _register_auth(role: Certified, defect: str) -> None:
    def body(s: Stage) -> None:
        server = s.server(Certificate(role.value, defect), smds=role is Certified.DS_AUTH)
        code = s.card.authentication_error(server)
        s.check(code is not None, "AuthenticateServer refuses", "an authenticateErrorCode", code)
        s.result(
            "AuthenticateServer",
            code,
            AuthenticateErrorCode.invalidCertificate,
            AuthenticateErrorCode.ciPKUnknown,
            AuthenticateErrorCode.unsupportedCurve,
            AuthenticateErrorCode.invalidOid,
        )

    body.__doc__ = f"CERT.{role.value}.ECDSA: {describe(defect)}. AuthenticateServer refuses it."
    name = f"euicc.certificates.{role.value.lower()}.{defect}"
    scenario(name, spec=AUTHENTICATE, tests="euicc")(body)


def _register_pb(defect: str) -> None:
    def body(s: Stage) -> None:
        server = s.server(Certificate("DPpb", defect))
        s.card.reach("authenticated", server)
        code = error_of(s.card.prepare(server))
        s.check(code is not None, "PrepareDownload refuses", "a downloadErrorCode", code)
        s.result("PrepareDownload", code, DownloadErrorCode.invalidCertificate, DownloadErrorCode.unsupportedCurve)

    body.__doc__ = f"CERT.DPpb.ECDSA: {describe(defect)}. PrepareDownload refuses it."
    scenario(f"euicc.certificates.dppb.{defect}", spec=PREPARE, tests="euicc")(body)


for _defect in DEFECTS[Certified.DP_AUTH]:
    if _defect not in NOT_TOLD | {"wrong_oid"}:
        _register_auth(Certified.DP_AUTH, _defect)
        if _defect != "wrong_policy":  # with the policy of DPauth it simply is one
            _register_auth(Certified.DS_AUTH, _defect)
for _defect in DEFECTS[Certified.DP_PB]:
    if _defect not in NOT_TOLD:
        _register_pb(_defect)
