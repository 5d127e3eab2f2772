"""ES10a: the configured addresses."""

from scenarios import Stage, scenario
from wire.es10 import SetDefaultDpAddressResult
from wire.tlv import tlv

ADDRESSES, SET_ADDRESS = "SGP.22 v2.5 section 5.7.3", "SGP.22 v2.5 section 5.7.4"


@scenario("euicc.es10a.addresses.fresh", spec=ADDRESSES, tests="euicc", needs="card_settings")
def fresh(s: Stage) -> None:
    """A new card has no default SM-DP+ address, and always a root SM-DS address."""
    card = s.new_card(root_ds_address="root.example.com")
    s.equal("the addresses", (None, "root.example.com"), card.configured_addresses())


@scenario("euicc.es10a.addresses.set", spec=f"{SET_ADDRESS}, 5.7.3", tests="euicc")
def set_address(s: Stage) -> None:
    """SetDefaultDpAddress sets the address, replaces it, and clears it."""
    for address in ("smdp.example.com", "other.example.com", ""):
        s.result("SetDefaultDpAddress", s.card.set_default_dp_address(address), SetDefaultDpAddressResult.ok)
        s.equal("the address", address or None, s.card.configured_addresses()[0])


@scenario("euicc.es10a.addresses.durable", spec=SET_ADDRESS, tests="euicc", needs="power")
def durable(s: Stage) -> None:
    """The default SM-DP+ address survives power off and on."""
    s.card.set_default_dp_address("smdp.example.com")
    s.card.power_on()
    s.equal("the address", "smdp.example.com", s.card.configured_addresses()[0])


@scenario("euicc.es10a.addresses.not_utf8", spec=SET_ADDRESS, tests="euicc")
def not_utf8(s: Stage) -> None:
    """An address that isn't UTF-8 is refused, and the old one stays."""
    s.card.set_default_dp_address("smdp.example.com")
    answer = s.card.send(tlv(0xBF3F, tlv(0x80, b"\xc3\x28")))
    s.check(answer.data[-1:] != b"\x00" or answer.sw != 0x9000, "it is refused")
    s.equal("the address", "smdp.example.com", s.card.configured_addresses()[0])


@scenario("euicc.es10a.addresses.missing", spec=SET_ADDRESS, tests="euicc")
def missing(s: Stage) -> None:
    """SetDefaultDpAddress without its mandatory member is refused with 6A80."""
    s.status_word("SetDefaultDpAddress", (0x6A80, 0x6A88), s.card.send("BF3F00").sw)
