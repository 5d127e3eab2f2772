"""The agent that the options of `rsplab lpa` describe."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.cli.state import state

if TYPE_CHECKING:
    from lab.agent import Agent


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """device: values of `lpa.core.settings.LpaSettings` that go before those of lab.toml."""

    card: str
    record: Path | None
    device: dict[str, Any]
    protocol: str | None
    timeout_s: float
    trace: bool
    reveal: str


options: ContextVar[AgentOptions] = ContextVar("lpa_options")


@contextlib.contextmanager
def the_agent(yes: bool = False, code: str | None = None, quiet: bool = False) -> "Iterator[Agent]":
    """The agent while the block runs."""
    from dataclasses import replace

    from lab.agent import agent_settings, open_agent
    from lab.cli.user import terminal_user
    from lab.errors import LabError
    from lab.links import LinkOptions
    from lab.redaction import parse_reveal
    from lab.tracing import open_trace

    lab, chosen = state.lab(), options.get()
    if chosen.protocol not in (None, "T=0", "T=1"):
        raise LabError(f"--protocol {chosen.protocol!r} is unknown", "cards in readers speak T=0 or T=1")
    try:
        device = replace(agent_settings(lab), **chosen.device)
    except ValueError as error:
        raise LabError(str(error), "correct the option") from None
    link = LinkOptions(chosen.protocol, chosen.timeout_s, chosen.record)
    with (
        open_trace(lab, "lpa", chosen.trace, parse_reveal(chosen.reveal)) as trace,
        terminal_user(yes, code, quiet) as user,
        open_agent(lab, chosen.card, user, trace, device, link) as agent,
    ):
        yield agent
