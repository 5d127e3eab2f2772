"""QR codes of activation codes, for a terminal. segno draws them."""

from io import StringIO


def terminal_qr(text: str) -> str:
    """The QR code of `text` as lines of half blocks, with its quiet zone; error correction level M or better."""
    import segno

    out = StringIO()
    segno.make(text, error="m", micro=False).terminal(out, compact=True)
    return out.getvalue()
