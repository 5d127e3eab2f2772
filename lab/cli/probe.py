"""`rsplab probe`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.output import Json, messages, print_json
from lab.cli.state import state

if TYPE_CHECKING:
    from lab.directory import Lab

app = typer.Typer(add_completion=False)


@app.command()
def probe(
    card: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|pcsc:INDEX|pcsc:NAME|tcp:PORT]", help="Which card (default: the only one in a reader)."
        ),
    ] = None,
    record: Annotated[Path | None, typer.Option("--record", metavar="FILE", help="Write every APDU to a log.")] = None,
    as_json: Json = False,
) -> None:
    """Find out what sort of card this is: ATR, ISD-R, EUICCInfo2, CIs, memory, and which presets behave like it."""
    from lab.cli.chip import print_chip
    from lab.probing import known_cis, probe_card
    from lab.readers import only_card

    card = card or only_card()
    lab = _lab()
    atrs: list[bytes] = []
    try:
        view = probe_card(lab, card, record, atrs.append).view()
    except Exception:
        for atr in atrs:
            messages().print(f"ATR {atr.hex().upper()}: {_atr_words(atr)}", soft_wrap=True)
        raise
    view["ci_names"] = known_cis(lab, view["ci_pkids_for_verification_hex"])
    if as_json:
        print_json(view)
    else:
        print_chip(f"Card {card}", view, _behaviour(view))


def _atr_words(atr: bytes) -> str:
    from lab.atr import parse_atr

    answer = parse_atr(atr)
    if answer is None:
        return "malformed"
    protocols = " and ".join(f"T={number}" for number in answer.protocols)
    return f"{protocols}; it announces {'an' if answer.euicc else 'no'} eUICC"


def _behaviour(view: dict[str, Any]) -> dict[str, str]:
    """What was seen from outside."""
    says = {True: "announces an eUICC", False: "announces no eUICC", None: "is none"}[view["atr_says_euicc"]]
    words = {True: "yes", False: "no", None: "can't be seen"}
    pieces = f", answers in pieces of {view['answer_octets']}" if view["answer_octets"] else ""
    return {
        "ATR": f"{view['atr_hex']} ({says})",
        "Protocols": ", ".join(view["protocols"]),
        "Channels": str(view["channels"]),
        "Extended lengths": words[view["extended_length"]],
        "STORE DATA": f"blocks of {view['block_octets'] or 'unknown'} octets{pieces}",
        "Answers at once": words[view["direct_answers"]],
        "FCI of the ISD-R": words[view["isd_r_fci"]],
        "Behaves like": ", ".join(view["presets"]) or "no preset",
    }


def _lab() -> "Lab | None":
    """The lab, if there is one: only its own cards need it."""
    from lab.errors import LabError

    try:
        return state.lab()
    except LabError:
        if state.lab_path is not None:
            raise
        return None
