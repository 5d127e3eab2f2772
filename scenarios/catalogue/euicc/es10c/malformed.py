"""ES10c: malformed requests."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import installed, state

ENABLE = "SGP.22 v2.5 section 5.7.16, 3.2.1"
DELETE = "SGP.22 v2.5 section 5.7.18, 3.2.3"
RESET = "SGP.22 v2.5 section 5.7.19, 3.3.2"


def _malformed(name: str, title: str, request: str, spec: str) -> None:
    def body(s: Stage) -> None:
        profile = installed(s)
        answer = s.card.send(request.replace("ICCID", profile.iccid.ef.hex()))
        is_refused = answer.sw not in (0x9000,) or answer.data[-3:] != bytes.fromhex("800100")
        s.check(is_refused, "it is refused", "a status word or result", f"{answer.data.hex()} {answer.sw:04X}")
        s.equal("the state", "disabled", state(s, profile))

    body.__doc__ = f"{title} is refused; nothing changes."
    scenario(f"euicc.es10c.malformed.{name}", spec=spec, tests="euicc")(body)


_malformed("enable_without_wrapper", "EnableProfile without A0 around the identifier", "BF310F5A0AICCID810100", ENABLE)


_malformed("enable_without_flag", "EnableProfile without refreshFlag", "BF310EA00C5A0AICCID", ENABLE)


_malformed(
    "enable_short_iccid", "EnableProfile with an ICCID of 9 octets", "BF3110A00B5A09980010325476981032810100", ENABLE
)


_malformed("delete_empty", "DeleteProfile without an identifier", "BF3300", DELETE)


_malformed("delete_other_identifier", "DeleteProfile with an identifier of another tag", "BF330C5B0AICCID", DELETE)


_malformed("reset_without_options", "eUICCMemoryReset without options", "BF3400", RESET)


_malformed(
    "nickname_not_utf8",
    "SetNickname with octets that are not UTF-8",
    "BF29105A0AICCID9002C328",
    "SGP.22 v2.5 section 5.7.21",
)
