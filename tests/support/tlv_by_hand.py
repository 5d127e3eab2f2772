"""BER-TLVs for the small peers of tests, made and read without wire."""


def t(tag: str, *parts: bytes) -> bytes:
    """One TLV; the tag in hex."""
    value = b"".join(parts)
    size = len(value)
    if size < 128:
        length = bytes([size])
    elif size < 256:
        length = bytes([0x81, size])
    elif size < 65536:
        length = b"\x82" + size.to_bytes(2, "big")
    else:
        length = b"\x83" + size.to_bytes(3, "big")
    return bytes.fromhex(tag) + length + value


def split(data: bytes) -> list[tuple[str, bytes, bytes]]:
    """(tag, value, whole) of every TLV in `data`."""
    found, at = [], 0
    while at < len(data):
        start, at = at, at + 1
        if data[start] & 0x1F == 0x1F:
            while data[at] & 0x80:
                at += 1
            at += 1
        tag = data[start:at].hex().upper()
        size, at = data[at], at + 1
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        found.append((tag, data[at : at + size], data[start : at + size]))
        at += size
    return found


def dig(data: bytes, *tags: str) -> bytes:
    """The value at a path of tags, the first of each."""
    for tag in tags:
        data = next(value for found, value, _ in split(data) if found == tag)
    return data


def whole(data: bytes, *tags: str) -> bytes:
    """The TLV at a path of tags."""
    *parents, last = tags
    return next(raw for found, _, raw in split(dig(data, *parents)) if found == last)
