"""The agent (LPA): procedures as generators, drivers for threads and asyncio, links to cards, TLS-verifying HTTP."""
