"""A foreign SM-DP+ or SM-DS behind a URL as the system under test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from certs.authority import Credential
from lab.errors import LabError
from scenarios.grounds import Grounds
from scenarios.https import HttpsPost
from scenarios.kit.profile import Profile
from scenarios.model import Inconclusive, NotApplicable, Role
from scenarios.network import Handler, HttpRequest
from scenarios.parties.server import Caller
from scenarios.parties.smdp import Ordered
from scenarios.stock import Limits, Stocked, matching_id_of
from wire.ports import Entropy, Trace

DEFAULT_REQUESTER = "2.999.20"


@dataclass
class ForeignSmdp:
    """An `SmdpBackend` over TLS; orders come over ES2+ where the ICS has its URL.

    profiles: where those of this scenario come from at a prepared SM-DP+ (`scenarios.stock`); None for one that has
    its own profiles only.
    """

    address: str
    es9: Caller
    es2: Caller
    requester: str
    profile_type: str
    operator: Credential
    profiles: Entropy | None

    def new_profile(self, **options: Any) -> Profile | None:
        if self.profiles is not None:
            return Stocked.new(self.profiles, self.address, **options).profile
        if options:
            raise NotApplicable(f"prepared: this SM-DP+ has its own profiles, none with {', '.join(options)}")
        return None

    def order_request(self, profile: Profile | None) -> dict[str, Any]:
        if profile is not None:
            return {"iccid": str(profile.iccid)}
        if not self.profile_type:
            raise Inconclusive("IUT_SMDP_PROFILE_TYPE is not set: which profile should be ordered?")
        return {"profileType": self.profile_type}

    def limited_order(self, profile: Profile, limits: Limits, confirmation_code: str | None) -> Ordered:
        return Ordered(profile.iccid, matching_id_of(profile), self.address, confirmation_code, profile=profile)

    def state(self, iccid: str) -> str | None:
        return None

    def installation(self, iccid: str, eid: str) -> str | None:
        return None

    def change(self, **settings: Any) -> None:
        raise NotApplicable("the settings of a foreign SM-DP+ can't be changed")

    def restart(self) -> None:
        raise NotApplicable("a foreign SM-DP+ can't be restarted")

    def messages(self) -> list[tuple[str, dict[str, Any]]]:
        raise NotApplicable("a foreign SM-DP+ can't be looked into")


@dataclass
class ForeignSmds:
    """An `SmdsBackend` over TLS."""

    address: str
    es11: Caller
    es12: Caller
    es15: Caller


def foreign_smdp(grounds: Grounds, seed: str, traced: Callable[[str], Trace]) -> tuple[ForeignSmdp, Handler]:
    """The SM-DP+ that the ICS names, and a handler that leads to its ES9+; seed: of the scenario."""
    ics, trace, pki = grounds.ics, traced("kit"), grounds.pki
    roots = [ci.certificate for ci in pki.cis]
    host, port = _authority(ics.sut(Role.SMDP))
    dial = ics.settings.get("IUT_CONNECT_ADDRESS", "")
    es9 = HttpsPost(host, port, roots, dial)
    address = ics.settings.get("IUT_SMDP_ADDRESS") or (host if port == 443 else f"{host}:{port}")
    es2_url = ics.settings.get("IUT_SMDP_ES2_URL", "")
    es2: Handler = _unknown
    es2_host = address
    if es2_url:
        es2_host, es2_port = _authority(es2_url)
        es2 = HttpsPost(es2_host, es2_port, roots, _at_port(dial, es2_port))
    backend = ForeignSmdp(
        address,
        Caller(address, "es9plus", es9, trace),
        Caller(es2_host, "es2plus", es2, trace),
        ics.settings.get("IUT_SMDP_ES2_REQUESTER", DEFAULT_REQUESTER),
        ics.settings.get("IUT_SMDP_PROFILE_TYPE", ""),
        pki.mno(),
        grounds.profile_entropy(seed) if ics.has("prepared") else None,
    )
    return backend, es9


def foreign_root_smds(grounds: Grounds, traced: Callable[[str], Trace]) -> ForeignSmds:
    """The Root SM-DS above the one that the ICS names: what LPAs ask of it."""
    settings = grounds.ics.settings
    host, port = _authority(settings["IUT_SMDS_ROOT_URL"])
    dial = _at_port(settings.get("IUT_CONNECT_ADDRESS", ""), port)
    post = HttpsPost(host, port, [ci.certificate for ci in grounds.pki.cis], dial)
    asked = (Caller(f"{host}:{port}", interface, post, traced("kit")) for interface in ("es11", "es12", "es15"))
    return ForeignSmds(f"{host}:{port}", *asked)


def foreign_smds(grounds: Grounds, traced: Callable[[str], Trace]) -> tuple[ForeignSmds, Handler]:
    """The SM-DS that the ICS names, and a handler that leads to it."""
    ics, trace, pki = grounds.ics, traced("kit"), grounds.pki
    roots = [ci.certificate for ci in pki.cis]
    host, port = _authority(ics.sut(Role.SMDS))
    dial = ics.settings.get("IUT_CONNECT_ADDRESS", "")
    post = HttpsPost(host, port, roots, dial)
    address = ics.settings.get("IUT_SMDS_ADDRESS") or (host if port == 443 else f"{host}:{port}")
    es12_host, es12_port = _authority(ics.settings.get("IUT_SMDS_ES12_URL") or ics.sut(Role.SMDS))
    es12 = HttpsPost(es12_host, es12_port, roots, _at_port(dial, es12_port))
    backend = ForeignSmds(
        address,
        Caller(address, "es11", post, trace),
        Caller(es12_host, "es12", es12, trace),
        Caller(es12_host, "es15", es12, trace),
    )
    return backend, post


def _at_port(dial: str, port: int) -> str:
    """The same machine at another port; "" stays ""."""
    return f"{dial.rpartition(':')[0]}:{port}" if dial else ""


def _authority(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if not parts.hostname:
        raise LabError(f"{url}: no host", "write https://HOST[:PORT]")
    return parts.hostname, parts.port or 443


def _unknown(_: HttpRequest) -> Any:
    raise Inconclusive("IUT_SMDP_ES2_URL is not set: orders can't be made")
