"""An SM-DP+ in a process that a test can kill: `python -m tests.support.smdp_process DIRECTORY PORT SEED`."""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from smdp.web.es9 import application
from tests.support.entropy import SeededEntropy
from tests.support.smdp_world import World


async def serve(directory: Path, port: int, seed: str) -> None:
    world = World(directory, url=f"sqlite:///{directory / 'smdp.db'}")
    world.entropy = SeededEntropy(seed)
    world.change()
    runner = web.AppRunner(application(world.server), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
