"""Faults are data: frozen, printable, recorded in the trace. `scenarios.faults.apply` wraps the ports with them."""

from dataclasses import dataclass

from scenarios.faults.edits import Edit


@dataclass(frozen=True, slots=True)
class Fault:
    """What a peer of the system under test does wrong; the subclasses say where."""


@dataclass(frozen=True, slots=True)
class BeforeSignature(Fault):
    """Change signed data before it is signed: the signature is good, the content a lie.

    what: the ASN.1 name of the signed object: ServerSigned1, SmdpSigned2, InitialiseSecureChannelRequest, EuiccSigned1,
    EuiccSigned2, EuiccCancelSessionSigned, TbsOtherNotification, ProfileInstallationResultData.
    """

    what: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class AfterSignature(Fault):
    """Change signed data after it was signed: the signature no longer fits."""

    what: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class DamagedSignature(Fault):
    """Turn a bit of the signature around; octet 0 to 63."""

    what: str
    octet: int = 63


@dataclass(frozen=True, slots=True)
class ForeignKey(Fault):
    """Sign with a key that isn't the one of the certificate."""

    what: str


@dataclass(frozen=True, slots=True)
class WithoutSuffix(Fault):
    """Sign the data alone, without what the standard appends (such as euiccSignature1 under smdpSigned2)."""

    what: str


@dataclass(frozen=True, slots=True)
class OnWire(Fault):
    """Change a whole message when it is sent; nothing is signed again.

    what: the message: AuthenticateServerRequest, AuthenticateServerResponse, PrepareDownloadRequest,
    PrepareDownloadResponse, CancelSessionResponse, ProfileInstallationResult, OtherSignedNotification, ... or a member
    of the JSON binding (serverSigned1, serverCertificate, profileMetadata, boundProfilePackage, ...).
    """

    what: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Certificate(Fault):
    """Show a certificate from the zoo (`certs.zoo`), with its key: role is DPauth, DPpb, DSauth, eUICC or EUM."""

    role: str
    defect: str


# the bound profile package; a segment is counted over all protected TLVs (87, 88, 87, 86...) from 0


@dataclass(frozen=True, slots=True)
class DamagedMac(Fault):
    """Turn a bit in the MAC of this protected segment around."""

    segment: int


@dataclass(frozen=True, slots=True)
class DamagedSegment(Fault):
    """Turn a bit in the content of this protected segment around, after its MAC was made."""

    segment: int


@dataclass(frozen=True, slots=True)
class SkippedCounter(Fault):
    """Count one block too many before this segment is encrypted."""

    segment: int


@dataclass(frozen=True, slots=True)
class FreshChaining(Fault):
    """Start the MAC chain anew (zeros) at this segment."""

    segment: int


@dataclass(frozen=True, slots=True)
class WrongSessionKey(Fault):
    """Derive another key than agreed: enc, mac or mcv."""

    key: str


@dataclass(frozen=True, slots=True)
class SharedInfo(Fault):
    """Feed the key derivation with other SharedInfo: host_id or eid with this value."""

    field: str
    value: bytes


@dataclass(frozen=True, slots=True)
class SwappedSegments(Fault):
    """Send this segment of the LPA's segmentation after the one that follows it."""

    segment: int


@dataclass(frozen=True, slots=True)
class DroppedSegment(Fault):
    """Never send this segment of the LPA's segmentation."""

    segment: int


@dataclass(frozen=True, slots=True)
class RepeatedSegment(Fault):
    """Send this segment of the LPA's segmentation twice."""

    segment: int


# HTTP, as a server does it wrong: `function` is initiateAuthentication, ...; `times` how often (0: always)


@dataclass(frozen=True, slots=True)
class HttpStatus(Fault):
    """Answer this HTTP status instead, without reaching the function."""

    function: str
    status: int
    times: int = 0


@dataclass(frozen=True, slots=True)
class HttpBody(Fault):
    """Answer this body instead; the function has been carried out."""

    function: str
    body: bytes
    times: int = 0


@dataclass(frozen=True, slots=True)
class HttpHeader(Fault):
    """Answer with this header changed, or left out (value None)."""

    function: str
    name: str
    value: str | None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Member(Fault):
    """Give a member of the JSON body another value; None leaves it out."""

    function: str
    name: str
    value: str | None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Refusal(Fault):
    """Answer Failed with these codes, without reaching the function."""

    function: str
    subject: str
    reason: str
    times: int = 0


@dataclass(frozen=True, slots=True)
class LostRequest(Fault):
    """The connection breaks before the function is reached."""

    function: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class LostAnswer(Fault):
    """The function is carried out, then the connection breaks."""

    function: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class NoAnswerInTime(Fault):
    """The function is carried out, but its answer comes too late for the LPA."""

    function: str
    times: int = 1


# the link to the card; `apdu` counts the commands since the link was connected, from 1


@dataclass(frozen=True, slots=True)
class PowerCut(Fault):
    """The card loses its power when a command comes: before it acts (`before`), or after, the answer being lost.

    es10: count the STORE DATA commands whose first block has this tag; 0: count every command.
    """

    at: int
    es10: int = 0
    before: bool = True


@dataclass(frozen=True, slots=True)
class StatusWord(Fault):
    """Answer this status word instead, without reaching the card; es10 as in `PowerCut`; times: how often."""

    sw: int
    at: int = 1
    es10: int = 0
    times: int = 1


@dataclass(frozen=True, slots=True)
class ResultCode(Fault):
    """Answer this result code (80) to the ES10 function of this tag instead, without reaching the card."""

    es10: int
    code: int
    at: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class ClosedChannel(Fault):
    """Somebody else closes the logical channel just before a command comes on it; at and es10 as in `PowerCut`."""

    at: int
    es10: int = 0


@dataclass(frozen=True, slots=True)
class CardAnswer(Fault):
    """Change the ES10 answer of this tag; the card has carried the command out."""

    es10: int
    edit: Edit
    times: int = 0
