"""What each subject/reason pair means, what usually causes it, and what to do next."""

from wire.codes.model import Words

PAIRS: dict[tuple[str, str], Words] = {
    # malformed requests
    ("1.1", "3.9"): Words(
        "the caller is not known to this server",
        "functionRequesterIdentifier is misspelt, or the caller's TLS client certificate was never registered",
        "check the requester identifier agreed with the operator and the client certificate",
    ),
    ("1.3.1", "2.1"): Words(
        "a member of the request is malformed",
        "bad base64 or hex, a DER object that does not parse, or a value of the wrong type",
        "look at subjectIdentifier for the member and at the server's trace for the octet that breaks the rule",
    ),
    ("1.3.2", "3.1"): Words(
        "the protocol version in X-Admin-Protocol is not supported",
        "the caller announces another major version than the server speaks",
        "set X-Admin-Protocol to a v2 version on both sides",
    ),
    ("1.6", "2.2"): Words(
        "a mandatory member of the request is missing",
        "the caller left it out or misspelt its name (names are case sensitive)",
        "compare the request with the function's members; subjectIdentifier names the missing one",
    ),
    # eUICC
    ("8.1", "4.8"): Words(
        "the eUICC has not enough free memory for the profile",
        "extCardResource in euiccInfo2 reports less non-volatile memory than the profile needs",
        "delete a profile on the eUICC and download again; the order stays usable",
    ),
    ("8.1", "6.1"): Words(
        "a signature made by the eUICC does not verify, or the serverChallenge in it is not the session's",
        "data were re-encoded before signing, the wrong key or certificate was used, or r||s was sent as DER",
        "compare the signed TLV in the trace with the one in the request octet by octet",
    ),
    ("8.1.1", "2.1"): Words(
        "the EID is malformed",
        "it is not 32 decimal digits, or its check digits are wrong",
        "check the EID printed by the LPA; the last two digits are mod-97 check digits",
    ),
    ("8.1.1", "2.2"): Words(
        "an EID is needed here and is missing",
        "the order uses an SM-DS or an empty MatchingID, but neither DownloadOrder nor ConfirmOrder gave an EID",
        "send the EID in ConfirmOrder",
    ),
    ("8.1.1", "3.1"): Words(
        "another EID is already associated with this order (older form of 8.1.1/3.10)",
        "DownloadOrder linked the profile to a different eUICC",
        "send the EID of the order, or cancel it and order again",
    ),
    ("8.1.1", "3.8"): Words(
        "the order is bound to another eUICC",
        "the activation code was already used by, or ordered for, a different EID",
        "use the eUICC of the order, or order a new profile for this one",
    ),
    ("8.1.1", "3.9"): Words(
        "the EID is not known",
        "the eUICC was never registered with this server",
        "check the EID",
    ),
    ("8.1.1", "3.10"): Words(
        "another EID is already associated with this order",
        "DownloadOrder or an earlier ConfirmOrder linked the profile to a different eUICC",
        "send the EID of the order, or cancel it and order again",
    ),
    ("8.1.2", "6.1"): Words(
        "the EUM certificate is not valid",
        "it is not signed by the selected CI, lacks the EUM role or the CA flag, or is revoked",
        "verify the eUICC's chain: the EUM certificate must be issued by the CI that euiccCiPKIdToBeUsed names",
    ),
    ("8.1.2", "6.3"): Words(
        "the EUM certificate has expired",
        "its validity ended before the server's clock, or the server's clock is wrong",
        "check notAfter of the EUM certificate and the server's time",
    ),
    ("8.1.3", "6.1"): Words(
        "the eUICC certificate is not valid",
        "not signed by the EUM, without the eUICC role, or its EID or organisation is outside the EUM's constraints",
        "verify the eUICC's chain; the EUM's name constraints are an EID prefix and the organisation",
    ),
    ("8.1.3", "6.3"): Words(
        "the eUICC certificate has expired",
        "its validity ended before the server's clock, or the server's clock is wrong",
        "check notAfter of the eUICC certificate and the server's time",
    ),
    # profile
    ("8", "4.2"): Words(
        "the LPA cancelled the download for an undefined reason",
        "CancelSession reason 127, or one that this server does not know",
        "look into the LPA's log; the order has ended",
    ),
    ("8.2", "1.2"): Words(
        "the profile is not released for download",
        "the order is confirmed but ReleaseProfile was not called yet",
        "release the order (ES2+.ReleaseProfile) and download again",
    ),
    ("8.2", "3.7"): Words(
        "no bound profile package is available for a new binding",
        "the eUICC came back with a new one-time key and the server cannot or will not bind the package again",
        "download on the same eUICC while it still holds the earlier key, or order a new profile",
    ),
    ("8.2.1", "1.2"): Words(
        "the caller may not use this ICCID",
        "the profile belongs to another operator",
        "check functionRequesterIdentifier and the ICCID's owner",
    ),
    ("8.2.1", "2.2"): Words(
        "the ICCID or finalProfileStatusIndicator is missing",
        "a download order is being cancelled without naming it",
        "send iccid and finalProfileStatusIndicator",
    ),
    ("8.2.1", "2.3"): Words(
        "neither an ICCID nor a profile type was given",
        "one of the two is needed to choose a profile",
        "send iccid or profileType",
    ),
    ("8.2.1", "3.3"): Words(
        "the profile is not in a state that allows this",
        "it is already ordered, downloaded or installed",
        "look at the profile's state; cancel the order first or use another ICCID",
    ),
    ("8.2.1", "3.5"): Words(
        "the profile cannot be released from its present state",
        "only a confirmed order can be released: it was not confirmed, or is released already",
        "confirm the order first, or skip the release",
    ),
    ("8.2.1", "3.9"): Words(
        "the ICCID is not known to this SM-DP+",
        "mistyped digits, a missing check digit, or a profile that was never imported",
        "compare with the server's list of profiles",
    ),
    ("8.2.1", "3.10"): Words(
        "another EID is associated with this ICCID",
        "the EID in CancelOrder is not that of the order",
        "send the order's EID or leave it out",
    ),
    ("8.2.5", "1.2"): Words(
        "the caller may not use this profile type",
        "the profile type belongs to another operator",
        "check functionRequesterIdentifier and the profile type",
    ),
    ("8.2.5", "3.7"): Words(
        "no profile of this type is left",
        "every profile of the type is ordered, installed or unavailable",
        "import more profiles of this type",
    ),
    ("8.2.5", "3.8"): Words(
        "ICCID and profile type do not agree",
        "the profile with this ICCID is of another type",
        "send only one of the two, or the matching type",
    ),
    ("8.2.5", "3.9"): Words(
        "the profile type is not known to this SM-DP+",
        "mistyped, or nothing of this type was imported",
        "compare with the server's list of profiles",
    ),
    ("8.2.5", "4.3"): Words(
        "no eligible profile for this eUICC or device",
        "the eUICC lacks a service, profile version, or policy rule that the profile needs",
        "compare euiccInfo2 in the trace with the profile header's mandatory services and version",
    ),
    ("8.2.6", "2.1"): Words(
        "the MatchingID is not acceptable",
        "it has characters other than 0-9, A-Z and hyphen, or is too long",
        "choose another MatchingID or let the SM-DP+ make one",
    ),
    ("8.2.6", "2.2"): Words(
        "the MatchingID is missing",
        "an RPM order is being cancelled without naming it",
        "send matchingId",
    ),
    ("8.2.6", "3.3"): Words(
        "the MatchingID is already in use",
        "another live order on this SM-DP+ has it",
        "choose another MatchingID or let the SM-DP+ make one",
    ),
    ("8.2.6", "3.8"): Words(
        "the MatchingID is refused",
        "mistyped or already used activation code, an order that has ended (cancelled, rejected, expired, tried too "
        "often), or no default order for this EID",
        "check the code and the order's state on the server; a used or ended code needs a new order",
    ),
    ("8.2.6", "3.10"): Words(
        "another MatchingID is associated with this ICCID",
        "the MatchingID in CancelOrder is not that of the order",
        "send the order's MatchingID or leave it out",
    ),
    ("8.2.7", "2.2"): Words(
        "the Confirmation Code is missing",
        "the order requires one and the LPA sent no hashCc",
        "ask the end user for the code and download again",
    ),
    ("8.2.7", "3.8"): Words(
        "the Confirmation Code is wrong",
        "mistyped, or hashed over another transactionId",
        "ask the end user again: a new session is needed, and the number of attempts is limited",
    ),
    ("8.2.7", "6.4"): Words(
        "the Confirmation Code was wrong too often",
        "the order's attempts are used up",
        "the order has ended; the operator has to make a new one",
    ),
    ("8.2.8", "1.2"): Words(
        "the profile's policy rules are not allowed on the eUICC",
        "the Rules Authorisation Table has no rule for this operator and policy rule",
        "the operator has to offer a profile without that rule; the order has ended",
    ),
    ("8.2.9", "2.1"): Words(
        "the profile metadata are invalid",
        "a metadata object of an RPM order is malformed",
        "correct the metadata",
    ),
    ("8.2.9", "2.3"): Words(
        "a metadata object is missing",
        "the RPM command needs metadata",
        "send the metadata",
    ),
    ("8.2.9", "3.8"): Words(
        "the profile was refused because its names are empty",
        "profile name or service provider name is empty and the LPA refuses that (v3)",
        "give the profile a name and a service provider name",
    ),
    ("8.2.9", "3.11"): Words(
        "the metadata inside the package differ from those shown before",
        "the SM-DP+ changed the metadata between AuthenticateClient and GetBoundProfilePackage",
        "the server has to send identical metadata in both; the order has ended",
    ),
    ("8.2.10", "4.2"): Words(
        "loading the Bound Profile Package failed",
        "the eUICC refused the package; resultData or simaResponse says where",
        "look at the ProfileInstallationResult; the order has ended unless the error is temporary",
    ),
    ("8.2.12", "3.10"): Words(
        "the Profile Owner's OID does not match",
        "the RPM order names another Profile Owner",
        "check the OID of the Profile Owner",
    ),
    ("8.2.13", "1.2"): Words(
        "the enterprise rules are not allowed on this device",
        "CancelSession reason enterpriseRulesNotAllowed (v3)",
        "use a device that accepts enterprise rules",
    ),
    ("8.2.13", "3.1"): Words(
        "the device does not support enterprise profiles",
        "CancelSession reason enterpriseProfilesNotSupported (v3)",
        "use an enterprise capable device",
    ),
    ("8.2.13", "3.8"): Words(
        "the enterprise profile is refused on this device",
        "CancelSession reason enterpriseProfileNotAllowed, enterpriseRulesError or enterpriseProfilesOnly (v3)",
        "check the enterprise rules already on the device",
    ),
    ("8.2.13", "3.12"): Words(
        "the enterprise OID does not match",
        "CancelSession reason enterpriseOidMismatch (v3)",
        "check the enterprise OID of the profiles on the device",
    ),
    ("8.2.14", "3.1"): Words(
        "the device does not support the LPA proxy that the profile needs",
        "CancelSession reason lprNotSupported (v3)",
        "use a device with an LPA proxy",
    ),
    # SM-DP+
    ("8.8", "3.10"): Words(
        "the SM-DP+ OID in the signed cancellation is not this server's",
        "the eUICC signed a session with another SM-DP+, or the server changed its DPauth certificate in between",
        "compare smdpOid in the request with the registeredID of the DPauth certificate",
    ),
    ("8.8.1", "3.8"): Words(
        "smdpAddress is not an address of this SM-DP+",
        "the LPA dialled by another name than the server is configured for (often an IP address, or a port)",
        "add the name to the server's addresses or correct the activation code",
    ),
    ("8.8.2", "3.1"): Words(
        "no CI key of the eUICC's signing list is trusted by this SM-DP+",
        "a test eUICC against a live server, or the other way round; or a CI missing in the trust store",
        "compare euiccCiPKIdListForSigning with the CIs configured on the server",
    ),
    ("8.8.3", "3.1"): Words(
        "the eUICC's specification version (SVN) is not supported",
        "the eUICC is older than v2, or newer than the server speaks",
        "check svn in euiccInfo1 against the server's settings",
    ),
    ("8.8.4", "3.7"): Words(
        "the SM-DP+ has no certificate under a CI that the eUICC can verify",
        "no CERT.DPauth for any key of euiccCiPKIdListForVerification",
        "issue DPauth and DPpb certificates under one of the eUICC's CIs",
    ),
    ("8.8.5", "3.8"): Words(
        "the end user rejected the download",
        "CancelSession reason endUserRejection",
        "nothing to repair; the order has ended",
    ),
    ("8.8.5", "4.10"): Words(
        "the download order has expired",
        "its time to live ended before the download",
        "the operator has to make a new order",
    ),
    ("8.8.5", "6.4"): Words(
        "the download was attempted too often",
        "the order's download attempts are used up",
        "the order has ended; the operator has to make a new one",
    ),
    ("8.8.6", "2.1"): Words(
        "the RPM package is invalid",
        "CancelSession reason invalidRpmPackage (v3)",
        "check the RPM order",
    ),
    ("8.8.6", "3.1"): Words(
        "the RPM order needs an LPA proxy that the device lacks",
        "CancelSession reason lprNotSupported (v3)",
        "use a device with an LPA proxy",
    ),
    ("8.8.6", "3.8"): Words(
        "the RPM order was refused on the device",
        "CancelSession reason rpmDisabled or lprNetworkDataNotAllowed (v3)",
        "allow remote profile management on the device",
    ),
    ("8.8.6", "4.2"): Words(
        "loading the RPM package failed",
        "CancelSession reason loadRpmPackageError (v3)",
        "look at the LPA's log",
    ),
    # SM-DS
    ("8.9", "4.2"): Words(
        "the SM-DS answered with an error",
        "registering or deleting the event failed on the SM-DS",
        "look at the SM-DS's answer in the server's trace",
    ),
    ("8.9", "5.1"): Words(
        "the SM-DS cannot be reached",
        "wrong smdsAddress, TLS failure, or the SM-DS is down",
        "check smdsAddress and the SM-DS's TLS certificate",
    ),
    ("8.9.1", "3.8"): Words(
        "the address is not one of this SM-DS",
        "the LPA dialled by another name than the server is configured for",
        "add the name to the server's addresses or correct the root SM-DS address",
    ),
    ("8.9.2", "3.1"): Words(
        "no CI key of the eUICC's signing list is trusted by this SM-DS",
        "a test eUICC against a live server, or the other way round",
        "compare euiccCiPKIdListForSigning with the CIs configured on the server",
    ),
    ("8.9.3", "3.1"): Words(
        "the eUICC's specification version (SVN) is not supported",
        "the eUICC is older than v2, or newer than the server speaks",
        "check svn in euiccInfo1 against the server's settings",
    ),
    ("8.9.4", "3.7"): Words(
        "the SM-DS has no certificate under a CI that the eUICC can verify",
        "no CERT.DSauth for any key of euiccCiPKIdListForVerification",
        "issue a DSauth certificate under one of the eUICC's CIs",
    ),
    ("8.9.5", "3.3"): Words(
        "an event with this EventID is already registered for the EID",
        "the same registration was sent twice, perhaps after a lost response",
        "treat it as done if the earlier call timed out; otherwise choose another EventID",
    ),
    ("8.9.5", "3.9"): Words(
        "there is no such event for this EID",
        "the event was deleted, delivered to another eUICC, or registered by another SM-DP+",
        "check EID and EventID; the order may have ended meanwhile",
    ),
    # RSP operation
    ("8.10.1", "3.9"): Words(
        "the transactionId belongs to no session, or not to one in this state",
        "the session timed out or ended, calls came out of order, or the signed transactionId is another",
        "start again with InitiateAuthentication",
    ),
    ("8.10.2", "2.2"): Words(
        "the RPM script is missing",
        "an RPM order without commands",
        "send the RPM script",
    ),
    ("8.10.3", "1.2"): Words(
        "the device change is not allowed",
        "the operator refuses it",
        "ask the operator",
    ),
    ("8.10.3", "4.3"): Words(
        "the device change was abandoned",
        "CancelSession reason operationAbandoned (v3)",
        "start the device change again",
    ),
    ("8.11.1", "3.9"): Words(
        "the CI of the eUICC's chain is unknown or not the selected one",
        "the EUM certificate was issued by another CI than euiccCiPKIdToBeUsed named",
        "compare the EUM certificate's authority key identifier with euiccCiPKIdToBeUsed",
    ),
    ("8.12", "3.3"): Words(
        "the RPM package was already downloaded",
        "the order was executed before it was cancelled",
        "nothing to cancel",
    ),
}
