"""Loading a bound profile package into the card.

Spec: SGP.22 v2.5 section 3.1.3.3 (installation), 2.5.5 (segments), 5.7.6 (LoadBoundProfilePackage)
"""

from hashlib import sha256

from lpa.core import bpp as package
from lpa.core import es10
from lpa.core.actions import Procedure, Progress, Verdict
from lpa.core.apdu_link import Isdr
from lpa.core.errors import CardRefused, ProtocolViolation
from lpa.core.metadata import ProfileMetadata
from lpa.core.notification import InstallationResult
from lpa.core.procedures.session import Cancelled
from lpa.core.reading import reading
from wire.es10 import CancelSessionReason
from wire.sw import is_success


def confirmation_hash(code: str, transaction_id: bytes) -> bytes:
    """hashCc: SHA-256(SHA-256(confirmation code) || transactionId).

    Spec: SGP.22 v2.5 section 3.1.3.2
    """
    return sha256(sha256(code.encode()).digest() + transaction_id).digest()


def install(isdr: Isdr, transaction_id: bytes, preview: ProfileMetadata, bpp: bytes) -> Procedure[InstallationResult]:
    """Check that the package carries the metadata that the user saw, then load it; the card's result, good or bad.

    Leaves with `Cancelled`: metadataMismatch where the metadata differ, loadBppExecutionError where the package
    cannot be segmented or the card ends the loading with a status word and no result.
    """
    try:
        with reading("server", "boundProfilePackage"):
            segments, metadata = package.segments(bpp), package.store_metadata(bpp)
    except ProtocolViolation as violation:
        raise Cancelled(CancelSessionReason.loadBppExecutionError, violation) from None
    same = metadata == preview.raw
    yield Verdict("metadata", "profileMetadata and sequenceOf88", same, "" if same else "they differ")
    if not same:
        mismatch = ProtocolViolation(
            "server", "boundProfilePackage", "its metadata differ from those shown to the user"
        )
        raise Cancelled(CancelSessionReason.metadataMismatch, mismatch)
    raw = yield from _load(isdr, segments)
    if not raw:
        return (yield from _stored_result(isdr, transaction_id))
    with reading("card", "ProfileInstallationResult"):
        return InstallationResult.read(raw)


def _load(isdr: Isdr, segments: tuple[bytes, ...]) -> Procedure[bytes]:
    """Send the segments up to the first answer with data: that is the result, early if the card refuses."""
    for done, segment in enumerate(segments, start=1):
        yield Progress("load", done, len(segments), "loading the profile")
        response = yield from isdr.store_data(segment)
        if response.data:
            return response.data
        if not is_success(response.sw):
            refused = CardRefused("LoadBoundProfilePackage", sw=response.sw)
            raise Cancelled(CancelSessionReason.loadBppExecutionError, refused)
    return b""


def _stored_result(isdr: Isdr, transaction_id: bytes) -> Procedure[InstallationResult]:
    """A card keeps its result before it sends it: where the answer got lost it is among the notifications."""
    try:
        stored = yield from es10.retrieve_installation_results(isdr)
    except CardRefused as refused:
        raise Cancelled(CancelSessionReason.loadBppExecutionError, refused) from None
    for pending in stored:
        if pending.installation and pending.installation.transaction_id == transaction_id:
            return pending.installation
    violation = ProtocolViolation("card", "LoadBoundProfilePackage", "the whole package was taken, but no result given")
    raise Cancelled(CancelSessionReason.loadBppExecutionError, violation)
