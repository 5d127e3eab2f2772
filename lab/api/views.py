"""Records as bodies."""

from collections.abc import Mapping

from lab.api.models import (
    DeviceInfo,
    DeviceOut,
    Metadata,
    OperationError,
    OperationOut,
    ProfileOut,
    ProgressOut,
    TraceRef,
)
from lab.api.models_admin import AuditLine, KeyOut
from lab.store.records import ApiKey, AuditEntry, DeviceRecord, Operation, ProfileRecord


def etag(version: int) -> Mapping[str, str]:
    """The ETag header of a record."""
    return {"ETag": f'"{version}"'}


def profile_out(profile: ProfileRecord) -> ProfileOut:
    """A profile."""
    return ProfileOut.model_validate(
        {
            "iccid": profile.iccid,
            "eid": profile.eid,
            "profileState": profile.state,
            "activationCode": profile.activation_code,
            "profileType": profile.profile_type,
            "mno": profile.mno,
            "createdAt": profile.created_at,
            "expiresAt": profile.expires_at,
            "metadata": Metadata.model_construct(**profile.metadata),
        }
    )


def device_out(device: DeviceRecord) -> DeviceOut:
    """A device."""
    return DeviceOut(
        deviceId=device.device_id,
        eid=device.eid,
        deviceInfo=DeviceInfo.model_construct(**device.device_info),
        card=device.card,
        registrationDate=device.registered_at,
    )


def operation_out(operation: Operation) -> OperationOut:
    """An operation."""
    error = operation.error
    return OperationOut(
        operationId=operation.operation_id,
        kind=operation.kind,
        state=operation.state,
        iccid=operation.iccid,
        eid=operation.eid,
        progress=ProgressOut(**operation.progress),
        result=operation.result,
        error=OperationError(**error) if error else None,
        trace=TraceRef(sessionId=operation.session) if operation.session else None,
        cancelRequested=operation.cancel_requested,
        createdAt=operation.created_at,
        updatedAt=operation.updated_at,
        endedAt=operation.ended_at,
    )


def key_out(key: ApiKey) -> KeyOut:
    """A key without its secret."""
    return KeyOut.model_validate(
        {
            "keyId": key.key_id,
            "name": key.name,
            "role": key.role,
            "createdAt": key.created_at,
            "expiresAt": key.expires_at,
            "revokedAt": key.revoked_at,
            "replaces": key.replaces or None,
        }
    )


def audit_line(entry: AuditEntry) -> AuditLine:
    """A line of the audit log."""
    return AuditLine(
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        source=entry.source,
        requestId=entry.request_id,
        action=entry.action,
        resource=entry.resource,
        outcome=entry.outcome,
        beforeDigest=entry.before_digest,
        afterDigest=entry.after_digest,
        previousHash=entry.previous_hash,
        hash=entry.hash,
    )
