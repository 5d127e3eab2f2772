"""The lab's certificates: what they say, how long they last, and how the peer that meets them judges them."""

from typing import Any

from certs.inspect import summary
from lab.console.visit import Page, PageRoute, Reply, Visit
from lab.pki import load_pki
from lab.verification import certificates, verify


def index(visit: Visit) -> Reply:
    """Those that end first come first."""
    pki, now = load_pki(visit.lab), visit.lab.clock.now()
    verdicts = {(one.certificate, one.curve): one for one in verify(visit.lab, pki)}
    rows: list[dict[str, Any]] = [
        {"name": name, "curve_name": curve, "verdict": verdicts.get((name, curve)), **summary(der, now)}
        for name, curve, der in certificates(pki)
    ]
    rows.sort(key=lambda row: row["days_left"])
    return Page("certificates.html", {"title": "Certificates", "certificates": rows})


ROUTES = (PageRoute("GET", "/certificates", "operations:read", index),)
