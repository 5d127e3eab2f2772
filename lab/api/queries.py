"""The query parameters of the lists."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from lab.api.models import ProfileType
from lab.api.models_admin import DeliveryState
from lab.api.values import EidText, IccidText, Limit, Mno
from lab.store.records import OperationKind, OperationState, ProfileState

Cursor = Annotated[
    str,
    Field(max_length=200),
    WithJsonSchema({"type": "string", "format": "cursor", "description": "nextCursor of the page before"}),
]
NumberedCursor = Annotated[
    str,
    Field(max_length=200),
    WithJsonSchema({"type": "string", "format": "numbered-cursor", "description": "nextCursor of the page before"}),
]
PageSize = Annotated[
    Limit, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 200, "description": "at most so many; 50"})
]


class Query(BaseModel):
    """What a query may hold; anything else is refused."""

    model_config = ConfigDict(extra="forbid")


class Page(Query):
    """A page of a list."""

    cursor: Cursor | None = None
    limit: PageSize | None = None


class NumberedPage(Query):
    """A page of a list whose items are numbered."""

    cursor: NumberedCursor | None = None
    limit: PageSize | None = None


class ProfileQuery(Page):
    """GET /profiles."""

    eid: EidText | None = None
    profileState: ProfileState | None = None
    profileType: ProfileType | None = None
    mno: Mno | None = None


class DeliveryQuery(NumberedPage):
    """GET /webhooks/{webhookId}/deliveries."""

    state: DeliveryState | None = None


class OperationQuery(Page):
    """GET /operations."""

    iccid: IccidText | None = None
    eid: EidText | None = None
    state: OperationState | None = None
    kind: OperationKind | None = None


class CompatibilityQuery(Query):
    """GET /devices/{eid}/compatibility."""

    profileType: ProfileType = "OPERATIONAL"
