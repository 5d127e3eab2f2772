"""Simulated eUICCs of a lab: made under its EUM, kept one file each, opened in this process."""

import contextlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.authority import Credential
from certs.errors import PkiError
from certs.pki import Pki
from euicc_sim.core.card import Card, provision
from euicc_sim.core.options import CardOptions, OptionError, options_from_table
from euicc_sim.core.settings import CardSettings, EuiccChain
from euicc_sim.io.nvm_file import CardFileError
from lab.clock import SystemEntropy
from lab.directory import Lab
from lab.errors import ExitCode, LabError
from lab.sealing import SealedNvm
from wire.ids import Eid, IdentifierError
from wire.ports import Entropy, Trace

CURVES = {"nist": ("NIST",), "brp": ("BRP",), "both": ("NIST", "BRP")}


def create_card(
    lab: Lab, pki: Pki, name: str, eid: str | None = None, ci: str = "both", options: str = ""
) -> CardSettings:
    """Make the card file `name`; the first card gets the PKI's own eUICC certificates and their EID.

    options: text of its card.toml, kept as NAME.toml beside it; "" for a card as the reference has it.
    """
    if ci not in CURVES:
        raise LabError(f"--ci {ci!r} is unknown", f"choose from {', '.join(CURVES)}")
    path = lab.card_path(name)
    if path.exists():
        raise LabError(f"there is already a card {name!r}", f"use another name, or run: rsplab card delete {name}")
    if options:
        _read_options(options, "card.toml")
    curves = [curve for curve in CURVES[ci] if curve in pki.curves]
    if not curves:
        raise LabError(f"this lab's PKI has no CI for --ci {ci}", f"it has {', '.join(pki.curves).lower()}")
    chosen = _chosen_eid(lab, pki, eid)
    try:
        chains = tuple(_chain(pki, curve, chosen) for curve in curves)
    except (PkiError, ValueError) as error:
        raise LabError(f"can't issue a certificate for EID {chosen}: {error}", "give another --eid, or none") from None
    settings = CardSettings(eid=chosen, chains=chains, name=name, root_ds_address=lab.settings.smds_address)
    nvm = SealedNvm(path, lab.keyring, create=True)
    try:
        provision(nvm, settings)
    except BaseException:
        nvm.close()
        path.unlink(missing_ok=True)
        raise
    nvm.close()
    if options:
        options_path(path).write_text(options, "utf-8")
    return settings


def options_path(card_path: Path) -> Path:
    """The card.toml of a card file: NAME.toml beside NAME.card."""
    return card_path.with_suffix(".toml")


@contextlib.contextmanager
def open_card(lab: Lab, name: str, trace: Trace, entropy: Entropy | None = None) -> Iterator[Card]:
    """The card `name`, in this process; LabError if there is none or another process holds it."""
    with open_memory(lab, name) as nvm:
        yield Card(nvm, entropy or SystemEntropy(), trace, options=card_options(lab, name))


@contextlib.contextmanager
def open_memory(lab: Lab, name: str) -> Iterator[SealedNvm]:
    """The memory of the card `name`; LabError if there is none or another process holds it."""
    with open_memory_file(lab, card_file(lab, name)) as nvm:
        yield nvm


def card_file(lab: Lab, name: str) -> Path:
    """The file of the card `name`; LabError if there is none."""
    path = lab.card_path(name)
    if not path.exists():
        names = ", ".join(lab.card_names()) or "none yet"
        raise LabError(
            f"there is no card {name!r} in {lab.path}", f"cards: {names}; make one: rsplab card create {name}"
        )
    return path


@contextlib.contextmanager
def open_memory_file(lab: Lab, path: Path) -> Iterator[SealedNvm]:
    """The memory in the card file `path` of this lab."""
    try:
        nvm = SealedNvm(path, lab.keyring)
    except CardFileError as error:
        if error.in_use:
            hint = "close the other program that uses this card, and try again"
            raise LabError(str(error), hint, ExitCode.UNREACHABLE) from None
        raise LabError(str(error), f"restore the file, or remove it: rsplab card delete {path.stem}") from None
    with nvm:
        yield nvm


def card_options(lab: Lab, name: str) -> CardOptions | None:
    """What the card's card.toml says, None without one."""
    path = options_path(lab.card_path(name))
    return _read_options(path.read_text("utf-8"), str(path)) if path.exists() else None


def _read_options(text: str, where: str) -> CardOptions:
    try:
        return options_from_table(tomllib.loads(text))
    except OptionError as error:
        raise LabError(f"{where}: {error}", "docs/interop.md lists options and presets") from None
    except ValueError as error:
        raise LabError(f"{where}: {error}", "correct the file by hand") from None


def delete_card(lab: Lab, name: str) -> None:
    """Remove the card file `name` and what SQLite left beside it."""
    path = card_file(lab, name)
    for file in (path, options_path(path), *path.parent.glob(f"{path.name}-*")):
        file.unlink(missing_ok=True)


def certificate_eid(credential: Credential) -> str:
    """The EID in an eUICC certificate's subject."""
    from certs import x509

    return dict(x509.name_attributes(credential.fields.subject)).get("serialNumber", "")


def _chosen_eid(lab: Lab, pki: Pki, eid: str | None) -> Eid:
    if eid is not None:
        try:
            return Eid(eid)
        except IdentifierError as error:
            raise LabError(f"--eid {eid}: {error}", "an EID has 32 digits, the last two being check digits") from None
    own = certificate_eid(pki.euicc(pki.curves[0]))
    if not lab.card_names():
        return Eid(own)
    prefixes = [prefix for _, prefix in pki.eum(pki.curves[0]).permitted]
    prefix = prefixes[0] if prefixes else own[:8]
    digits = int.from_bytes(SystemEntropy().octets(16), "big") % 10**22
    return Eid.with_check_digits((prefix + f"{digits:022d}")[:30])


def _chain(pki: Pki, curve: str, eid: Eid) -> EuiccChain:
    own = pki.euicc(curve)
    credential = own if certificate_eid(own) == eid else pki.issue_euicc(eid, curve)
    ci = pki.ci(curve)
    return EuiccChain(
        ci_certificate=ci.certificate,
        ci_pkid=ci.ski,
        eum_certificate=pki.eum(curve).certificate,
        euicc_certificate=credential.certificate,
        private_key=credential.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )
