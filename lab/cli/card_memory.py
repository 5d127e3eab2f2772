"""`rsplab card snapshot|restore|fork|diff`: whole cards, kept, brought back, doubled and compared."""

from typing import Annotated

import typer

from lab.cli.output import Json, messages, print_json, print_table
from lab.cli.state import state

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="The card's name.")]


@app.command()
def snapshot(
    name: Name,
    label: Annotated[str | None, typer.Argument(metavar="[LABEL]", help="Its name (default: the time).")] = None,
    list_them: Annotated[bool, typer.Option("--list", help="Only list the card's snapshots.")] = False,
    as_json: Json = False,
) -> None:
    """Keep the whole card as it is now."""
    from lab.card_memory import snapshots, take_snapshot

    lab = state.lab()
    if not list_them:
        path = take_snapshot(lab, name, label, lab.clock.now())
        if as_json:
            print_json({"card": name, "label": path.stem, "file": str(path)})
        else:
            messages().print(f"Snapshot {path.stem} of {name}: {path}")
        return
    found = [{"card": name, "label": path.stem, "file": str(path)} for path in snapshots(lab, name)]
    if as_json:
        print_json(found)
    else:
        print_table(f"Snapshots of {name}", found, {"label": "Label", "file": "File"})


@app.command()
def restore(
    name: Name,
    label: Annotated[str | None, typer.Argument(metavar="[LABEL|FILE]", help="Which snapshot (default: last).")] = None,
    as_json: Json = False,
) -> None:
    """Make the card again what it was at a snapshot."""
    from lab.card_memory import restore as bring_back

    path = bring_back(state.lab(), name, label)
    if as_json:
        print_json({"card": name, "label": path.stem, "file": str(path)})
    else:
        messages().print(f"Card {name} is as it was at {path.stem}.")


@app.command()
def fork(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="The twin's name.")],
    as_json: Json = False,
) -> None:
    """Make a twin of the card: same EID and keys, same profiles; from here on their ways part."""
    from lab.card_memory import fork as make_twin
    from lab.card_view import card_summary

    lab = state.lab()
    make_twin(lab, name, new_name)
    if as_json:
        print_json(card_summary(lab, new_name))
    else:
        messages().print(f"Card {new_name} is a twin of {name}.")


@app.command()
def diff(
    name: Name,
    other: Annotated[
        str | None, typer.Argument(metavar="[CARD|LABEL|FILE]", help="Another card or a snapshot (default: the last).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how the card differs from a snapshot or another card."""
    from dataclasses import asdict

    from lab.card_diff import compare
    from lab.card_memory import read_any, read_card

    lab = state.lab()
    other_name, before = read_any(lab, name, other)
    found = [asdict(difference) for difference in compare(before, read_card(lab, name))]
    if as_json:
        print_json(found)
    else:
        columns = {"what": "What", "before": other_name, "after": f"card {name}"}
        print_table(f"{name} and {other_name}", found, columns, "no difference")
