"""Which function an outer tag belongs to, and the classes of its request and response.

Spec: SGP.22 v2.5 section 5.7 (ES10), 6.6 (ASN.1 binding of ES9+ and ES11)
"""

from typing import NamedTuple

from asn1crypto.core import Asn1Value

from wire.rsp import common, es8, es9, es10b, es10c, info, notifications


class Pdu(NamedTuple):
    """A function by its outer tag; `response` is None where the response has no data."""

    function: str
    request: type[Asn1Value]
    response: type[Asn1Value] | None


PDUS: dict[int, Pdu] = {
    0xBF20: Pdu("ES10b.GetEUICCInfo1", info.GetEuiccInfo1Request, info.EUICCInfo1),
    0xBF21: Pdu("ES10b.PrepareDownload", es10b.PrepareDownloadRequest, es10b.PrepareDownloadResponse),
    0xBF22: Pdu("ES10b.GetEUICCInfo2", info.GetEuiccInfo2Request, info.EUICCInfo2),
    0xBF28: Pdu(
        "ES10b.ListNotification", notifications.ListNotificationRequest, notifications.ListNotificationResponse
    ),
    0xBF29: Pdu("ES10c.SetNickname", es10c.SetNicknameRequest, es10c.SetNicknameResponse),
    0xBF2B: Pdu(
        "ES10b.RetrieveNotificationsList",
        notifications.RetrieveNotificationsListRequest,
        notifications.RetrieveNotificationsListResponse,
    ),
    0xBF2D: Pdu("ES10c.GetProfilesInfo", es10c.ProfileInfoListRequest, es10c.ProfileInfoListResponse),
    0xBF2E: Pdu("ES10b.GetEUICCChallenge", es10b.GetEuiccChallengeRequest, es10b.GetEuiccChallengeResponse),
    0xBF30: Pdu(
        "ES10b.RemoveNotificationFromList",
        notifications.NotificationSentRequest,
        notifications.NotificationSentResponse,
    ),
    0xBF31: Pdu("ES10c.EnableProfile", es10c.EnableProfileRequest, es10c.EnableProfileResponse),
    0xBF32: Pdu("ES10c.DisableProfile", es10c.DisableProfileRequest, es10c.DisableProfileResponse),
    0xBF33: Pdu("ES10c.DeleteProfile", es10c.DeleteProfileRequest, es10c.DeleteProfileResponse),
    0xBF34: Pdu("ES10c.eUICCMemoryReset", es10c.EuiccMemoryResetRequest, es10c.EuiccMemoryResetResponse),
    0xBF35: Pdu("ES10b.LoadCRL", es10b.LoadCRLRequest, es10b.LoadCRLResponse),
    0xBF36: Pdu("ES10b.LoadBoundProfilePackage", es8.BoundProfilePackage, es8.ProfileInstallationResult),
    0xBF38: Pdu("ES10b.AuthenticateServer", es10b.AuthenticateServerRequest, es10b.AuthenticateServerResponse),
    0xBF3C: Pdu(
        "ES10a.GetEuiccConfiguredAddresses",
        es10c.EuiccConfiguredAddressesRequest,
        es10c.EuiccConfiguredAddressesResponse,
    ),
    0xBF3E: Pdu("ES10c.GetEID", es10c.GetEuiccDataRequest, es10c.GetEuiccDataResponse),
    0xBF3F: Pdu("ES10a.SetDefaultDpAddress", es10c.SetDefaultDpAddressRequest, es10c.SetDefaultDpAddressResponse),
    0xBF41: Pdu("ES10b.CancelSession", es10b.CancelSessionRequest, es10b.CancelSessionResponse),
    0xBF42: Pdu("ES10b.LpaeActivation", es10b.LpaeActivationRequest, es10b.LpaeActivationResponse),
    0xBF43: Pdu("ES10b.GetRAT", es10b.GetRatRequest, es10b.GetRatResponse),
}
"""ES10 functions by the outer tag that request and response share."""

ES8_PDUS: dict[int, type[Asn1Value]] = {
    0xBF23: es8.InitialiseSecureChannelRequest,
    0xBF24: es8.ConfigureISDPRequest,
    0xBF25: common.StoreMetadataRequest,
    0xBF26: es8.ReplaceSessionKeysRequest,
    0xBF2A: common.UpdateMetadataRequest,
    0xBF37: es8.ProfileInstallationResult,
}
"""ES8+ and ES6 commands and the installation result by their outer tag."""

ES9_PDUS: dict[int, Pdu] = {
    0xBF39: Pdu("ES9+.InitiateAuthentication", es9.InitiateAuthenticationRequest, es9.InitiateAuthenticationResponse),
    0xBF3A: Pdu("ES9+.GetBoundProfilePackage", es9.GetBoundProfilePackageRequest, es9.GetBoundProfilePackageResponse),
    0xBF3B: Pdu("ES9+.AuthenticateClient", es9.AuthenticateClientRequest, es9.AuthenticateClientResponseEs9),
    0xBF3D: Pdu("ES9+.HandleNotification", es9.HandleNotification, None),
    0xBF40: Pdu("ES11.AuthenticateClient", es9.AuthenticateClientRequest, es9.AuthenticateClientResponseEs11),
    0xBF41: Pdu("ES9+.CancelSession", es9.CancelSessionRequestEs9, es9.CancelSessionResponseEs9),
}
"""Functions of the ASN.1 binding, inside the outer A2, by their tag there."""
