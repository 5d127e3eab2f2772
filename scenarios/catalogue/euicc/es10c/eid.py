"""ES10c.GetEID."""

from scenarios import Stage, scenario
from scenarios.kit.read import children, dig
from wire.ids import Eid

SPEC = "SGP.22 v2.5 section 5.7.20"


@scenario("euicc.es10c.eid.check_digits", spec=f"{SPEC}; SGP.29 section 4", tests="euicc")
def check_digits(s: Stage) -> None:
    """The EID has 16 octets in reading order, and its check digits are right."""
    answer = s.card.es10("BF3E035C015A")
    digits = dig(answer, 0x5A).value.hex()
    s.equal("its length and remainder modulo 97", (32, 1), (len(digits), int(digits) % 97))
    s.equal("nothing else is answered", 1, len(children(answer)))


@scenario("euicc.es10c.eid.as_made", spec=SPEC, tests="euicc", needs="card_settings")
def as_made(s: Stage) -> None:
    """The EID is that of the card and not another one's."""
    s.equal("the EID", "89049032000000000000000000000163", s.new_card(eid="89049032000000000000000000000163").eid)


@scenario("euicc.es10c.eid.without_tag_list", spec=SPEC, tests="euicc")
def without_tag_list(s: Stage) -> None:
    """GetEID without its mandatory tagList is refused with 6A80."""
    s.status_word("GetEID", (0x6A80, 0x6A88), s.card.send("BF3E00").sw)


@scenario("euicc.es10c.eid.in_certificate", spec=f"{SPEC}, 4.5.2", tests="euicc")
def in_certificate(s: Stage) -> None:
    """The EID of GetEID is that of CERT.EUICC."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.equal("the EID", s.card.eid, str(Eid(server.eid.hex())))
