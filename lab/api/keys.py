"""/keys."""

from datetime import timedelta

from lab.api import models_admin as models
from lab.api.pagination import page_of
from lab.api.queries import Page
from lab.api.routing import Answer, Call, Route
from lab.api.views import key_out
from lab.managers.errors import Code
from lab.managers.keys import IssuedKey
from lab.store.records import ApiKey

_TAG = "Keys"


def create_key(call: Call) -> Answer:
    """A new key; its secret is told once."""
    new: models.NewKeyIn = call.body
    lifetime = timedelta(days=new.expiresInDays) if new.expiresInDays else None
    return _issued(call.management.keys.create(new.name, new.role, lifetime, call.actor))


def list_keys(call: Call) -> Answer:
    """Keys, oldest first."""
    found, cursor = page_of(call.management.ledger, ApiKey, call.query)
    return Answer(models.KeyList(keys=[key_out(key) for key in found], nextCursor=cursor))


def rotate_key(call: Call) -> Answer:
    """A new key in place of this one, which stays good for a while."""
    overlap = timedelta(seconds=call.body.overlapSeconds)
    return _issued(call.management.keys.rotate(call.path["keyId"], overlap, call.actor))


def revoke_key(call: Call) -> Answer:
    """No longer good."""
    return Answer(key_out(call.management.keys.revoke(call.path["keyId"], call.actor)))


def _issued(issued: IssuedKey) -> Answer:
    return Answer(models.KeyCreated(**key_out(issued.key).model_dump(), key=issued.token))


ROUTES = (
    Route(
        "POST",
        "/keys",
        create_key,
        "Make a key",
        "keys:manage",
        _TAG,
        models.KeyCreated,
        body=models.NewKeyIn,
        status=201,
        secret=True,
    ),
    Route("GET", "/keys", list_keys, "List keys", "keys:manage", _TAG, models.KeyList, query=Page),
    Route(
        "POST",
        "/keys/{keyId}/rotate",
        rotate_key,
        "Rotate a key",
        "keys:manage",
        _TAG,
        models.KeyCreated,
        body=models.RotationIn,
        body_optional=True,
        status=201,
        refusals=(Code.OPERATION_NOT_PERMITTED,),
        secret=True,
    ),
    Route("DELETE", "/keys/{keyId}", revoke_key, "Revoke a key", "keys:manage", _TAG, models.KeyOut),
)
