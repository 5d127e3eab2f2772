"""Activation codes from pictures of QR codes, through pillow and zxing-cpp (extra `qr`); importing this needs both."""

from io import BytesIO
from pathlib import Path

import zxingcpp
from PIL import Image, UnidentifiedImageError

from wire.activation_code import ActivationCode, ActivationCodeError

MAX_PIXELS = 64_000_000


class NoActivationCode(ValueError):
    """The picture holds no readable QR code, or none that is an activation code."""


def read_activation_code(picture: Path | bytes) -> ActivationCode:
    """The activation code in a picture (any format that pillow reads).

    Raises NoActivationCode, and ActivationCodeError with the position where the only QR code is a broken one.
    """
    texts = _texts(picture)
    if not texts:
        raise NoActivationCode("no QR code found: take the picture straight on, whole and sharp, with a white border")
    failures = []
    for text in texts:
        try:
            return ActivationCode.parse(text)
        except ActivationCodeError as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise NoActivationCode(f"none of the {len(texts)} QR codes is an activation code")


def _texts(picture: Path | bytes) -> list[str]:
    try:
        with Image.open(BytesIO(picture) if isinstance(picture, bytes) else picture) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NoActivationCode(f"the picture has more than {MAX_PIXELS} pixels")
            found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.barcode_formats_from_str("QRCode"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise NoActivationCode(f"not a readable picture: {error}") from None
    return [result.text for result in found]
