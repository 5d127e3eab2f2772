"""Profiles, packages and orders as an administrator or an operator brings them in.

Spec: SGP.22 v2.5 sections 3.1.1, 5.3 (what ES2+ asks for), 2.5.3 (protection under profile protection keys).
"""

from dataclasses import replace
from hashlib import sha256

from smdp.core import bsp
from smdp.core.records import NO_REQUIREMENTS, Package, Profile, Requirements
from wire.ids import Iccid
from wire.ports import Entropy
from wire.tlv import parse

_TOKEN_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which are easily misread
_TOKEN_GROUPS = 4
_GROUP_CHARACTERS = 5


def new_profile(
    metadata: bytes, requirements: Requirements = NO_REQUIREMENTS, profile_type: str = "", operator: str = ""
) -> Profile:
    """A profile for the inventory; its ICCID is that of the metadata (StoreMetadataRequest, BF25)."""
    iccid = Iccid.from_ef(parse(metadata, 0xBF25).child(0x5A).value)
    return Profile(str(iccid), metadata, requirements, profile_type, operator)


def new_package(iccid: str, upp: bytes, entropy: Entropy) -> Package:
    """The package with its profile elements protected under keys of its own."""
    keys = bsp.SessionKeys(*(entropy.octets(bsp.KEY_OCTETS) for _ in range(3)))
    segments = bsp.protect_elements(bsp.Bsp(keys), upp)
    return Package(iccid, upp, bsp.replace_session_keys(keys), segments)


def protected(package: Package, entropy: Entropy) -> Package:
    """The same package under fresh keys: never protected before, or for a profile that returns to the inventory."""
    return replace(new_package(package.iccid, package.upp, entropy), version=package.version)


def hash_confirmation_code(code: str) -> bytes:
    """What is kept of a Confirmation Code. Spec: SGP.22 v2.5 section 4.7."""
    return sha256(code.encode()).digest()


def new_matching_id(entropy: Entropy) -> str:
    """A token such as 04386-AGYFT-A74Y8-3F815: about 100 random bits."""
    characters = [
        _TOKEN_ALPHABET[int.from_bytes(entropy.octets(4), "big") % len(_TOKEN_ALPHABET)]
        for _ in range(_TOKEN_GROUPS * _GROUP_CHARACTERS)
    ]
    groups = ["".join(characters[i : i + _GROUP_CHARACTERS]) for i in range(0, len(characters), _GROUP_CHARACTERS)]
    return "-".join(groups)


def new_order_id(entropy: Entropy) -> str:
    """An identifier for a new order."""
    return entropy.octets(8).hex()
