"""ES8+: what a bound profile package may not be. A fault ends at its command with its reason, nothing is installed."""

from collections.abc import Sequence
from typing import Any

from scenarios import Stage, scenario
from scenarios.faults import (
    BeforeSignature,
    DamagedMac,
    DamagedSegment,
    DamagedSignature,
    Fault,
    ForeignKey,
    FreshChaining,
    OnWire,
    Set,
    SharedInfo,
    SkippedCounter,
    WithoutSuffix,
    WrongSessionKey,
)
from wire.es10 import BppCommandId, ErrorReason
from wire.tlv import tlv

SPEC = "SGP.22 v2.5 section 5.5, 2.5.4"
INITIALISE, CONFIGURE = BppCommandId.initialiseSecureChannel, BppCommandId.configureISDP
METADATA, KEYS, ELEMENTS = BppCommandId.storeMetadata, BppCommandId.replaceSessionKeys, BppCommandId.loadProfileElements
MAC = (ErrorReason.scp03tSecurityError,)
SEGMENT = (ErrorReason.scp03tSecurityError, ErrorReason.scp03tStructureError, ErrorReason.incorrectInputValues)
# A wrong ICV garbles the first 16 octets of the plaintext only, under a good MAC.
GARBLED = (*SEGMENT, ErrorReason.installFailedDueToPEProcessingError)
ISC = "InitialiseSecureChannelRequest"


def _register(
    name: str,
    title: str,
    clause: str,
    command: BppCommandId,
    reasons: Sequence[ErrorReason],
    *faults: Fault,
    **server: Any,
) -> None:
    def body(s: Stage) -> None:
        kit = s.server(*faults, **server)
        s.not_installed(s.card.install(kit, s.profile()), command, *reasons)
        s.equal("the profiles", {}, s.card.states)

    body.__doc__ = f"{title} ends the installation at {command.name}; nothing is installed."
    scenario(f"euicc.es8.{name}", spec=f"{SPEC}; SGP.22 v2.5 section {clause}", tests="euicc")(body)


SIGNATURE = (ErrorReason.invalidSignature,)
_register("initialise.signature_damaged", "A damaged smdpSign", "5.5.1", INITIALISE, SIGNATURE, DamagedSignature(ISC))
_register("initialise.foreign_key", "smdpSign of another key", "5.5.1", INITIALISE, SIGNATURE, ForeignKey(ISC))
_register(
    "initialise.unbound", "An smdpSign without the eUICC's key", "5.5.1", INITIALISE, SIGNATURE, WithoutSuffix(ISC)
)
_register(
    "initialise.other_transaction",
    "A well-signed BF23 of another transaction",
    "5.5.1",
    INITIALISE,
    (ErrorReason.invalidTransactionId,),
    BeforeSignature(ISC, Set("80", bytes(16))),
)
_register(
    "initialise.other_operation",
    "An unknown remoteOpId",
    "5.5.1",
    INITIALISE,
    (ErrorReason.unsupportedRemoteOperationType,),
    BeforeSignature(ISC, Set("82", b"\x02")),
)
_register(
    "initialise.other_key_type",
    "A key type that isn't AES",
    "5.5.1",
    INITIALISE,
    (ErrorReason.unsupportedCrtValues,),
    BeforeSignature(ISC, Set("A6.80", b"\x80")),
)
_register("configure.segment_damaged", "A changed octet under a MAC", "5.5.2", CONFIGURE, MAC, DamagedSegment(0))
_register("configure.counter", "A block counted twice", "2.5.3", CONFIGURE, SEGMENT, SkippedCounter(0))
_register("configure.enc_key", "Another S-ENC", "2.5.3", CONFIGURE, SEGMENT, WrongSessionKey("enc"))
_register("configure.mac_key", "Another S-MAC", "2.5.3", CONFIGURE, MAC, WrongSessionKey("mac"))
_register("configure.initial_mcv", "Another initial chaining value", "2.5.3", CONFIGURE, MAC, WrongSessionKey("mcv"))
_register("configure.host_id", "Keys of another HostID", "2.5.3", CONFIGURE, MAC, SharedInfo("host_id", b"X"))
_register("configure.eid", "Keys of another EID", "2.5.3", CONFIGURE, MAC, SharedInfo("eid", bytes(16)))
_register("metadata.mac_damaged", "A damaged MAC under the metadata", "5.5.3", METADATA, MAC, DamagedMac(1))
_register("metadata.changed", "A changed letter of the metadata", "5.5.3", METADATA, MAC, DamagedSegment(1))
_register("metadata.chaining", "A MAC chain that starts anew", "2.5.4", METADATA, MAC, FreshChaining(1))
_register("replace_keys.mac_damaged", "A damaged MAC under the profile keys", "5.5.4", KEYS, MAC, DamagedMac(2))
_register(
    "replace_keys.short_key",
    "A profile protection key of 8 octets",
    "5.5.4",
    KEYS,
    SEGMENT,
    OnWire("ReplaceSessionKeysRequest", Set("BF26.81", bytes(8))),
)
_register("elements.mac_damaged", "A damaged MAC in the last segment", "5.5.5", ELEMENTS, MAC, DamagedMac(4))
_register("elements.segment_damaged", "A changed octet of the package", "5.5.5", ELEMENTS, MAC, DamagedSegment(3))
_register("elements.counter", "A block counted twice in the package", "2.5.4", ELEMENTS, GARBLED, SkippedCounter(4))
_register(
    "elements.session_keys_mac",
    "Session keys instead of profile keys, with a damaged MAC",
    "2.5.3",
    ELEMENTS,
    MAC,
    DamagedMac(3),
    profile_keys=False,
)
_register(
    "elements.other_iccid",
    "A package whose ICCID is not that of the metadata",
    "5.5.5, 3.1.3",
    ELEMENTS,
    (ErrorReason.installFailedDueToDataMismatch, ErrorReason.installFailedDueToPEProcessingError),
    OnWire("StoreMetadataRequest", Set("BF25.5A", bytes.fromhex("98001032547698103214"))),
)


