"""/profiles."""

import base64
from concurrent.futures import ThreadPoolExecutor

from lab.api import models
from lab.api.pagination import page_of
from lab.api.queries import ProfileQuery
from lab.api.routing import Answer, Call, Route
from lab.api.views import etag, profile_out
from lab.managers.errors import Code, ManagementError, understood
from lab.managers.operations import ESTIMATED_TIME_S
from lab.managers.orders import CodeTerms, IssuedCode
from lab.managers.profiles import NewProfile
from lab.store.ledger import table_of
from lab.store.records import Operation, OperationKind, OperationState, ProfileRecord, ProfileState

_TAG = "Profiles"
_PARALLEL = 4
_profiles = table_of(ProfileRecord).c


def create_profile(call: Call) -> Answer:
    """Make a profile and order it."""
    profile = _create(call, call.body)
    body = models.ProfileCreated(
        profileId=profile.profile_id,
        activationCode=profile.activation_code,
        createdAt=profile.created_at,
        status=profile.state,
    )
    return Answer(body, headers={**_at(profile), **etag(profile.version)})


def create_profiles(call: Call) -> Answer:
    """Make many."""
    batch: models.BatchIn = call.body
    wanted, failed = batch.profiles, False
    results: list[models.BatchResult] = []
    step = _PARALLEL if batch.options.parallel else 1
    with ThreadPoolExecutor(step) as pool:
        for start in range(0, len(wanted), step):
            part = wanted[start : start + step]
            if failed and batch.options.failFast:
                results += [_not_tried(item.iccid) for item in part]
                continue
            results += pool.map(lambda item: _try(call, item), part)
            failed = failed or not all(result.success for result in results)
    successful = sum(result.success for result in results)
    summary = models.BatchSummary(total=len(results), successful=successful, failed=len(results) - successful)
    return Answer(models.BatchOut(results=results, summary=summary))


def get_profile(call: Call) -> Answer:
    """The profile, the newest where there were several with this ICCID."""
    profile = call.management.profiles.get_profile(call.path["iccid"])
    return Answer(profile_out(profile), headers=etag(profile.version))


def list_profiles(call: Call) -> Answer:
    """Profiles, in the order in which they were made; deleted ones, too."""
    query: ProfileQuery = call.query
    filters = {"eid": query.eid, "state": query.profileState, "profile_type": query.profileType, "mno": query.mno}
    where = [_profiles[name] == value for name, value in filters.items() if value is not None]
    found, cursor = page_of(call.management.ledger, ProfileRecord, query, *where)
    return Answer(models.ProfileList(profiles=[profile_out(profile) for profile in found], nextCursor=cursor))


def delete_profile(call: Call) -> Answer:
    """Delete it from the card, or withdraw it if it never got there."""
    begun = call.management.profiles.delete_profile(call.path["iccid"], call.actor, call.if_match)
    return _changed(call, begun, ProfileState.DELETED)


def enable_profile(call: Call) -> Answer:
    """Enable it."""
    begun = call.management.profiles.enable_profile(call.path["iccid"], call.actor, call.if_match)
    return _changed(call, begun, ProfileState.ENABLED)


def disable_profile(call: Call) -> Answer:
    """Disable it."""
    begun = call.management.profiles.disable_profile(call.path["iccid"], call.actor, call.if_match)
    return _changed(call, begun, ProfileState.DISABLED)


def download_profile(call: Call) -> Answer:
    """Download this profile to its device."""
    return _download(call, call.path["iccid"])


def download_by_code(call: Call) -> Answer:
    """Download what an activation code leads to."""
    return _download(call, None)


def generate_activation_code(call: Call) -> Answer:
    """A new activation code for this profile; the one before is void."""
    code = call.management.profiles.generate_activation_code(
        call.path["iccid"], terms_of(call.body), call.actor, call.if_match
    )
    return Answer(code_out(code))


def terms_of(options: models.CodeOptions) -> CodeTerms:
    """What the caller wants the code to allow."""
    return CodeTerms(options.expiresAt, options.maxUses, options.confirmationCode)


def code_out(code: IssuedCode) -> models.CodeOut:
    """A new activation code."""
    return models.CodeOut.model_validate(
        {
            "activationCode": code.activation_code,
            "expiresAt": code.expires_at,
            "remainingUses": code.remaining_uses,
        }
    )


def _create(call: Call, new: models.NewProfileIn) -> ProfileRecord:
    metadata = new.metadata.model_dump(exclude_none=True)
    return call.management.profiles.create_profile(
        NewProfile(
            iccid=new.iccid,
            eid=new.eid,
            profile_type=new.profileType,
            mno=new.mno,
            metadata=metadata,
            icon=base64.b64decode(new.metadata.icon) if new.metadata.icon else None,
            expires_at=new.expiresAt,
        ),
        call.actor,
    )


def _try(call: Call, new: models.NewProfileIn) -> models.BatchResult:
    try:
        profile = _create(call, new)
    except Exception as error:
        refused = understood(error, Code.INTERNAL_ERROR)
        reason = models.BatchError(code=refused.code, message=refused.message)
        return models.BatchResult(iccid=new.iccid, success=False, error=reason)
    return models.BatchResult(iccid=new.iccid, success=True, activationCode=profile.activation_code)


