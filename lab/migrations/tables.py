"""Every table of a lab's database."""

from typing import Final

from sqlalchemy import MetaData

import lab.webhooks.schema  # noqa: F401 - its tables are in ours
import smdp.store.events
import smdp.store.outbox  # noqa: F401 - its tables are in the servers'
from lab.store import schema as management
from smdp.store import schema as servers

ALL: Final[tuple[MetaData, ...]] = (servers.metadata, management.metadata)
