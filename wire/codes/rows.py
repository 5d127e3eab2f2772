"""The registry: which status codes each function answers, as groups to raise from.

`raise FunctionRefused(ES9P.AUTHENTICATE_CLIENT.EUICC_SIGNATURE_INVALID)`. v2 only; v3 pairs have words, not rows.
"""

from wire.codes.model import ReasonCode, StatusCode, SubjectCode
from wire.codes.words import PAIRS


class _Function:
    """Makes the rows of one function, with the words of each pair."""

    def __init__(self, name: str, clause: str) -> None:
        self.name = name
        self.clause = clause

    def row(self, pair: str, asn1_error: int | None = None, *, unverified: bool = False) -> StatusCode:
        subject, _, reason = pair.partition("/")
        words = PAIRS[subject, reason]
        return StatusCode(
            self.name, SubjectCode(subject), ReasonCode(reason), self.clause, *words, asn1_error, unverified
        )


_any = _Function("", "5.2.6")
_download_order = _Function("ES2+.DownloadOrder", "5.3.1")
_confirm_order = _Function("ES2+.ConfirmOrder", "5.3.2")
_cancel_order = _Function("ES2+.CancelOrder", "5.3.3")
_release_profile = _Function("ES2+.ReleaseProfile", "5.3.4")
_initiate_authentication = _Function("ES9+.InitiateAuthentication", "5.6.1")
_get_bound_profile_package = _Function("ES9+.GetBoundProfilePackage", "5.6.2")
_authenticate_client = _Function("ES9+.AuthenticateClient", "5.6.3")
_cancel_session = _Function("ES9+.CancelSession", "5.6.5")
_smds_initiate_authentication = _Function("ES11.InitiateAuthentication", "5.8.1")
_smds_authenticate_client = _Function("ES11.AuthenticateClient", "5.8.2")
_register_event = _Function("ES12.RegisterEvent", "5.9.1")
_delete_event = _Function("ES12.DeleteEvent", "5.9.2")
_root_register_event = _Function("ES15.RegisterEvent", "5.10.1")
_root_delete_event = _Function("ES15.DeleteEvent", "5.10.2")


class GENERIC:
    """Malformed requests to any function."""

    UNKNOWN_CALLER = _any.row("1.1/3.9", unverified=True)
    MALFORMED_ELEMENT = _any.row("1.3.1/2.1", 127, unverified=True)
    UNSUPPORTED_VERSION = _any.row("1.3.2/3.1", unverified=True)
    MANDATORY_ELEMENT_MISSING = _any.row("1.6/2.2", 127, unverified=True)
    EID_INVALID = _any.row("8.1.1/2.1", unverified=True)
    MATCHING_ID_INVALID = _any.row("8.2.6/2.1", unverified=True)