def _not_tried(iccid: str) -> models.BatchResult:
    reason = models.BatchError(code=Code.OPERATION_NOT_PERMITTED, message="not tried: failFast")
    return models.BatchResult(iccid=iccid, success=False, error=reason)


def _download(call: Call, iccid: str | None) -> Answer:
    wanted: models.DownloadOptions | models.DownloadIn = call.body
    operation = call.management.profiles.download_profile(
        iccid=iccid,
        activation_code=wanted.activationCode,
        eid=wanted.eid,
        confirmation_required=wanted.confirmationRequired,
        confirmation_code=wanted.confirmationCode,
        actor=call.actor,
    )
    estimate = ESTIMATED_TIME_S[OperationKind.DOWNLOAD]
    body = models.OperationStarted(operationId=operation.operation_id, estimatedTime=estimate)
    return Answer(body, headers={"Location": f"/api/v1/esim/operations/{operation.operation_id}"})


def _changed(call: Call, begun: Operation, state: ProfileState) -> Answer:
    """The state once the operation has ended; its error if it failed; 202 if it takes too long."""
    operation = call.management.operations.wait(begun.operation_id)
    if operation.state is OperationState.SUCCEEDED and operation.ended_at:
        body = models.StateChanged(status=state, timestamp=operation.ended_at, operationId=operation.operation_id)
        return Answer(body)
    if operation.error:
        details = {"operationId": operation.operation_id, **(operation.error["details"] or {})}
        raise ManagementError(Code(operation.error["error"]), operation.error["message"], details)
    started = models.OperationStarted(operationId=operation.operation_id, estimatedTime=60)
    return Answer(started, 202, {"Location": f"/api/v1/esim/operations/{operation.operation_id}"})


def _at(profile: ProfileRecord) -> dict[str, str]:
    return {"Location": f"/api/v1/esim/profiles/{profile.iccid}"}


_CREATING = (Code.OPERATION_NOT_PERMITTED, Code.PROFILE_LIMIT_REACHED)
_LOADING = (
    Code.PROFILE_NOT_FOUND,
    Code.OPERATION_NOT_PERMITTED,
    Code.PROFILE_LIMIT_REACHED,
    Code.DEVICE_NOT_COMPATIBLE,
    Code.INVALID_ACTIVATION_CODE,
    Code.INVALID_EID,
)
_ON_CARD = (
    Code.PROFILE_NOT_FOUND,
    Code.OPERATION_NOT_PERMITTED,
    Code.NETWORK_ERROR,
    Code.INVALID_EID,
)
ROUTES = (
    Route(
        "POST",
        "/profiles",
        create_profile,
        "Create a profile",
        "profiles:write",
        _TAG,
        models.ProfileCreated,
        body=models.NewProfileIn,
        refusals=(*_CREATING, Code.INVALID_EID),
        limit="profile_creation",
        etag=True,
    ),
    Route(
        "POST",
        "/profiles/batch",
        create_profiles,
        "Create many profiles",
        "profiles:write",
        _TAG,
        models.BatchOut,
        body=models.BatchIn,
        refusals=(Code.INVALID_EID,),
        limit="profile_creation",
        cost=lambda call: len(call.body.profiles),
    ),
    Route(
        "GET",
        "/profiles",
        list_profiles,
        "List profiles",
        "profiles:read",
        _TAG,
        models.ProfileList,
        query=ProfileQuery,
        refusals=(Code.INVALID_EID,),
    ),
    Route(
        "POST",
        "/profiles/download",
        download_by_code,
        "Download by activation code",
        "profiles:download",
        _TAG,
        models.OperationStarted,
        body=models.DownloadIn,
        status=202,
        refusals=_LOADING,
        limit="download",
    ),
    Route(
        "GET",
        "/profiles/{iccid}",
        get_profile,
        "Show a profile",
        "profiles:read",
        _TAG,
        models.ProfileOut,
        refusals=(Code.PROFILE_NOT_FOUND,),
        etag=True,
    ),
    Route(
        "DELETE",
        "/profiles/{iccid}",
        delete_profile,
        "Delete a profile",
        "profiles:write",
        _TAG,
        models.StateChanged,
        refusals=_ON_CARD,
        if_match=True,
    ),
    Route(
        "POST",
        "/profiles/{iccid}/download",
        download_profile,
        "Download a profile",
        "profiles:download",
        _TAG,
        models.OperationStarted,
        body=models.DownloadOptions,
        body_optional=True,
        status=202,
        refusals=_LOADING,
        limit="download",
    ),
    Route(
        "POST",
        "/profiles/{iccid}/enable",
        enable_profile,
        "Enable a profile",
        "profiles:download",
        _TAG,
        models.StateChanged,
        refusals=_ON_CARD,
        if_match=True,
    ),
    Route(
        "POST",
        "/profiles/{iccid}/disable",
        disable_profile,
        "Disable a profile",
        "profiles:download",
        _TAG,
        models.StateChanged,
        refusals=_ON_CARD,
        if_match=True,
    ),
    Route(
        "POST",
        "/profiles/{iccid}/activation-code",
        generate_activation_code,
        "Make another activation code",
        "profiles:write",
        _TAG,
        models.CodeOut,
        body=models.CodeOptions,
        body_optional=True,
        refusals=(Code.PROFILE_NOT_FOUND, Code.OPERATION_NOT_PERMITTED),
        limit="activation_code",
        if_match=True,
    ),
)
