"""Commands of `rsplab` that need the catalogue; the command line finds them as entry points (`rsplab.commands`)."""
