"""The PC/SC readers of this machine."""

from typing import Any

from lab.atr import parse_atr
from lab.errors import Unreachable
from lab.links import no_pcsc


def reader_views() -> list[dict[str, Any]]:
    """Each reader with the ATR of its card (None for no card) and whether that announces an eUICC."""
    try:
        from lpa.card.pcsc import list_readers
    except ImportError as error:
        raise no_pcsc(error) from None
    views = []
    for index, reader in enumerate(list_readers()):
        answer = parse_atr(reader.atr)
        views.append(
            {
                "index": index,
                "card": f"pcsc:{index}",
                "name": reader.name,
                "atr_hex": reader.atr.hex().upper() or None,
                "euicc": answer.euicc if answer else None,
            }
        )
    return views


def only_card() -> str:
    """`pcsc:INDEX` of the only reader with a card."""
    cards = [view["card"] for view in reader_views() if view["atr_hex"]]
    if len(cards) == 1:
        return str(cards[0])
    if cards:
        raise Unreachable(f"there are cards in {len(cards)} readers", f"name one: {', '.join(cards)}")
    raise Unreachable("there is no card in any reader", "put one in, or name a card of the lab; see rsplab doctor")
