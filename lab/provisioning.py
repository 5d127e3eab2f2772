"""`rsplab provision`: profiles, orders, operators and events set to exactly what a TOML file says.

docs/provisioning.md shows every key.
"""

import contextlib
import re
import ssl
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from certs import x509
from certs.roles import SMDP_OID
from lab.desk import check_eid
from lab.errors import LabError
from lab.inventory import profile_from_table
from lab.provisioning_orders import Keys, OrderReader, check_keys
from smdp.core.events import EventRecord
from smdp.core.messages import Message, MessageState
from smdp.core.outbox import Outbox, deletion, registration
from smdp.core.ports import Conflict, Store
from smdp.core.procedure import Ports
from smdp.core.records import Operator, Order, Package, Profile
from smdp.core.states import DOWNLOADABLE
from smdp.store.events import SqlEvents
from wire.errors import DecodeError
from wire.ids import IdentifierError, MatchingId
from wire.ports import Clock

_TABLES = ("profile", "order", "operator", "event")
_OPERATOR_KEYS: Keys = {"identifier": str, "certificate": str, "notification_url": str, "notification_ca": str}
_EVENT_KEYS: Keys = {"eid": str, "event_id": str, "address": str, "owner": str}
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class Target:
    """What is provisioned: the stores of SM-DP+ and SM-DS.

    ports: of the SM-DP+, for what it has to tell other SM-DSs; called only where that is needed.
    """

    store: Store
    events: SqlEvents
    outbox: Outbox
    clock: Clock
    address: str
    ports: Callable[[], Ports]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What a file set."""

    profiles: list[Profile]
    orders: list[Order]
    operators: list[Operator]
    events: list[EventRecord]


def provision(path: Path, target: Target) -> Provisioned:
    """Set everything to what `path` says; what it doesn't mention stays. LabError before anything is changed."""
    file = _read(path)
    profiles: dict[str, tuple[Profile, Package]] = {}
    for where, table in _tables(path, file, "profile"):
        with _place(where):
            profile, package = profile_from_table(table, path.parent, target.address)
            if profile.iccid in profiles:
                raise LabError(f"ICCID {profile.iccid} stands in the file twice", "give each profile its own")
            profiles[profile.iccid] = profile, package
    reader = OrderReader(target.store, target.clock, profiles)
    orders: list[Order] = []
    for number, (where, table) in enumerate(_tables(path, file, "order"), 1):
        with _place(where):
            orders.append(reader.read(number, table))
    operators: list[Operator] = []
    for where, table in _tables(path, file, "operator"):
        with _place(where):
            operators.append(_operator(table, path.parent))
    events: list[EventRecord] = []
    for where, table in _tables(path, file, "event"):
        with _place(where):
            events.append(_event(table, target))
    return _apply(target, reader.profiles, Provisioned([], orders, operators, events))


def _operator(table: Mapping[str, Any], directory: Path) -> Operator:
    check_keys(table, _OPERATOR_KEYS)
    if not table.get("identifier"):
        raise LabError("identifier is missing", "give the functionRequesterIdentifier that the operator sends")
    url = table.get("notification_url", "")
    if url and not url.startswith("https://"):
        raise LabError(f"notification_url {url!r} is no https address", "give https://host:port")
    (certificate,) = _certificates(directory, "certificate", table) or [b""]
    roots = b"".join(
        ssl.DER_cert_to_PEM_cert(der).encode() for der in _certificates(directory, "notification_ca", table)
    )
    return Operator(table["identifier"], certificate, url, roots)