class ES2P:
    """ES2+: operator to SM-DP+."""

    class DOWNLOAD_ORDER:
        ICCID_NOT_ALLOWED = _download_order.row("8.2.1/1.2")
        ICCID_UNKNOWN = _download_order.row("8.2.1/3.9")
        ICCID_NOT_AVAILABLE = _download_order.row("8.2.1/3.3")
        PROFILE_TYPE_NOT_ALLOWED = _download_order.row("8.2.5/1.2")
        PROFILE_TYPE_UNKNOWN = _download_order.row("8.2.5/3.9")
        PROFILE_TYPE_EXHAUSTED = _download_order.row("8.2.5/3.7")
        PROFILE_TYPE_MISMATCH = _download_order.row("8.2.5/3.8")
        ICCID_OR_PROFILE_TYPE_MISSING = _download_order.row("8.2.1/2.3", unverified=True)
        EID_INVALID = _download_order.row("8.1.1/2.1", unverified=True)

    class CONFIRM_ORDER:
        ICCID_NOT_ALLOWED = _confirm_order.row("8.2.1/1.2")
        ICCID_UNKNOWN = _confirm_order.row("8.2.1/3.9")
        INVALID_STATE = _confirm_order.row("8.2.1/3.3", unverified=True)
        MATCHING_ID_IN_USE = _confirm_order.row("8.2.6/3.3")
        EID_MISSING = _confirm_order.row("8.1.1/2.2")
        EID_MISMATCH = _confirm_order.row("8.1.1/3.10")
        EID_INVALID = _confirm_order.row("8.1.1/2.1", unverified=True)
        SMDS_INACCESSIBLE = _confirm_order.row("8.9/5.1")
        SMDS_ERROR = _confirm_order.row("8.9/4.2")

    class CANCEL_ORDER:
        ICCID_NOT_ALLOWED = _cancel_order.row("8.2.1/1.2")
        ICCID_UNKNOWN = _cancel_order.row("8.2.1/3.9")
        INVALID_STATE = _cancel_order.row("8.2.1/3.3")
        EID_MISMATCH = _cancel_order.row("8.2.1/3.10")
        MATCHING_ID_MISMATCH = _cancel_order.row("8.2.6/3.10")
        SMDS_INACCESSIBLE = _cancel_order.row("8.9/5.1")
        SMDS_ERROR = _cancel_order.row("8.9/4.2")

    class RELEASE_PROFILE:
        ICCID_NOT_ALLOWED = _release_profile.row("8.2.1/1.2")
        ICCID_UNKNOWN = _release_profile.row("8.2.1/3.9")
        INVALID_STATE = _release_profile.row("8.2.1/3.5")
        SMDS_INACCESSIBLE = _release_profile.row("8.9/5.1")
        SMDS_ERROR = _release_profile.row("8.9/4.2")


class ES9P:
    """ES9+: LPA to SM-DP+."""

    class INITIATE_AUTHENTICATION:
        INVALID_DP_ADDRESS = _initiate_authentication.row("8.8.1/3.8", 1)
        SVN_NOT_SUPPORTED = _initiate_authentication.row("8.8.3/3.1", 2)
        CI_PK_NOT_SUPPORTED = _initiate_authentication.row("8.8.2/3.1", 3)
        NO_CERTIFICATE_FOR_CI = _initiate_authentication.row("8.8.4/3.7", 3)

    class AUTHENTICATE_CLIENT:
        EUM_CERTIFICATE_INVALID = _authenticate_client.row("8.1.2/6.1", 1)
        EUM_CERTIFICATE_EXPIRED = _authenticate_client.row("8.1.2/6.3", 2)
        EUICC_CERTIFICATE_INVALID = _authenticate_client.row("8.1.3/6.1", 3)
        EUICC_CERTIFICATE_EXPIRED = _authenticate_client.row("8.1.3/6.3", 4)
        EUICC_SIGNATURE_INVALID = _authenticate_client.row("8.1/6.1", 5)
        MATCHING_ID_REFUSED = _authenticate_client.row("8.2.6/3.8", 6)
        EID_MISMATCH = _authenticate_client.row("8.1.1/3.8", 7)
        NO_ELIGIBLE_PROFILE = _authenticate_client.row("8.2.5/4.3", 8)
        CI_PK_UNKNOWN = _authenticate_client.row("8.11.1/3.9", 9)
        UNKNOWN_TRANSACTION_ID = _authenticate_client.row("8.10.1/3.9", 10)
        INSUFFICIENT_MEMORY = _authenticate_client.row("8.1/4.8", 11)
        DOWNLOAD_ORDER_EXPIRED = _authenticate_client.row("8.8.5/4.10", 18)
        PROFILE_NOT_RELEASED = _authenticate_client.row("8.2/1.2", 127)
        DOWNLOAD_ATTEMPTS_EXCEEDED = _authenticate_client.row("8.8.5/6.4", 127)

    class GET_BOUND_PROFILE_PACKAGE:
        EUICC_SIGNATURE_INVALID = _get_bound_profile_package.row("8.1/6.1", 1)
        CONFIRMATION_CODE_MISSING = _get_bound_profile_package.row("8.2.7/2.2", 2)
        CONFIRMATION_CODE_REFUSED = _get_bound_profile_package.row("8.2.7/3.8", 3)
        CONFIRMATION_CODE_RETRIES_EXCEEDED = _get_bound_profile_package.row("8.2.7/6.4", 4)
        BPP_REBINDING_REFUSED = _get_bound_profile_package.row("8.2/3.7", 5)
        DOWNLOAD_ORDER_EXPIRED = _get_bound_profile_package.row("8.8.5/4.10", 6)
        UNKNOWN_TRANSACTION_ID = _get_bound_profile_package.row("8.10.1/3.9", 95)

    class CANCEL_SESSION:
        UNKNOWN_TRANSACTION_ID = _cancel_session.row("8.10.1/3.9", 1)
        EUICC_SIGNATURE_INVALID = _cancel_session.row("8.1/6.1", 2)
        SMDP_OID_MISMATCH = _cancel_session.row("8.8/3.10", 127)


