"""What of a trace is secret, by class. docs/trace.md lists the classes."""

from lab.errors import LabError

CLASSES = frozenset({"keys", "upp", "codes"})

# Names of fields and JSON members, in lower case without underscores.
_SECRETS = {
    "keys": {
        "k", "ki", "op", "opc", "topc", "ck", "ik", "kc", "ak",
        "senc", "smac", "srmac", "ppk", "ppkenc", "ppkcmac", "ppkmac", "sessionkeys", "keys", "key",
        "privatekey", "secretkey", "sharedsecret", "shs", "otsk", "otskdp", "otskeuicc",
        "initialmcv", "initialmacchainingvalue",
    },
    "upp": {"upp", "plaintext", "profilepackage", "unprotectedprofilepackage"},
    "codes": {"confirmationcode", "cc", "pin", "puk", "pin1", "pin2", "puk1", "puk2", "adm", "adm1"},
}  # fmt: skip
_CLASS_OF = {name: secret for secret, names in _SECRETS.items() for name in names}


def secret_class(name: str) -> str | None:
    """The class of secrets that a field of this name holds, or None."""
    return _CLASS_OF.get(name.replace("_", "").lower())


def parse_reveal(text: str) -> frozenset[str]:
    """`upp,keys` -> the classes to show; LabError on a name that is none."""
    wanted = frozenset(word.strip() for word in text.split(",") if word.strip())
    if unknown := sorted(wanted - CLASSES):
        raise LabError(
            f"--reveal {text}: {unknown[0]!r} is no class of secrets", f"choose from {', '.join(sorted(CLASSES))}"
        )
    return wanted
