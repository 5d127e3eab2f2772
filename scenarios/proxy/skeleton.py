"""The file of a scenario written from what a proxy saw: names, imports, and its functions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FROM: Final = {
    "scenarios.parties.user": ("EndUser",),
    "scenarios.parties.euicc": ("error_of",),
    "wire.activation_code": ("ActivationCode",),
    "wire.codes": ("explain",),
    "wire.es10": (
        *("AuthenticateErrorCode", "BppCommandId", "CancelSessionReason", "DeleteNotificationStatus", "DeleteResult"),
        *("DisableResult", "DownloadErrorCode", "EnableResult", "ErrorReason", "NotificationEvent", "ResetOptions"),
        *("ResetResult", "SetDefaultDpAddressResult", "SetNicknameResult"),
    ),
}


@dataclass(frozen=True, slots=True)
class Story:
    """One scenario: whom it tests, the clauses, its title, the lines of its body."""

    tests: str
    clauses: Sequence[str]
    title: str
    body: Sequence[str]
    needs: str = ""


def write(path: Path, stories: Iterable[Story], source: str) -> None:
    """Write the file; source: what was recorded, in words."""
    path.write_text(skeleton(re.sub(r"[^a-z0-9]+", "_", path.stem.lower()), list(stories), source), "utf-8")


def skeleton(name: str, stories: Sequence[Story], source: str) -> str:
    """The text of the file; its scenarios are called recorded.NAME.ROLE."""
    functions = [_function(name, story) for story in stories]
    imports = _imports("\n".join(functions))
    head = (
        f'"""What {source} saw: change what must differ, and say what must hold.\n\nRun it: rsplab run FILE.py\n"""\n'
    )
    return "\n".join([head, *imports, "", "", "\n\n".join(functions)])


def _function(name: str, story: Story) -> str:
    clauses = ", ".join(sorted(set(story.clauses), key=lambda clause: [int(part) for part in clause.split(".")]))
    needs = f'    needs="{story.needs}",\n' if story.needs else ""
    body = "".join(f"    {line}\n" for line in story.body)
    return (
        f'@scenario(\n    "recorded.{name}.{story.tests}",\n    spec="SGP.22 v2.5 section {clauses}",\n'
        f'    tests="{story.tests}",\n{needs})\ndef {story.tests}(s: Stage) -> None:\n    """{story.title}"""\n{body}'
    )


def _imports(text: str) -> list[str]:
    import scenarios.faults

    text = re.sub(r"s\.step\(.*\)", "", text)
    lines = ["from scenarios import Stage, scenario"]
    for module, names in {"scenarios.faults": tuple(scenarios.faults.__all__), **_FROM}.items():
        used = [name for name in names if re.search(rf"\b{name}\b", text)]
        if used:
            lines.append(f"from {module} import {', '.join(used)}")
    return lines
