"""`rsplab certs`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lab.cli.output import Json, print_fields, print_json, print_table
from lab.cli.state import state

app = typer.Typer(add_completion=False, help="Show and verify the lab's certificates.", no_args_is_help=True)


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.der]", help="One certificate of any PKI.")] = None,
    as_json: Json = False,
) -> None:
    """Show the certificates of the lab, or everything that one certificate says."""
    from certs.inspect import summary
    from lab.pki import load_pki
    from lab.verification import certificates

    if file is not None:
        _show_file(file, as_json)
        return
    lab = state.lab()
    rows = [
        {"certificate": name, "curve": curve} | summary(der, lab.clock.now())
        for name, curve, der in certificates(load_pki(lab))
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row |= {
            "name": row["eid"] or row["subject"].rpartition("CN=")[2].partition(", ")[0],
            "until": row["not_after"][:10],
        }
    columns = {"certificate": "Certificate", "curve": "Curve", "name": "Name", "until": "Until", "ski_hex": "SKI"}
    print_table("Certificates", rows, columns)


@app.command()
def verify(as_json: Json = False) -> None:
    """Let each peer judge the certificates that it meets: SM-DP+, eUICC, LPA."""
    from lab.errors import ExitCode
    from lab.pki import load_pki
    from lab.verification import verify as judge

    lab = state.lab()
    verdicts = [asdict(verdict) for verdict in judge(lab, load_pki(lab))]
    if as_json:
        print_json(verdicts)
    else:
        columns = {"certificate": "Certificate", "curve": "Curve", "judge": "Judged by", "ok": "Good", "reason": "Why"}
        print_table("Verdicts", verdicts, columns)
    if not all(verdict["ok"] for verdict in verdicts):
        raise typer.Exit(ExitCode.CHECK_FAILED)


@app.command()
def revoke(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="EUM or TLS certificates, DER or PEM.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Until the next update is due.")] = 30,
    as_json: Json = False,
) -> None:
    """Let the lab's CIs issue CRLs that list these certificates, into LAB/crls; without any, only renew them.

    A running `rsplab serve` goes by them within seconds, cards get them with `rsplab lpa load-crl`.
    """
    from lab.cli.output import messages
    from lab.crls import revoke as issue
    from lab.pki import load_pki

    lab = state.lab()
    written = [str(path) for path in issue(lab, load_pki(lab), files or [], days)]
    if as_json:
        print_json({"crls": written})
    else:
        messages().print(f"Issued: {', '.join(written)}.")


def _show_file(file: Path, as_json: bool) -> None:
    from datetime import UTC, datetime

    from certs.inspect import summary
    from lab.errors import LabError
    from wire.errors import DecodeError

    try:
        fields = summary(file.read_bytes(), datetime.now(UTC))
    except DecodeError as error:
        raise LabError(f"{file} is no certificate: {error}", "give one certificate in DER") from None
    if as_json:
        print_json(fields)
    else:
        print_fields(str(file), fields)
