"""ES9+.GetBoundProfilePackage and HandleNotification."""

from scenarios import Stage, scenario
from wire.codes import ES9P

SPEC = "SGP.22 v2.5 section 5.6.2"
CODES = ES9P.GET_BOUND_PROFILE_PACKAGE


@scenario(
    "smdp.es9.package.nominal", spec=f"{SPEC}, 2.5.3, 2.5.4; SGP.22 v2.5 section 5.5", tests="smdp", needs="orders"
)
def nominal(s: Stage) -> None:
    """The bound package opens with the agreed keys, holds the ordered profile, and its result ends the order."""
    order = s.smdp.order()
    session = s.session()
    opened = session.download(order)
    if order.profile:
        s.equal("the package is the ordered profile", order.profile.package, opened.package)
    s.equal("ConfigureISDP", bytes.fromhex("BF2400"), opened.configure_isdp)
    s.equal("the order's state", "Installed", s.smdp.state(order))


@scenario("smdp.es9.package.code_wrong", spec=f"{SPEC}, 4.7", tests="smdp", needs="orders, confirmation_code")
def code_wrong(s: Stage) -> None:
    """A wrong Confirmation Code is refused with 8.2.7/3.8; the right one works in the next session."""
    order = s.smdp.order(confirmation_code="4711")
    session = s.session()
    s.accepted(session.authenticate(order))
    s.equal("a Confirmation Code is asked for", True, session.euicc.code_required)
    s.refused(session.get_package("0815"), CODES.CONFIRMATION_CODE_REFUSED)
    again = s.session()
    s.accepted(again.authenticate(order))
    s.accepted(again.get_package("4711"))
