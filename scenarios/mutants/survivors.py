"""Mutants that the catalogue lets live, and why."""

from typing import Final

_FRESH = "every power-on of a simulated card makes a new one on the same memory, so working memory is gone anyway"
_OPEN = "the standard's code for an eUICC that reports its own refusal is open: any refusal is accepted"
REASONS: Final[dict[str, str]] = {
    "card.reset.keeps_channels": _FRESH,
    "card.reset.keeps_session": _FRESH,
    "card.class.chaining": "the next line refuses the class with 6E00, which the standard allows as well as 6884",
    "dp.trust.ci_of_choice": "the next check, who issued the certificate, refuses the same chains",
    "dp.trust.path_length": "the zoo's chain of this defect is refused by the table of roles before",
    "dp.notify.late": "the store refuses the lower number once more when it writes (smdp/store/sql.py)",
    "card.challenge.keeps_session": "the state table refuses what could use the old session: no difference outside",
    "card.install.load_without_prepare": "without a preparation the load is refused by the line before: equivalent",
    "dp.auth.euicc_error_ignored": _OPEN,
    "ds.euicc_error_ignored": _OPEN,
}
