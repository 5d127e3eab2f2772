"""A process that delivers an outbox until it is killed: DATABASE CHAIN KEY ROOTS NAME=TARGET ..."""

import asyncio
import ssl
import sys
from pathlib import Path

from smdp.store import open_store
from smdp.store.outbox import SqlOutbox
from smdp.web.outgoing import DeliverySettings, DeliveryWorker
from smdp.web.peers import PeerClient
from smdp.web.tls import client_context

SETTINGS = DeliverySettings(
    poll_s=0.01, lease_s=0.6, first_wait_s=0.02, longest_wait_s=0.05, jitter_s=0.01, attempts_max=100_000
)
TIMEOUT_S = 0.5


async def main(database: str, context: ssl.SSLContext, resolve: dict[str, str]) -> None:
    async with PeerClient(context, resolve=resolve, timeout_s=TIMEOUT_S) as client:
        print("ready", flush=True)
        await DeliveryWorker(SqlOutbox(open_store(database)), client, SETTINGS).run()


if __name__ == "__main__":
    chain, key, roots = (Path(path).read_bytes() for path in sys.argv[2:5])
    asyncio.run(main(sys.argv[1], client_context(chain, key, roots), dict(name.split("=") for name in sys.argv[5:])))
