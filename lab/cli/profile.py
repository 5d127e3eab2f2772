"""`rsplab profile`: the SM-DP+'s inventory."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lab.cli.output import Json, messages, print_fields, print_json, print_table
from lab.cli.state import state

app = typer.Typer(add_completion=False, help="Build, import and show profiles.", no_args_is_help=True)

Iccid = Annotated[str, typer.Argument(metavar="ICCID", help="18 to 20 digits.")]
Name = Annotated[str | None, typer.Option("--name", help="Profile name shown to the user.")]
Provider = Annotated[str | None, typer.Option("--provider", help="Service provider name shown to the user.")]
Class = Annotated[str | None, typer.Option("--class", metavar="test|provisioning|operational", help="Profile class.")]
Type = Annotated[str | None, typer.Option("--profile-type", help="The pool that orders by type take it from.")]
Icon = Annotated[Path | None, typer.Option("--icon", metavar="FILE", help="64x64 PNG or JPEG, at most 1024 octets.")]
Rules = Annotated[list[str] | None, typer.Option("--rule", metavar="ppr1|ppr2|update_control", help="Policy rule.")]
Digits = Annotated[str | None, typer.Option("--iccid", help="ICCID, 18 to 20 digits.")]
Imsi = Annotated[str | None, typer.Option("--imsi", help="IMSI.")]
K = Annotated[str | None, typer.Option("--k", metavar="HEX", help="Subscriber key K.")]
Opc = Annotated[str | None, typer.Option("--opc", metavar="HEX", help="OPc.")]


@app.command()
def build(
    parameters: Annotated[
        Path | None, typer.Argument(metavar="[FILE.toml]", help="Build parameters; options prevail over them.")
    ] = None,
    iccid: Digits = None,
    imsi: Imsi = None,
    k: K = None,
    opc: Opc = None,
    op: Annotated[str | None, typer.Option("--op", metavar="HEX", help="OP, instead of OPc.")] = None,
    algorithm: Annotated[str | None, typer.Option("--algorithm", metavar="milenage|tuak|xor", help="AKA.")] = None,
    spn: Annotated[str | None, typer.Option("--spn", help="EF.SPN, up to 16 characters.")] = None,
    name: Name = None,
    provider: Provider = None,
    profile_class: Class = None,
    profile_type: Type = None,
    icon: Icon = None,
    rules: Rules = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the package, too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Build a profile from parameters; what isn't given gets a value of the test network 001/01.

    A [FILE.toml] may hold every parameter (docs/provisioning.md).
    """
    from lab.inventory import fresh_parameters

    table = _read_toml(parameters) if parameters else {}
    given = {"iccid": iccid, "imsi": imsi, "k": k, "opc": opc, "op": op, "algorithm": algorithm, "spn": spn}
    table |= {key: value for key, value in given.items() if value is not None}
    table |= _description(name, provider, profile_class, profile_type, icon, rules)
    table = _with_defaults(table, fresh_parameters())
    _add(table, parameters.parent if parameters else Path(), output, as_json)


@app.command("import")
def import_package(
    file: Annotated[Path, typer.Argument(metavar="FILE.der", help="An unprotected profile package.")],
    iccid: Digits = None,
    imsi: Imsi = None,
    k: K = None,
    opc: Opc = None,
    name: Name = None,
    provider: Provider = None,
    profile_class: Class = None,
    profile_type: Type = None,
    icon: Icon = None,
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Import a profile package, octet for octet; --iccid, --imsi, --k and --opc personalise it."""
    given = {"iccid": iccid, "imsi": imsi, "k": k, "opc": opc}
    table: dict[str, Any] = {"upp": str(file.absolute())}
    table |= {key: value for key, value in given.items() if value is not None}
    table |= _description(name, provider, profile_class, profile_type, icon, rules)
    _add(table, Path(), None, as_json)


@app.command("list")
def list_profiles(as_json: Json = False) -> None:
    """List the inventory."""
    from lab.database import open_desk
    from lab.views import PROFILE_COLUMNS, profile_view

    with open_desk(state.lab()) as desk:
        profiles = [profile_view(profile, desk.state_of(profile)) for profile in desk.store.profiles()]
    if as_json:
        print_json(profiles)
    else:
        print_table("Profiles", profiles, PROFILE_COLUMNS)


@app.command()
def show(iccid: Iccid, as_json: Json = False) -> None:
    """Show one profile: metadata, what the package holds, its order."""
    from lab.database import open_desk
    from lab.views import package_view, profile_view

    with open_desk(state.lab()) as desk:
        profile = desk.profile(iccid)
        package = desk.store.package(profile.iccid)
        order = desk.store.order_of_profile(profile.iccid)
        view = profile_view(profile, desk.state_of(profile))
    view["order_id"] = order.order_id if order else None
    view |= package_view(package.upp) if package else {}
    elements = view["elements"]
    if as_json:
        print_json(view)
        return
    print_fields(f"Profile {profile.iccid}", {key: value for key, value in view.items() if key != "elements"})
    print_table("Profile elements", elements, {"name": "Element", "octets": "Octets"})


@app.command()
def delete(
    iccid: Iccid,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a profile from the inventory, with its orders."""
    from lab.cli.questions import confirm
    from lab.database import open_desk

    with open_desk(state.lab()) as desk:
        profile = desk.profile(iccid)
        confirm(f"Delete profile {profile.iccid} and its orders?", yes)
        desk.store.delete_profile(profile.iccid)
    if as_json:
        print_json({"iccid": profile.iccid, "deleted": True})
    else:
        messages().print(f"Profile {profile.iccid} deleted.")


def _add(table: dict[str, Any], directory: Path, output: Path | None, as_json: bool) -> None:
    from lab.database import open_desk
    from lab.inventory import add_profile, profile_from_table
    from lab.views import profile_view

    lab = state.lab()
    profile, package = profile_from_table(table, directory, lab.public_address())
    if output:
        output.write_bytes(package.upp)
    with open_desk(lab) as desk:
        add_profile(desk.store, profile, package)
    view = profile_view(profile, profile.state)
    if as_json:
        print_json(view)
        return
    messages().print(f"Profile {profile.iccid} is in the inventory ({len(package.upp)} octets).")
    print_fields("", {key: view[key] for key in ("iccid", "name", "service_provider_name", "profile_class", "state")})


def _description(
    name: str | None,
    provider: str | None,
    profile_class: str | None,
    profile_type: str | None,
    icon: Path | None,
    rules: list[str] | None,
) -> dict[str, Any]:
    given = {
        "profile_name": name,
        "service_provider_name": provider,
        "profile_class": profile_class,
        "profile_type": profile_type,
        "icon": str(icon.absolute()) if icon else None,
        "policy_rules": rules or None,
    }
    return {key: value for key, value in given.items() if value is not None}


def _with_defaults(table: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    if table.get("algorithm", "milenage") == "milenage" and not {"op", "opc"} & table.keys():
        return defaults | table
    defaults.pop("opc")
    return defaults | table


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

    from lab.errors import LabError

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise LabError(f"{path}: {error}", "give TOML; docs/provisioning.md shows every parameter") from None
