"""An LPA of the lab: a card link, a TLS client that trusts the lab's CIs, a user, and the trace."""

import base64
import binascii
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar

from lab.directory import Lab
from lab.errors import LabError
from lab.links import DEFAULT, LinkOptions, foreign_link, is_foreign, logged
from lab.trace import Recorder
from lab.zoo import zoo_names
from lpa.card.in_process import InProcessLink
from lpa.card.link import CardLink
from lpa.core.actions import Procedure
from lpa.core.settings import LpaSettings
from lpa.drive import run
from lpa.http.blocking import BlockingHttpClient
from lpa.http.client import HttpClient
from lpa.http.trust import TlsTrust
from lpa.user import UserAgent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Agent:
    """Runs procedures, one after the other, on one card."""

    settings: LpaSettings
    link: CardLink
    http: HttpClient
    user: UserAgent
    trace: Recorder

    def run(self, procedure: Procedure[T]) -> T:
        """Carry out `procedure`; raises what it raises (LpaError)."""
        return run(procedure, self.link, self.http, self.user, self.trace.as_role("lpa"))


@contextlib.contextmanager
def open_agent(
    lab: Lab,
    card: str,
    user: UserAgent,
    trace: Recorder,
    settings: LpaSettings | None = None,
    options: LinkOptions = DEFAULT,
) -> Iterator[Agent]:
    """An agent with the lab's simulated card `card`, or another one (`lab.links`)."""
    chosen = settings or agent_settings(lab)
    server = lab.running_server()
    if server is not None and not server.main.tls:
        chosen = replace(chosen, plain_http_hosts=own_names(lab))
    with trace.scope(), card_link(lab, card, trace, options) as link:
        http = BlockingHttpClient(tls_trust(lab, bool(chosen.plain_http_hosts)))
        link.connect()
        try:
            yield Agent(chosen, link, http, user, trace)
        finally:
            http.close()
            link.disconnect()


def agent_settings(lab: Lab) -> LpaSettings:
    """The device of the lab's settings; LabError names the setting that is wrong."""
    table = {name: value for name, value in lab.settings.agent.items() if name != "pins"}
    known = {
        "tac",
        "imei",
        "device_capabilities",
        "segment_octets",
        "isdr_aids",
        "basic_channel",
        "refresh",
        "test_mode",
        "retry_waits_s",
    }
    for name in table:
        if name not in known:
            raise LabError(f"{lab.settings_path}: [agent] {name} is unknown", f"use {', '.join(sorted(known))}")
    try:
        if "retry_waits_s" in table:
            table["retry_waits_s"] = tuple(table["retry_waits_s"])
        if "isdr_aids" in table:
            table["isdr_aids"] = tuple(bytes.fromhex(aid) for aid in table["isdr_aids"])
        if "device_capabilities" in table:
            releases = table["device_capabilities"].items()
            table["device_capabilities"] = {name: _version_octets(text) for name, text in releases}
        return LpaSettings(**table)
    except (ValueError, TypeError, AttributeError) as error:
        raise LabError(f"{lab.settings_path}: [agent] {error}", "correct the file by hand") from None


def _version_octets(text: str) -> bytes:
    """A version of three numbers, `15.0.0`, as VersionType."""
    octets = bytes(map(int, text.split(".")))
    if len(octets) != 3:
        raise ValueError(f"{text!r} is no version of three numbers, such as 15.0.0")
    return octets


@contextlib.contextmanager
def card_link(lab: Lab, card: str, trace: Recorder, options: LinkOptions = DEFAULT) -> Iterator[CardLink]:
    """The link to the card that `--card` names."""
    if is_foreign(card):
        with logged(foreign_link(card, options), options.record) as link:
            yield link
        return
    from lab.cards import open_card

    # The agent records the same APDUs at its end of the link.
    with open_card(lab, card, trace.as_role("card", without=frozenset({"apdu"}))) as simulated:
        answer_delay_s = simulated.settings.options.answer_delay_ms / 1000
        with logged(InProcessLink(simulated, answer_delay_s), options.record) as link:
            yield link


def tls_trust(lab: Lab, insecure_plain_http: bool = False) -> TlsTrust:
    """The lab's CIs as trust anchors; its own host names lead to where `rsplab serve` listens."""
    from lab.pki import load_pki

    return TlsTrust(
        ci_certificates=[ci.certificate for ci in load_pki(lab).cis],
        pins=_pins(lab),
        resolve=resolve_map(lab),
        insecure_plain_http=insecure_plain_http,
    )


def _pins(lab: Lab) -> frozenset[bytes]:
    """The pinned keys of servers, [agent] pins; LabError for one that isn't written as curl does."""
    pins = set()
    for text in lab.settings.agent.get("pins", ()):
        try:
            pin = base64.b64decode(str(text).removeprefix("sha256//"), validate=True)
        except binascii.Error:
            pin = b""
        if len(pin) != sha256().digest_size:
            raise LabError(
                f"{lab.settings_path}: [agent] pins: {text!r} is no pin", 'write "sha256//BASE64", as curl does'
            )
        pins.add(pin)
    return frozenset(pins)


def own_names(lab: Lab) -> frozenset[str]:
    """The names of the lab's own SM-DP+; an entry of [resolve] with a port leads to somebody else's."""
    aliases = (name for name, target in lab.settings.resolve.items() if ":" not in target)
    return frozenset(name.lower() for name in (lab.settings.address, *aliases))


def resolve_map(lab: Lab) -> dict[str, str]:
    """Host name -> where to connect: the running servers for the lab's own names.

    A name with the port of one of the listeners leads there; any other port leads to the SM-DP+ on the lab's own port.
    """
    settings, server = lab.settings, lab.running_server()
    resolve = dict.fromkeys(zoo_names(settings.address), settings.host) | dict(settings.resolve)
    if server is None:
        return resolve
    resolve |= dict.fromkeys(own_names(lab), server.main.target)
    resolve |= {
        f"{settings.address}:{bound.port}": bound.target for bound in server.listeners if bound.interface == "es9+"
    }
    return resolve | server.names("es11")
