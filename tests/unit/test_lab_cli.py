"""The command line itself: help, options, exit codes, no tracebacks, nothing loaded that isn't needed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.background import command_line, environment
from lab.cards import open_memory
from lab.cli import app
from lab.cli.tree import COMMANDS
from lab.directory import Lab
from tests.support.lab import CliLab, new_lab
from tests.support.smdp_world import EID


def run(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command_line(*arguments), capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment(), cwd=cwd
    )


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert name in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_agrees_with_the_tree(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_imports_no_role_and_no_library_of_theirs() -> None:
    script = (
        "import sys\nfrom lab.cli import main\nsys.argv = ['rsplab', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, env=environment())
    loaded = done.stderr
    for name in ("smdp", "euicc_sim", "lpa", "certs", "wire", "cryptography", "sqlalchemy", "aiohttp", "pydantic"):
        assert f"'{name}'" not in loaded, f"rsplab --help loads {name}"


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(app, ["explian"])
    assert result.exit_code == 2
    assert "explian" in result.stderr


@pytest.mark.parametrize("position", ["before", "after", "equals", "environment"])
def test_the_lab_option_stands_anywhere(tmp_path: Path, position: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = new_lab(tmp_path / "mine")
    words = {
        "before": ["--lab", str(lab.path), "card", "list", "--json"],
        "after": ["card", "list", "--lab", str(lab.path), "--json"],
        "equals": ["card", "list", "--json", f"--lab={lab.path}"],
        "environment": ["card", "list", "--json"],
    }[position]
    if position == "environment":
        monkeypatch.setenv("RSPLAB_LAB", str(lab.path))
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, result.stdout) == (0, "[]\n")


@pytest.mark.parametrize(
    "words",
    [
        ("card", "list"),
        ("profile", "list"),
        ("order", "list"),
        ("certs", "verify"),
        ("trace", "show", "last"),
        ("provision", "x.toml"),
        ("serve", "--port", "0"),
        ("lpa", "--card", "c1", "info"),
    ],
)
def test_a_missing_lab_says_what_to_run(tmp_path: Path, words: tuple[str, ...]) -> None:
    answer = CliLab(tmp_path / "none")(*words, expect=2)
    assert "rsplab init" in answer.stderr
    assert answer.stdout == ""


def test_init_refuses_to_overwrite(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    assert "--force" in lab("init", expect=2).stderr
    assert lab.json("init", "--force", "--address", "dp.example.com:443")["address"] == "dp.example.com"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("init", "--pki", "foo"), "--pki"),
        (("init", "--pki", "sgp26:/nonexistent"), "no directory"),
        (("init", "--address", "no host"), "no host"),
        (("explain", "foo"), "sw:6A88"),
        (("card", "create", "../x"), "can't name"),
        (("card", "create", "x", "--eid", "123"), "32 digits"),
        (("card", "create", "x", "--ci", "rsa"), "nist"),
        (("card", "show", "x"), "card create"),
        (("card", "delete", "x", "--yes"), "no card"),
        (("card", "delete", "x"), "no card"),
        (("profile", "import", "/nonexistent.der"), "nonexistent"),
        (("profile", "show", "123"), "18 to 20 digits"),
        (("profile", "build", "--k", "xx"), "hexadecimal"),
        (("profile", "build", "--imsi", "abc"), "imsi"),
        (("profile", "build", "--icon", "/nonexistent.png"), "icon"),
        (("order", "create"), "--iccid"),
        (("order", "create", "--iccid", "8999001000000000017"), "no profile"),
        (("order", "create", "--profile-type", "gold"), "gold"),
        (("order", "create", "--iccid", "8999001000000000017", "--state", "sold"), "confirmed or released"),
        (("order", "create", "--iccid", "8999001000000000017", "--expires", "soon"), "7d"),
        (("order", "show", "nothing"), "no order"),
        (("lpa", "--card", "x", "info"), "no card"),
        (("lpa", "--card", "x", "profile", "download", "nonsense", "--yes"), "activation code"),
        (("lpa", "--card", "x", "--reveal", "everything", "info"), "no class"),
        (("provision", "/nonexistent.toml"), "nonexistent"),
        (("db", "current", "--database-url", "mysql://root:secret@db/x"), "can't begin with 'mysql'"),
        (("serve", "--database-url", "smdp.db"), "can't begin with"),
        (("trace", "show", "last"), "no trace"),
        (("trace", "show", "/nonexistent"), "no trace"),
    ],
)
def test_bad_input_says_what_where_and_what_to_do(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    lab = CliLab(tmp_path / "lab")
    if words[0] != "init":
        lab("init")
    answer = lab(*words, expect=2)
    assert said in answer.stderr
    assert "->" in answer.stderr
    assert answer.stdout == ""


def test_a_question_with_nobody_there_is_a_refusal(tmp_path: Path) -> None:
    new_lab(tmp_path / "lab")("card", "create", "c1")
    for words in (["card", "delete", "c1"], ["lpa", "--card", "c1", "profile", "download", "1$localhost$A"]):
        done = run("--lab", str(tmp_path / "lab"), *words)
        assert done.returncode == 4
        assert "--yes" in done.stderr


def test_a_defect_is_reported_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = new_lab(tmp_path / "lab")

    def broken(_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("lab.pki.load_pki", broken)
    answer = lab("certs", "verify", expect=70)
    assert "boom" in answer.stderr
    assert "--debug" in answer.stderr


def test_json_is_all_of_stdout(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    profile = lab.json("profile", "build", "--name", "Gold [bold]", "--provider", "ACME", "--class", "provisioning")
    wanted = {
        "name": "Gold [bold]",
        "service_provider_name": "ACME",
        "profile_class": "provisioning",
        "state": "Available",
    }
    assert {key: profile[key] for key in wanted} == wanted
    order = lab.json("order", "create", "--iccid", profile["iccid"], "--matching-id", "ABC-1")
    assert order["activation_code"] == "LPA:1$localhost:8443$ABC-1"
    assert (order["matching_id"], order["iccid"], order["eid"], order["state"]) == (
        "ABC-1",
        profile["iccid"],
        None,
        "Released",
    )
    assert lab.json("order", "show", "ABC-1") == order
    assert lab.json("order", "list") == [order]
    assert lab.json("profile", "list")[0]["state"] == "Released"
    shown = lab.json("profile", "show", profile["iccid"])
    assert shown["elements"][0]["name"] == "header"
    assert json.dumps(shown).count("opc") == 0


def test_the_order_prints_its_code_and_a_qr_that_reads_back(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    zxing = pytest.importorskip("zxingcpp")
    lab = new_lab(tmp_path / "lab")
    profile = lab.json("profile", "build")
    lines = lab("order", "create", "--iccid", profile["iccid"], "--confirmation-code", "1234").stdout.splitlines()
    code = lines[0]
    assert code.endswith("$$1")
    assert len(lines) <= 22  # with what follows on stderr and the next prompt: a terminal of 24 lines
    rows = [line for line in lines[1:] if set(line) & set("█▀▄")]
    picture = image.new("L", (len(rows[0]), 2 * len(rows)), 0)
    for y, row in enumerate(rows):
        for x, block in enumerate(row):
            picture.putpixel((x, 2 * y), 255 if block in "█▀" else 0)
            picture.putpixel((x, 2 * y + 1), 255 if block in "█▄" else 0)
    found = zxing.read_barcodes(picture.resize((picture.width * 8, picture.height * 8), 0))
    assert [barcode.text for barcode in found] == [code]


def test_cancel_frees_the_profile_for_another_order(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    first = lab.order()
    assert "cancel" in lab("order", "create", "--iccid", first["iccid"], expect=2).stderr
    assert lab.json("order", "cancel", first["activation_code"])["state"] == "Available"
    second = lab.json("order", "create", "--iccid", first["iccid"], "--state", "confirmed")
    assert second["state"] == "Confirmed"
    assert lab.json("order", "release", second["order_id"])["state"] == "Released"
    assert "not possible" in lab("order", "release", second["order_id"], expect=1).stderr
    assert lab.json("order", "cancel", second["order_id"], "--unavailable")["state"] == "Unavailable"
    assert lab.json("profile", "list")[0]["state"] == "Unavailable"


def test_a_profile_that_was_installed_has_to_be_made_anew(tmp_path: Path) -> None:
    """CancelOrder is no way out of Installed, so nobody is sent there."""
    lab = new_lab(tmp_path / "lab")
    iccid = lab.json("profile", "build")["iccid"]
    (tmp_path / "set.toml").write_text(f'[[order]]\niccid = "{iccid}"\nstate = "installed"\neid = "{EID}"\n')
    lab("provision", str(tmp_path / "set.toml"))
    refused = lab("order", "create", "--iccid", iccid, expect=2).stderr
    assert f"rsplab profile delete {iccid}" in refused
    assert "order cancel" not in refused
    order_id = lab.json("order", "list")[0]["order_id"]
    assert "docs/states.md" in lab("order", "cancel", order_id, expect=1).stderr


def test_the_first_card_has_the_pkis_own_eid_and_others_their_own(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    eids = [lab("card", "create", name).stderr.split()[-1] for name in ("c1", "c2")]
    assert eids[0] == "89049032123451234512345678901235"
    assert eids[1].startswith("89049032")
    assert eids[1] != eids[0]


def test_a_card_that_cannot_be_read_now_is_listed_with_the_others(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    for name in ("broken", "held", "sound"):
        lab("card", "create", name)
    (lab.path / "cards" / "broken.card").write_bytes(b"no database")
    with open_memory(Lab(lab.path), "held"):
        broken, held, sound = lab.json("card", "list")
        table = lab("card", "list").stdout
    assert (broken["name"], broken["eid"], held["eid"]) == ("broken", None, None)
    assert "not the file of a card" in broken["trouble"]
    assert "in use" in held["trouble"]
    assert (sound["name"], sound["profiles"], sound["trouble"]) == ("sound", 0, None)
    assert all(said in table for said in ("not the file of a card", "in use", sound["eid"]))


def test_every_certificate_of_a_fresh_lab_is_good(tmp_path: Path) -> None:
    verdicts = new_lab(tmp_path / "lab").json("certs", "verify")
    assert {verdict["judge"] for verdict in verdicts} == {"SM-DP+", "eUICC", "LPA"}
    assert all(verdict["ok"] for verdict in verdicts)


def test_an_expired_lab_fails_its_verification(tmp_path: Path) -> None:
    lab = new_lab(tmp_path / "lab")
    with (lab.path / "lab.toml").open("a") as file:
        file.write("[clock]\nat = 2199-01-01T00:00:00Z\n")
    answer = lab("certs", "verify", "--json", expect=5)
    assert not all(verdict["ok"] for verdict in answer.json)


@pytest.mark.parametrize(
    ("words", "position", "wanted"),
    [
        ("rsplab ord", 1, {"order"}),
        ("rsplab order c", 2, {"create", "cancel"}),
        ("rsplab serve --no-tl", 2, {"--no-tls"}),
    ],
)
def test_the_shell_completes_commands_and_options(words: str, position: int, wanted: set[str]) -> None:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(position), "_RSPLAB_COMPLETE": "complete_bash"}
    done = subprocess.run(command_line(), capture_output=True, text=True, env=environment() | asked)
    assert set(done.stdout.split()) == wanted


def test_an_interrupted_command_ends_with_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = new_lab(tmp_path / "lab")

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.pki.load_pki", interrupted)
    lab("certs", "verify", expect=130)
