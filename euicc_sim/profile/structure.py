"""Reading the SEQUENCEs of a profile element: components by tag in the order of the ASN.1, and nothing by chance."""

from collections.abc import Callable
from dataclasses import dataclass

from euicc_sim.profile.status import ElementStatus, PeStatus
from wire.tlv import Tlv


class ElementError(Exception):
    """A profile element cannot be executed: why, and how much memory was missing if that is why."""

    def __init__(
        self,
        status: PeStatus,
        message: str,
        missing_octets: int | None = None,
        additional_information: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.missing_octets = missing_octets
        self.additional_information = additional_information


def bad_values(message: str) -> ElementError:
    """The element is well-formed but contradicts itself or what was installed before."""
    return ElementError(PeStatus.BAD_VALUES, message)


def bad_format(message: str) -> ElementError:
    """The element breaks DER or its ASN.1 structure."""
    return ElementError(PeStatus.INVALID_REQUEST_FORMAT, message)


@dataclass(slots=True)
class Element:
    """One profile element being executed: its TLV, its header, where its warnings go, what the card offers.

    new_directory: the number of the first directory that it created.
    Spec: SAIP PEHeader; an unknown component is a warning, or the end if the element is mandated.
    """

    tlv: Tlv
    warn: Callable[[ElementStatus], None]
    services: frozenset[str]
    mandated: bool = False
    identification: int | None = None
    new_directory: int | None = None

    def warning(self, status: PeStatus, additional_information: int | None = None) -> None:
        """Record a non-fatal status of this element."""
        self.warn(ElementStatus(status, self.identification, additional_information))

    def slots(self, parent: Tlv, *tags: int) -> list[Tlv | None]:
        """The components of a SEQUENCE, one slot per tag of its ASN.1 in order; None for those that are absent."""
        found: list[Tlv | None] = [None] * len(tags)
        position = 0
        for child in parent.children:
            try:
                position = tags.index(child.tag, position)
            except ValueError:
                if child.tag in tags:
                    raise bad_format(f"component {child.tag:X} is repeated or out of order") from None
                self.unknown(child)
                continue
            found[position] = child
            position += 1
        return found

    def unknown(self, component: Tlv) -> None:
        """A component that the ASN.1 does not have."""
        if self.mandated:
            raise ElementError(PeStatus.INVALID_PARAMETER, f"unknown component {component.tag:X}")
        self.warning(PeStatus.INVALID_PARAMETER)


def needed(component: Tlv | None, name: str) -> Tlv:
    """A component that must be present."""
    if component is None:
        raise bad_format(f"{name} is missing")
    return component


def octets(component: Tlv | None, name: str, minimum: int, maximum: int | None = None) -> bytes:
    """The value of a component that must be present, with its size checked."""
    value = needed(component, name).value
    if not minimum <= len(value) <= (minimum if maximum is None else maximum):
        raise bad_format(f"{name} has {len(value)} octets")
    return value


def optional_octets(
    component: Tlv | None, name: str, default: bytes, minimum: int, maximum: int | None = None
) -> bytes:
    """The value of a component with a default, with its size checked."""
    return default if component is None else octets(component, name, minimum, maximum)


def integer(component: Tlv | None, name: str, maximum: int) -> int:
    """A non-negative INTEGER that must be present, minimally encoded, at most `maximum`."""
    value = needed(component, name).value
    if not value or value[0] & 0x80 or (len(value) > 1 and value[0] == 0 and not value[1] & 0x80):
        raise bad_format(f"{name} is not a non-negative DER INTEGER")
    number = int.from_bytes(value, "big")
    if number > maximum:
        raise bad_format(f"{name} is {number}, more than {maximum}")
    return number


def optional_integer(component: Tlv | None, name: str, default: int, maximum: int) -> int:
    """An INTEGER with a default."""
    return default if component is None else integer(component, name, maximum)
