"""`rsplab explain`."""

from dataclasses import asdict
from typing import Annotated

import typer

from lab.cli.output import Json, print_fields, print_json, print_table

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="8.2.6/3.8, sw:6A88 or es10:AuthenticateServer/3.")],
    as_json: Json = False,
) -> None:
    """Explain a status code, a status word or an ES10 result: meaning, likely cause, next step."""
    from lab.explain import explain as explain_code

    explanation = asdict(explain_code(code))
    if as_json:
        print_json(explanation)
        return
    rows = explanation.pop("answered_by")
    unknown = "" if explanation.pop("known") else " (not in the registry)"
    title = f"{explanation.pop('kind')} {explanation.pop('code')}{unknown}"
    print_fields(title, {key: value for key, value in explanation.items() if value})
    if rows:
        print_table("Answered by", rows, {"function": "Function", "clause": "SGP.22", "asn1_error": "ASN.1 error"})
