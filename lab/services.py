"""Services that a profile package demands -> the UICCCapability bits that an eUICC announces for them."""

from collections.abc import Iterable

from wire.services import CAPABILITY_OF


def capability_bits(services: Iterable[str]) -> frozenset[str]:
    """The names of the bits for these services."""
    return frozenset(CAPABILITY_OF.get(service, service) for service in services)
