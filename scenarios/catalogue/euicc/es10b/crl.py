"""ES10b.LoadCRL: on cards made for the scenario only, because nothing takes a revocation back."""

from datetime import timedelta

from cryptography import x509

from certs.crl import Revoked, issue_crl
from scenarios import Stage, scenario
from scenarios.catalogue.given import installed
from scenarios.kit.read import children, dig, find, integer
from scenarios.parties.euicc import error_of
from wire.es10 import AuthenticateErrorCode, DownloadErrorCode, LoadCRLResponseError, ResetOptions, RspCapability
from wire.tlv import Tlv, parse, tlv

SPEC = "SGP.22 v2.5 section 5.7.12, 4.6"


def _crl(s: Stage, *serials: int, number: int = 1, part: tuple[int, int] | None = None, issuer: str = "NIST") -> bytes:
    now = s.clock.now()
    revoked = [Revoked(serial, now) for serial in serials]
    raw = issue_crl(
        s.pki.ci(issuer), revoked, number=number, this_update=now, next_update=now + timedelta(days=30), part=part
    )
    return parse(raw, 0x30).value


def _crl_error(answer: Tlv) -> int | None:
    error = find(answer, 0x81)
    return None if error is None else integer(error)


def _loaded(s: Stage, crl: bytes) -> None:
    s.result("LoadCRL", _crl_error(s.card.load_crl(crl)), None)


def _serial(s: Stage) -> int:
    return x509.load_der_x509_certificate(s.pki.dp_auth("NIST").certificate).serial_number


@scenario("euicc.es10b.crl.revoked_server", spec=f"{SPEC}, 4.5.2", tests="euicc", needs="crl, card_settings")
def revoked_server(s: Stage) -> None:
    """A server on the loaded list is refused with invalidCertificate; before, it was accepted."""
    s.result("AuthenticateServer before", s.card.authentication_error(s.server()), None)
    _loaded(s, _crl(s, _serial(s)))
    code = s.card.authentication_error(s.server())
    s.result("AuthenticateServer", code, AuthenticateErrorCode.invalidCertificate)


@scenario("euicc.es10b.crl.others_stay", spec=SPEC, tests="euicc", needs="crl, card_settings")
def others_stay(s: Stage) -> None:
    """A list without the server's number leaves it accepted."""
    _loaded(s, _crl(s, 4711))
    s.result("AuthenticateServer", s.card.authentication_error(s.server()), None)


@scenario("euicc.es10b.crl.revoked_dppb", spec=f"{SPEC}, 5.7.5", tests="euicc", needs="crl, card_settings")
def revoked_dppb(s: Stage) -> None:
    """A revoked CERT.DPpb is refused at PrepareDownload with invalidCertificate."""
    _loaded(s, _crl(s, x509.load_der_x509_certificate(s.pki.dp_pb("NIST").certificate).serial_number))
    server = s.server()
    s.card.reach("authenticated", server)
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.invalidCertificate)


@scenario("euicc.es10b.crl.durable", spec=SPEC, tests="euicc", needs="crl, card_settings")
def crl_durable(s: Stage) -> None:
    """A loaded list survives power off and on."""
    _loaded(s, _crl(s, _serial(s)))
    s.card.power_on()
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")


@scenario("euicc.es10b.crl.signature", spec=SPEC, tests="euicc", needs="crl, card_settings")
def crl_signature(s: Stage) -> None:
    """A list whose signature is wrong: invalidSignature; nobody is revoked by it."""
    crl = bytearray(_crl(s, _serial(s)))
    crl[-1] ^= 1
    s.result("LoadCRL", _crl_error(s.card.load_crl(bytes(crl))), LoadCRLResponseError.invalidSignature)
    s.result("AuthenticateServer", s.card.authentication_error(s.server()), None)


@scenario("euicc.es10b.crl.format", spec=SPEC, tests="euicc", needs="crl, card_settings")
def crl_format(s: Stage) -> None:
    """Octets that are no list: invalidCRLFormat."""
    s.result("LoadCRL", _crl_error(s.card.load_crl(b"\x30\x00")), LoadCRLResponseError.invalidCRLFormat)


@scenario("euicc.es10b.crl.older", spec=SPEC, tests="euicc", needs="crl, card_settings")
def crl_older(s: Stage) -> None:
    """A list that is older than the loaded one: fresherCrlAlreadyLoaded; the fresher one stays."""
    _loaded(s, _crl(s, _serial(s), number=7))
    s.result("LoadCRL", _crl_error(s.card.load_crl(_crl(s, number=6))), LoadCRLResponseError.fresherCrlAlreadyLoaded)
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")


@scenario("euicc.es10b.crl.newer", spec=SPEC, tests="euicc", needs="crl, card_settings")
def crl_newer(s: Stage) -> None:
    """A newer list takes the place of the old one."""
    _loaded(s, _crl(s, _serial(s), number=7))
    _loaded(s, _crl(s, number=8))
    s.result("AuthenticateServer", s.card.authentication_error(s.server()), None)


@scenario("euicc.es10b.crl.parts", spec=SPEC, tests="euicc", needs="crl, card_settings")
def crl_parts(s: Stage) -> None:
    """A list in parts: the answer names the parts that are missing; each part counts."""
    answer = s.card.load_crl(_crl(s, _serial(s), part=(2, 3)))
    s.equal("the missing parts", [1, 3], [integer(one) for one in children(dig(answer, 0xA0, 0xA0))])
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")
    s.card.load_crl(_crl(s, 1, part=(1, 3)))
    answer = s.card.load_crl(_crl(s, 2, part=(3, 3)))
    s.check(find(answer, 0xA0, 0xA0) is None, "nothing is missing any more")
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is still refused")


@scenario("euicc.es10b.crl.unknown_ci", spec=SPEC, tests="euicc", needs="crl, card_settings, brainpool")
def crl_unknown_ci(s: Stage) -> None:
    """A list of a CI that the card doesn't know: verificationKeyNotFound."""
    chains = s.grounds.card_settings().chains[:1]
    card = s.new_card(chains=chains)
    code = _crl_error(card.load_crl(_crl(s, 1, issuer="BRP")))
    s.result("LoadCRL", code, LoadCRLResponseError.verificationKeyNotFound)


@scenario("euicc.es10b.crl.not_supported", spec=SPEC, tests="euicc", needs="card_settings")
def crl_not_supported(s: Stage) -> None:
    """A card without crlSupport refuses LoadCRL, by status word or result."""
    card = s.new_card(rsp_capability=RspCapability.additionalProfile)
    answer = card.send(tlv(0xBF35, tlv(0xA0, _crl(s, 1))))
    s.check(answer.sw != 0x9000 or b"\x81\x01\x7f" in answer.data, "it is refused")


@scenario("euicc.es10b.crl.memory_reset", spec=f"{SPEC}, 5.7.19", tests="euicc", needs="crl, card_settings")
def crl_memory_reset(s: Stage) -> None:
    """A memory reset doesn't bring a revoked server back."""
    installed(s)
    _loaded(s, _crl(s, _serial(s)))
    s.card.memory_reset(ResetOptions.deleteOperationalProfiles)
    s.check(s.card.authentication_error(s.server()) is not None, "the revoked server is refused")