class ES11:
    """ES11: LPA to SM-DS."""

    class INITIATE_AUTHENTICATION:
        INVALID_DS_ADDRESS = _smds_initiate_authentication.row("8.9.1/3.8", 1)
        SVN_NOT_SUPPORTED = _smds_initiate_authentication.row("8.9.3/3.1", 2)
        CI_PK_NOT_SUPPORTED = _smds_initiate_authentication.row("8.9.2/3.1", 3)
        NO_CERTIFICATE_FOR_CI = _smds_initiate_authentication.row("8.9.4/3.7", 3)

    class AUTHENTICATE_CLIENT:
        EUM_CERTIFICATE_INVALID = _smds_authenticate_client.row("8.1.2/6.1", 1)
        EUM_CERTIFICATE_EXPIRED = _smds_authenticate_client.row("8.1.2/6.3", 2)
        EUICC_CERTIFICATE_INVALID = _smds_authenticate_client.row("8.1.3/6.1", 3)
        EUICC_CERTIFICATE_EXPIRED = _smds_authenticate_client.row("8.1.3/6.3", 4)
        EUICC_SIGNATURE_INVALID = _smds_authenticate_client.row("8.1/6.1", 5)
        EVENT_ID_UNKNOWN = _smds_authenticate_client.row("8.9.5/3.9", 6)
        UNKNOWN_TRANSACTION_ID = _smds_authenticate_client.row("8.10.1/3.9", 7)
        CI_PK_UNKNOWN = _smds_authenticate_client.row("8.11.1/3.9", 127)


class ES12:
    """ES12: SM-DP+ to SM-DS."""

    class REGISTER_EVENT:
        EVENT_ALREADY_REGISTERED = _register_event.row("8.9.5/3.3")
        SMDS_INACCESSIBLE = _register_event.row("8.9/5.1")
        SMDS_ERROR = _register_event.row("8.9/4.2")

    class DELETE_EVENT:
        EVENT_UNKNOWN = _delete_event.row("8.9.5/3.9")
        SMDS_INACCESSIBLE = _delete_event.row("8.9/5.1")
        SMDS_ERROR = _delete_event.row("8.9/4.2")


class ES15:
    """ES15: Alternative SM-DS to Root SM-DS."""

    class REGISTER_EVENT:
        EVENT_ALREADY_REGISTERED = _root_register_event.row("8.9.5/3.3")

    class DELETE_EVENT:
        EVENT_UNKNOWN = _root_delete_event.row("8.9.5/3.9")


def _rows_in(group: type) -> list[StatusCode]:
    found: list[StatusCode] = []
    for value in vars(group).values():
        if isinstance(value, StatusCode):
            found.append(value)
        elif isinstance(value, type):
            found += _rows_in(value)
    return found


ROWS: tuple[StatusCode, ...] = tuple(
    row for group in (GENERIC, ES2P, ES9P, ES11, ES12, ES15) for row in _rows_in(group)
)
"""Every row, in the order of the interfaces."""
