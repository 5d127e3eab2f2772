"""/activation-codes."""

from lab.api import models
from lab.api.profiles import code_out, terms_of
from lab.api.routing import Answer, Call, Route
from lab.managers.errors import Code

_TAG = "Activation codes"


def create_activation_code(call: Call) -> Answer:
    """A new activation code for a profile; the one before is void."""
    wanted: models.NewCodeIn = call.body
    code = call.management.profiles.generate_activation_code(wanted.iccid, terms_of(wanted), call.actor)
    return Answer(code_out(code))


def get_activation_code(call: Call) -> Answer:
    """What a code leads to, and what it still allows."""
    code = call.management.profiles.get_activation_code(call.path["code"])
    body = models.CodeStatus(
        activationCode=code.activation_code,
        iccid=code.iccid,
        eid=code.eid,
        state=code.state,
        expiresAt=code.expires_at,
        remainingUses=code.remaining_uses,
        confirmationCodeRequired=code.confirmation_code_required,
        createdAt=code.created_at,
    )
    return Answer(body)


ROUTES = (
    Route(
        "POST",
        "/activation-codes",
        create_activation_code,
        "Make an activation code",
        "profiles:write",
        _TAG,
        models.CodeOut,
        body=models.NewCodeIn,
        refusals=(Code.PROFILE_NOT_FOUND, Code.OPERATION_NOT_PERMITTED),
        limit="activation_code",
    ),
    Route(
        "GET",
        "/activation-codes/{code}",
        get_activation_code,
        "Show what an activation code allows",
        "profiles:read",
        _TAG,
        models.CodeStatus,
        refusals=(Code.INVALID_ACTIVATION_CODE,),
    ),
)
