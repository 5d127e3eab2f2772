"""The state of an order as its eUICC and its operator can find it out: nobody looks into the SM-DP+.

Spec: SGP.22 v2.5 section 3.1.6 (states), 5.3.1 to 5.3.4 (what ES2+ allows in which), 5.6.3, 5.6.5
"""

from collections.abc import Callable

from scenarios.grounds import EID, OTHER_EID
from scenarios.kit.session import Es9Session
from scenarios.model import Inconclusive
from scenarios.parties.answer import Answer
from scenarios.parties.smdp import Ordered, Smdp
from wire.codes import ES2P, ES9P, StatusCode
from wire.es10 import CancelSessionReason


class Observer:
    """Asks the SM-DP+; session: a new RSP session of the eUICC with this EID."""

    def __init__(self, smdp: Smdp, session: Callable[[str], Es9Session]) -> None:
        self._smdp = smdp
        self._session = session

    def state(self, order: Ordered) -> str:
        """The order's state ("Released", ...).

        Released and Downloaded orders are left as they are, unless they were ordered for one EID; all others may be
        changed by what is tried on them. From outside a withdrawn profile (Unavailable) is like an installed one.
        Inconclusive where no answer fits.
        """
        if not order.matching_id:
            return self._without_matching_id(order)
        mine, others = (self._reaches(order, eid) for eid in (order.eid or EID, OTHER_EID))
        if mine is None:
            return self._without_matching_id(order)
        if mine is True and others is True:
            return "Released"
        if order.eid is None:
            return "Downloaded"
        return "Downloaded" if self._is(self._cancelled(order), ES2P.CANCEL_ORDER.INVALID_STATE) else "Released"

    def _reaches(self, order: Ordered, eid: str) -> bool | None:
        """Whether this eUICC is offered the profile; None where nobody is. The download is postponed."""
        session = self._session(eid)
        answer = session.authenticate(order)
        if answer.ok:
            session.cancel(CancelSessionReason.postponed)
            return True
        return False if self._is(answer, ES9P.AUTHENTICATE_CLIENT.EID_MISMATCH) else None

    def _without_matching_id(self, order: Ordered) -> str:
        iccid = str(order.iccid)
        if self._smdp.es2("downloadOrder", iccid=iccid).ok:
            return "Available"
        if self._smdp.es2("releaseProfile", iccid=iccid).ok:
            return "Confirmed"
        confirmed = self._smdp.es2("confirmOrder", iccid=iccid, eid=OTHER_EID, releaseFlag=False)
        if confirmed.ok:
            return "Allocated"
        if self._is(confirmed, ES2P.CONFIRM_ORDER.EID_MISMATCH):
            return "Linked"
        cancelled = self._cancelled(order)
        if cancelled.ok:
            return "Error"
        if self._is(cancelled, ES2P.CANCEL_ORDER.INVALID_STATE):
            return "Installed"
        raise Inconclusive(f"the order's state can't be found out: ES2+.CancelOrder answers {cancelled}")

    def _cancelled(self, order: Ordered) -> Answer:
        return self._smdp.es2("cancelOrder", iccid=str(order.iccid), finalProfileStatusIndicator="Available")

    @staticmethod
    def _is(answer: Answer, code: StatusCode) -> bool:
        return answer.code == (code.subject, code.reason)
