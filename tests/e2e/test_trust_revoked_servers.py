"""Mutual TLS between servers: one whose certificate its CI has revoked reaches no function, and is told nothing."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from certs.authority import Credential
from certs.crl import Revoked, issue_crl
from smdp.core.events import Unreachable
from smdp.core.trust import TrustStore
from smdp.web import es12
from smdp.web.peers import PeerClient
from smdp.web.tls import client_context
from tests.support.smdp_world import EID, shared_pki
from tests.support.smds_world import SmdsWorld
from tests.support.tls_servers import CI_PEM, Hosts, an_hour_ago, calling, dp_tls, ds_tls

ADDRESS = "ds.example.com"


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with Hosts() as hosts:
        yield hosts


def crl_of(*credentials: Credential) -> bytes:
    """A CRL of the CI that lists these."""
    issued = an_hour_ago()
    entries = [Revoked.of(credential.certificate, issued) for credential in credentials]
    return issue_crl(shared_pki().ci(), entries, number=1, this_update=issued, next_update=issued + timedelta(days=1))


async def register(hosts: Hosts, family: str, credential: Credential) -> str:
    """The status code of RegisterEvent, or its status."""
    header = {"functionRequesterIdentifier": "x", "functionCallIdentifier": family}
    body: dict[str, Any] = {"header": header, "eid": EID, "eventId": family.upper(), "rspServerAddress": "dp"}
    async with PeerClient(calling(credential), resolve=hosts.resolve) as client:
        url = f"https://{ADDRESS}/gsma/rsp2/{family}/registerEvent"
        reply = await client.post(url, json.dumps(body | {"forwardingIndicator": False}).encode())
    status = json.loads(reply.body)["header"]["functionExecutionStatus"]
    data = status.get("statusCodeData")
    return f"{data['subjectCode']}/{data['reasonCode']}" if data else str(status["status"])


async def test_a_revoked_server_registers_nothing(hosts: Hosts, tmp_path: Path) -> None:
    world = SmdsWorld(tmp_path)
    callers = {"es12": dp_tls("dp.example.com"), "es15": ds_tls("alt.example.com", "2.999.16")}
    await hosts.serve(ADDRESS, es12.application(world.smds), ds_tls(ADDRESS, "2.999.15"), "required")
    world.trust.replace_crls([crl_of(*callers.values())])
    for family, credential in callers.items():
        assert await register(hosts, family, credential) == "1.1/3.9"
    assert world.stored() == []
    assert ["revoked" in event["message"] for event in world.trace.of("security")] == [True, True]
    world.trust.replace_crls([])
    for family, credential in callers.items():
        assert await register(hosts, family, credential) == "Executed-Success"


async def test_a_revoked_server_is_told_nothing(hosts: Hosts) -> None:
    asked: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=204)

    credential, url = ds_tls(ADDRESS, "2.999.15"), f"https://{ADDRESS}/gsma/rsp2/es12/deleteEvent"
    app = web.Application()
    app.router.add_post("/gsma/rsp2/es12/deleteEvent", receive)
    await hosts.serve(ADDRESS, app, credential, "required")
    trust, own = TrustStore([shared_pki().ci().certificate]), dp_tls("dp.example.com")
    context = client_context(own.chain_pem, own.key_pem, CI_PEM, trust.revoked)
    trust.replace_crls([crl_of(credential)])
    async with PeerClient(context, resolve=hosts.resolve) as client:
        with pytest.raises(Unreachable, match="the server's certificate is revoked"):
            await client.post(url, b"{}")
        assert asked == []
        trust.replace_crls([crl_of(own)])
        assert (await client.post(url, b"{}")).status == 204
