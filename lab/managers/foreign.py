"""Profiles of SM-DP+ that aren't the lab's: what their activation codes are, and how they come under management."""

import uuid
from datetime import datetime

from lab.managers.orders import POLICIES, PROFILE_CLASSES
from lab.store.records import Operation, ProfileRecord, ProfileState
from lpa.core.metadata import ProfileMetadata

_TYPES = {int(number): name for name, number in PROFILE_CLASSES.items()}


def profile_of(operation: Operation, metadata: ProfileMetadata, now: datetime) -> ProfileRecord:
    """The record of a profile that a foreign server has described to the LPA."""
    policies = [{"type": name, "value": True} for name, rule in POLICIES.items() if rule & metadata.policy_rules]
    return ProfileRecord(
        profile_id=str(uuid.uuid4()),
        iccid=str(metadata.iccid),
        eid=operation.eid,
        state=ProfileState.CREATED,
        profile_type=_TYPES.get(metadata.profile_class, "OPERATIONAL"),
        mno=metadata.service_provider_name,
        metadata={"name": metadata.profile_name, "description": "", "policies": policies, "features": []},
        activation_code=operation.parameters["activationCode"],
        created_at=now,
        updated_at=now,
    )