def _certificates(directory: Path, key: str, table: Mapping[str, Any]) -> list[bytes]:
    """The certificates of a file, DER; several are for `notification_ca` only."""
    name = table.get(key)
    if not name:
        return []
    try:
        raw = (directory / name).read_bytes()
        found = [_der(block) for block in _PEM.findall(raw)] or [raw]
        for der in found:
            x509.read(der)
    except OSError as error:
        raise LabError(f"{key} {name}: {error.strerror}", "name a file in PEM or DER") from None
    except (DecodeError, ValueError) as error:
        raise LabError(f"{key} {name}: {error}", "give a certificate in PEM or DER") from None
    if key == "certificate" and len(found) > 1:
        raise LabError(
            f"{key} {name}: {len(found)} certificates", "give the client's, or that of the CA that issues it"
        )
    return found


def _der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))


def _event(table: Mapping[str, Any], target: Target) -> EventRecord:
    check_keys(table, _EVENT_KEYS)
    eid = check_eid(table.get("eid"))
    if eid is None or not table.get("event_id"):
        raise LabError("eid or event_id is missing", "an event waits for one eUICC under one EventID")
    try:
        event_id = str(MatchingId(table["event_id"]))
    except IdentifierError as error:
        raise LabError(f"event_id: {error}", "use A-Z, 0-9 and hyphens") from None
    return EventRecord(
        eid=eid,
        event_id=event_id,
        rsp_server_address=table.get("address", target.address),
        owner=table.get("owner", SMDP_OID),
        call="rsplab provision",
        created_at=target.clock.now(),
    )


def _apply(target: Target, profiles: Mapping[str, tuple[Profile, Package]], wanted: Provisioned) -> Provisioned:
    store = target.store
    for iccid in profiles:
        if store.profile(iccid) is not None:
            store.delete_profile(iccid)
    operators = []
    for operator in wanted.operators:
        known = store.operator(operator.identifier)
        operators.append(replace(operator, version=known.version) if known else operator)
    try:
        told = _announcements(target, wanted.orders)
        store.commit(*(record for pair in profiles.values() for record in pair), *wanted.orders, *operators, *told)
        for event in wanted.events:
            if (old := target.events.event(event.eid, event.event_id)) is not None:
                target.events.delete_event(old)
            target.events.add_event(event)
    except Conflict as error:
        raise LabError(f"the store refused: {error}", "somebody changed it meanwhile; try again") from None
    return replace(wanted, profiles=[profile for profile, _ in profiles.values()])


def _announcements(target: Target, orders: Sequence[Order]) -> list[Message]:
    """What the SM-DSs of these orders have to be told, so that each has just its event.

    What waits in the outbox for an earlier state is forgotten; an event that is still there is deleted first.
    """
    if not any(order.smds_address for order in orders):
        return []
    ports = target.ports()
    messages: list[Message] = []
    for order in orders:
        if (message := deletion(ports, order)) is None:
            continue
        messages += [
            replace(old, state=MessageState.DONE) for old in target.outbox.messages() if old.lane == message.lane
        ]
        messages.append(message)
        if order.state in DOWNLOADABLE and (due := registration(ports, order)) is not None:
            messages.append(due)
    return messages


def _read(path: Path) -> dict[str, Any]:
    try:
        file = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", "name a TOML file; docs/provisioning.md shows one") from None
    except ValueError as error:
        raise LabError(f"{path}: {error}", "docs/provisioning.md shows the format") from None
    for key in file:
        if key not in _TABLES:
            raise LabError(f"{path}: unknown table {key!r}", f"use {', '.join(f'[[{name}]]' for name in _TABLES)}")
    return file


def _tables(path: Path, file: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Each table of that name with its place in the file."""
    tables = file.get(name, [])
    if not isinstance(tables, list):
        raise LabError(f"{path}: [{name}] is one table", f"write [[{name}]], in double brackets")
    return [(f"{path}: [[{name}]] {number}", table) for number, table in enumerate(tables, 1)]


@contextlib.contextmanager
def _place(where: str) -> Iterator[None]:
    """Puts the place in the file before what is wrong there."""
    try:
        yield
    except LabError as error:
        raise LabError(f"{where}: {error.message}", error.hint, error.exit_code) from None
