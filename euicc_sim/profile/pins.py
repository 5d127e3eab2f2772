"""PINs: what a key reference means where, tries that survive power loss, and what is verified in this card session.

Spec: ETSI TS 102 221 sections 9.5 and 11.1.9 to 11.1.13
"""

from collections.abc import Iterator

from euicc_sim.profile import image
from euicc_sim.profile.filesystem import FileSystem, Store
from euicc_sim.profile.image import FileEntry, Pin, Puk
from wire.sw import SW
from wire.tlv import tlv

PIN_OCTETS = 8


def is_local(reference: int) -> bool:
    """Whether a key reference means a PIN of the current directory (second application PINs)."""
    return 0x81 <= reference <= 0x88


class Pins:
    """All PINs of a profile."""

    def __init__(self, files: FileSystem, store: Store) -> None:
        self._files = files
        self._store = store
        self._verified: set[tuple[int, int]] = set()

    def _contexts(self, directory: int, reference: int) -> Iterator[int]:
        if not is_local(reference):
            yield image.ROOT
            return
        entry = self._files.files[directory]
        while True:
            yield entry.number if entry.pin_context is None else entry.pin_context
            if entry.number == image.ROOT:
                return
            entry = self._files.parent(entry)

    def find(self, directory: int, reference: int) -> tuple[int, Pin] | None:
        """The PIN that a key reference means in a directory, with the directory that holds it."""
        for context in self._contexts(directory, reference):
            stored = self._store.get(image.pin_key(context, reference))
            if stored is not None:
                return context, Pin.decode(stored)
        return None

    def is_satisfied(self, directory: int, reference: int) -> bool:
        """Whether an access condition with this key reference is met: verified, or the PIN is disabled."""
        found = self.find(directory, reference)
        return found is not None and (not found[1].enabled or (found[0], reference) in self._verified)

    def reset(self) -> None:
        """No PIN is verified any more."""
        self._verified.clear()

    def leave_application(self, application: FileEntry) -> None:
        """The application session ended: its local PINs are no longer verified."""
        files = self._files
        self._verified = {
            (context, reference)
            for context, reference in self._verified
            if not is_local(reference) or not files.contains(application.number, files.files[context])
        }

    def status_template(self, directory: FileEntry) -> bytes:
        """The PIN status template DO (C6) of a directory; b"" if it names no PIN.

        Spec: ETSI TS 102 221 section 11.1.1.4.10
        """
        enabled: list[bool] = []
        references = b""
        for reference in directory.pin_references:
            found = self.find(directory.number, reference)
            if found is None:
                continue
            enabled.append(found[1].enabled)
            references += tlv(0x83, bytes((reference,)))
        if not enabled:
            return b""
        bitmap = bytearray((len(enabled) + 7) // 8)
        for number, is_enabled in enumerate(enabled):
            if is_enabled:
                bitmap[number // 8] |= 0x80 >> number % 8
        return tlv(0xC6, tlv(0x90, bytes(bitmap)), references)

    def _put(self, context: int, reference: int, pin: Pin) -> None:
        self._store.put({image.pin_key(context, reference): pin.encode()})

    def _compare(self, context: int, reference: int, pin: Pin, presented: bytes) -> int:
        """Count the try down in NVM, then compare; the counter goes back up on success."""
        if not pin.left:
            return SW.AUTHENTICATION_BLOCKED
        pin.left -= 1
        self._put(context, reference, pin)
        if presented != pin.value:
            self._verified.discard((context, reference))
            return 0x63C0 | pin.left
        pin.left = pin.maximum
        return SW.OK

    def verify(self, directory: int, reference: int, presented: bytes) -> int:
        """VERIFY PIN; without a value it asks for the tries that are left."""
        found = self.find(directory, reference)
        if found is None:
            return SW.REFERENCED_DATA_NOT_FOUND
        context, pin = found
        if len(presented) not in (0, PIN_OCTETS):
            return SW.WRONG_LENGTH
        if not pin.enabled:
            return SW.REFERENCED_DATA_INVALIDATED
        if not presented:
            return 0x63C0 | pin.left
        sw = self._compare(context, reference, pin, presented)
        if sw == SW.OK:
            self._put(context, reference, pin)
            self._verified.add((context, reference))
        return sw

    def change(self, directory: int, reference: int, data: bytes) -> int:
        """CHANGE PIN: the old value, then the new one."""
        found = self.find(directory, reference)
        if found is None:
            return SW.REFERENCED_DATA_NOT_FOUND
        context, pin = found
        if len(data) != 2 * PIN_OCTETS:
            return SW.WRONG_LENGTH
        if not pin.enabled:
            return SW.REFERENCED_DATA_INVALIDATED
        if not pin.can_be_changed:
            return SW.CONDITIONS_NOT_SATISFIED
        sw = self._compare(context, reference, pin, data[:PIN_OCTETS])
        if sw == SW.OK:
            pin.value = data[PIN_OCTETS:]
            self._put(context, reference, pin)
            self._verified.add((context, reference))
        return sw

    def switch(self, directory: int, reference: int, presented: bytes, enable: bool) -> int:
        """ENABLE or DISABLE PIN."""
        found = self.find(directory, reference)
        if found is None:
            return SW.REFERENCED_DATA_NOT_FOUND
        context, pin = found
        if len(presented) != PIN_OCTETS:
            return SW.WRONG_LENGTH
        if not pin.can_be_disabled or pin.enabled is enable:
            return SW.CONDITIONS_NOT_SATISFIED
        sw = self._compare(context, reference, pin, presented)
        if sw == SW.OK:
            pin.enabled = enable
            self._put(context, reference, pin)
            if enable:
                self._verified.add((context, reference))
        return sw

    def unblock(self, directory: int, reference: int, data: bytes) -> int:
        """UNBLOCK PIN: the unblocking PIN, then a new value; without data it asks for the tries that are left."""
        found = self.find(directory, reference)
        stored = None if found is None else self._store.get(image.puk_key(found[1].unblocking))
        if found is None or stored is None:
            return SW.REFERENCED_DATA_NOT_FOUND
        (context, pin), puk = found, Puk.decode(stored)
        key = image.puk_key(pin.unblocking)
        if not data:
            return 0x63C0 | puk.left
        if len(data) != 2 * PIN_OCTETS:
            return SW.WRONG_LENGTH
        if not puk.left:
            return SW.AUTHENTICATION_BLOCKED
        puk.left -= 1
        self._store.put({key: puk.encode()})
        if data[:PIN_OCTETS] != puk.value:
            return 0x63C0 | puk.left
        puk.left = puk.maximum
        pin.value, pin.left, pin.enabled = data[PIN_OCTETS:], pin.maximum, True
        self._store.put({key: puk.encode(), image.pin_key(context, reference): pin.encode()})
        self._verified.add((context, reference))
        return SW.OK
