"""Profiles that were made before the server's port was known: their notifications shall come to where it listens."""

from dataclasses import replace

from smdp.core.ports import Conflict, Store
from smdp.core.records import Profile
from wire.tlv import Tlv, parse, tlv

_METADATA, _NOTIFICATIONS, _ADDRESS = 0xBF25, 0xB6, 0x81


def readdress(store: Store, host: str, public_address: str) -> int:
    """Let the metadata of every profile name `public_address` instead of this host on another port; how many changed.

    Recipients on other hosts stay as they are.
    """
    changed = 0
    for profile in store.profiles():
        metadata = _readdressed(profile, host, public_address)
        if metadata == profile.metadata:
            continue
        order = store.order_of_profile(profile.iccid)
        # A package that is bound already holds the old address: a retry has to bind it anew.
        unbound = (order._replace(bound_in=b""),) if order is not None and order.bound_in else ()
        try:
            store.commit(replace(profile, metadata=metadata), *unbound)
        except Conflict:
            continue
        changed += 1
    return changed


def _readdressed(profile: Profile, host: str, public_address: str) -> bytes:
    request = parse(profile.metadata, _METADATA)
    return tlv(_METADATA, *(_element(element, host, public_address) for element in request.children))


def _element(element: Tlv, host: str, public_address: str) -> bytes:
    if element.tag != _NOTIFICATIONS:
        return element.raw
    entries = (
        tlv(entry.tag, *(_recipient(part, host, public_address) for part in entry.children))
        for entry in element.children
    )
    return tlv(element.tag, *entries)


def _recipient(part: Tlv, host: str, public_address: str) -> bytes:
    name = part.value.partition(b":")[0].decode("ascii", "replace")
    if part.tag != _ADDRESS or name.lower() != host.lower():
        return part.raw
    return tlv(_ADDRESS, public_address.encode())