@scenario("euicc.es8.load.session_keys", spec=f"{SPEC}; SGP.22 v2.5 section 2.5.3", tests="euicc")
def session_keys(s: Stage) -> None:
    """A package under session keys alone (no ReplaceSessionKeys) is installed."""
    s.installed(s.card.install(s.server(profile_keys=False), s.profile()))


@scenario("euicc.es8.load.brainpool", spec=f"{SPEC}; SGP.22 v2.5 section 2.6", tests="euicc", needs="brainpool")
def brainpool(s: Stage) -> None:
    """A package from a server on brainpoolP256r1 is installed."""
    s.installed(s.card.install(s.server(curve="BRP"), s.profile()))


@scenario("euicc.es8.load.small_segments", spec=f"{SPEC}; SGP.22 v2.5 section 2.5.5", tests="euicc")
def small_segments(s: Stage) -> None:
    """Segments of 100 octets, cut anywhere in the profile elements, are put together again."""
    s.installed(s.card.install(s.server(chunk=100), s.profile()))


@scenario("euicc.es8.load.iccid_twice", spec=f"{SPEC}; SGP.22 v2.5 section 5.5.3", tests="euicc")
def iccid_twice(s: Stage) -> None:
    """A profile whose ICCID is installed already is refused at StoreMetadata; the installed one stays."""
    profile = s.profile()
    with s.given("an installed profile"):
        s.installed(s.card.install(s.server(), profile))
    again = s.card.install(s.server(), profile)
    s.not_installed(again, METADATA, ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc)
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)


@scenario("euicc.es8.load.power_cut", spec=f"{SPEC}; SGP.22 v2.5 section 3.1.3", tests="euicc", needs="power")
def power_cut(s: Stage) -> None:
    """A power cut after half of the package installs nothing and loses no memory; a retry succeeds."""
    profile, server = s.profile(), s.server()
    free = s.card.free_octets
    s.card.reach("prepared", server)
    segments = server.bind(profile).segments()
    for segment in segments[: len(segments) - 2]:
        s.card.send(segment)
    s.card.power_on()
    s.equal("the profiles", {}, s.card.states)
    s.equal("free memory", free, s.card.free_octets)
    s.installed(s.card.install(s.server(), profile))


@scenario("euicc.es8.load.keys_forgotten", spec=f"{SPEC}; SGP.22 v2.5 section 2.6", tests="euicc")
def keys_forgotten(s: Stage) -> None:
    """A one-time key serves one installation: the same package again is refused."""
    server = s.server()
    s.card.reach("prepared", server)
    package = server.bind(s.profile())
    s.installed(server.check_installation_result(s.card.load(package).raw))
    first = s.card.send(package.segments()[0])
    s.check(first.sw != 0x9000 or bool(first.data), "the package again is refused", "an error", f"{first.sw:04X}")


@scenario("euicc.es8.load.trailing", spec=f"{SPEC}; SGP.22 v2.5 section 2.5.5", tests="euicc")
def after_result(s: Stage) -> None:
    """Segments after the ProfileInstallationResult are refused with a status word; what is installed stays."""
    server, profile = s.server(), s.profile()
    s.card.reach("prepared", server)
    package = server.bind(profile)
    s.installed(server.check_installation_result(s.card.load(package).raw))
    answer = s.card.send(tlv(0x86, bytes(24)))
    s.check(answer.sw not in (0x9000, 0x9100), "a further segment is refused", "an error", f"{answer.sw:04X}")
    s.equal("the profiles", {str(profile.iccid): "disabled"}, s.card.states)
