"""`rsplab card tree` and `rsplab card shell`: the file system of the enabled profile, walked by APDUs."""

from pathlib import Path

import pytest

from tests.support.lab import CliLab
from tests.support.stocked_card import IMSI, RAND, order, shell, stocked_lab

ADF_USIM = "A0000000871002FFFFFFFF8900000100"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> CliLab:
    return stocked_lab(tmp_path_factory.mktemp("files") / "lab")


def test_the_tree_names_every_file_and_shows_no_content(lab: CliLab) -> None:
    files = {file["path"]: file for file in lab.json("card", "tree", "c1")}
    assert files["3F00"]["kind"] == "MF"
    assert files["3F00/2FE2"]["name"] == "EF.ICCID"
    assert files[f"3F00/{ADF_USIM}"]["name"] == "ADF.USIM"
    imsi = files[f"3F00/{ADF_USIM}/6F07"]
    assert (imsi["name"], imsi["kind"], imsi["size"], imsi["sfi"]) == ("EF.IMSI", "transparent", 9, 7)
    assert all("content" not in file for file in files.values())
    lines = lab("card", "tree", "c1").stdout.splitlines()
    assert lines[0].split() == ["MF", "3F00"]
    details = {line.replace("│", " ").split()[1]: line.split()[2:] for line in lines if "─ EF." in line}
    assert details["EF.SPN"][-3:] == ["6F46", "transparent", "17"]
    assert details["EF.SMS"][-6:] == ["6F3C", "linear", "fixed", "10", "x", "176"]
    assert details["EF.ACC"][-2:] == ["SFI", "06"]
    assert lines[-1].startswith("        └── EF.KcGPRS")


def test_the_tree_of_a_profile_that_is_not_enabled(lab: CliLab) -> None:
    by_iccid = lab.json("card", "tree", "c1", "--iccid", str(order().iccid))
    assert by_iccid == lab.json("card", "tree", "c1")
    assert "is not on this card" in lab("card", "tree", "c1", "--iccid", "8999001000000000017", expect=2).stderr


def test_a_card_without_a_profile_has_a_bare_file_system(lab: CliLab) -> None:
    lab("card", "create", "empty")
    assert [file["name"] for file in lab.json("card", "tree", "empty")] == ["MF", "EF.UMPC"]
    assert shell(lab, "ls", card="empty").stdout.split()[:2] == ["2F08", "EF.UMPC"]
    lab("card", "delete", "empty", "--yes")


def test_names_identifiers_aids_and_paths_lead_to_the_same_file(lab: CliLab) -> None:
    swapped = "08" + "".join(a + b for a, b in zip(("9" + IMSI)[1::2], ("9" + IMSI)[0::2], strict=True))
    for name in ("/ADF.USIM/EF.IMSI", "/adf.usim/imsi", f"/{ADF_USIM}/6F07", f"{ADF_USIM[:14]}/6f07", "usim/6F07"):
        assert shell(lab, f"cat {name}").stdout.splitlines() == [swapped, f"= {IMSI}"], name


def test_walking_down_and_up_and_what_is_where(lab: CliLab) -> None:
    lines = shell(lab, "pwd", "cd ADF.USIM", "pwd", "cd DF.GSM-ACCESS", "pwd", "ls", "cd ..", "pwd", "cd", "pwd").stdout
    assert lines.splitlines()[:3] == ["/", "/ADF.USIM", "/ADF.USIM/DF.GSM-ACCESS"]
    assert "EF.Kc" in lines
    assert lines.splitlines()[-2:] == ["/ADF.USIM", "/"]


def test_records_are_numbered_and_names_decoded(lab: CliLab) -> None:
    iccid, spn, directory = (shell(lab, f"cat {name}").stdout for name in ("ICCID", "/ADF.USIM/SPN", "EF.DIR"))
    assert f"= {order().iccid}" in iccid
    assert "= rsplab" in spn
    assert directory.split()[0] == "1"
    assert ADF_USIM in directory


def test_selecting_shows_the_control_parameters(lab: CliLab) -> None:
    first, template = shell(lab, "select EF.ICCID").stdout.splitlines()
    assert first == "2FE2: transparent, 10 octets"
    assert template.startswith("62")
    assert "83022FE2" in template


def test_authenticate_gives_the_values_of_the_test_set(lab: CliLab) -> None:
    """3GPP TS 35.208 section 4.3, test set 1: SRES and Kc by conversion functions c2 and c3."""
    answer = shell(lab, "cd ADF.USIM", "verify pin1 1234", f"authenticate {RAND} gsm", expect=1)
    assert "6984" in answer.stderr, "PIN1 of this profile is disabled"
    assert answer.stdout.splitlines() == ["SRES 46F8416A", "Kc EAE4BE823AF9A08B"]


def test_a_wrong_mac_is_said_in_words(lab: CliLab) -> None:
    answer = shell(lab, "cd ADF.USIM", f"authenticate {RAND} {'00' * 16}", expect=1)
    assert "9862" in answer.stderr
    assert "MAC" in answer.stderr


def test_adm1_counts_its_tries(lab: CliLab) -> None:
    before = shell(lab, "verify adm1").stdout
    after = shell(lab, "verify adm1 0000000000000000", "verify adm1", expect=1)
    assert before.startswith("63C")
    assert int(after.stdout[3], 16) == int(before[3], 16) - 1


def test_any_apdu_and_a_reset(lab: CliLab) -> None:
    lines = shell(lab, "apdu 00A4 0000 02 2FE2", "reset", "pwd").stdout.splitlines()
    assert lines[0].startswith("61")
    assert "GET RESPONSE" in lines[1]
    assert lines[2].startswith("3B9E96803FC782")
    assert lines[3] == "/"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dance", "no command"),
        ("cat", "select an elementary file"),
        ("cat nothing", "there is no nothing"),
        ("cat 6FFF", "6A82"),
        ("cd /ADF.NONE", "there is no ADF.NONE in /"),
        ("cd EF.ICCID", "no directory"),
        ("cat a b", "2 arguments"),
        ("verify pin9 1234", "hexadecimal"),
        ("verify pin1 12", "4 to 8 digits"),
        ("authenticate 00 11", "32 hexadecimal digits"),
        ("apdu", "hexadecimal"),
        ("apdu 00A", "hexadecimal"),
        ("cat 'EF", "quotation"),
    ],
)
def test_what_fails_is_said_and_the_next_line_works(lab: CliLab, line: str, said: str) -> None:
    answer = shell(lab, line, "pwd", expect=1)
    assert said in answer.stderr
    assert answer.stdout.splitlines()[-1] == "/"


def test_help_comments_empty_lines_and_exit(lab: CliLab) -> None:
    answer = shell(lab, "", "# a comment", "help", "exit", "nonsense")
    assert "authenticate RAND AUTN" in answer.stdout
    assert answer.stderr == ""


def test_a_shell_on_a_card_that_is_not_there(tmp_path: Path, lab: CliLab) -> None:
    assert "no card" in shell(lab, card="nobody", expect=2).stderr
