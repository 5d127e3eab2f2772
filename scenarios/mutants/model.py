"""What a mutant is: one text in one module of a product, and what stands there instead."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken product.

    name: what is broken; module: where; text: stands there exactly once; replacement: instead of it; first: prefixes of
    the scenarios that are tried first.
    """

    name: str
    module: str
    text: str
    replacement: str
    first: str = ""

    @property
    def role(self) -> str:
        """Whose product it breaks: smdp, euicc or lpa."""
        return {"euicc_sim": "euicc"}.get(self.module.partition(".")[0], self.module.partition(".")[0])

    def source(self) -> str:
        """The module's text with the mutation; ValueError unless the place is there exactly once."""
        whole = path_of(self.module).read_text(encoding="utf-8")
        if whole.count(self.text) != 1:
            raise ValueError(f"{self.name}: the text stands {whole.count(self.text)} times in {self.module}")
        return whole.replace(self.text, self.replacement)


def path_of(module: str) -> Path:
    """The file of a module of this project, without importing anything."""
    return Path(__file__).resolve().parents[2].joinpath(*module.split(".")).with_suffix(".py")
