"""What the console works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from lab.console.trace_index import TraceIndex
from lab.directory import Lab
from lab.managers import Management


@dataclass(frozen=True)
class ConsoleContext:
    """The management of a lab; links: name -> path of pages beside the console's."""

    management: Management
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def lab(self) -> Lab:
        """The lab that is shown."""
        return self.management.lab

    @cached_property
    def cookie_key(self) -> bytes:
        """Signs the console's cookies: the same in every process of the lab, and useless for anything else."""
        return sha256(b"rsplab console cookies" + self.lab.keyring.keys[0]).digest()

    @cached_property
    def traces(self) -> TraceIndex:
        """The sessions in the lab's traces."""
        return TraceIndex(self.lab.traces_path)
