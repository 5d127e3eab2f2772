"""ES12 and ES15 over mutual TLS: a server whose certificate its CI has revoked reaches no function."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.authority import Credential
from certs.crl import Revoked, issue_crl
from smdp.web import es12
from smdp.web.peers import PeerClient
from tests.support.smdp_world import EID, shared_pki
from tests.support.smds_world import SmdsWorld
from tests.support.tls_servers import Hosts, an_hour_ago, calling, dp_tls, ds_tls

ADDRESS = "ds.example.com"


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    async with Hosts() as hosts:
        yield hosts


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
    entries = [Revoked.of(credential.certificate, an_hour_ago()) for credential in callers.values()]
    crl = issue_crl(
        shared_pki().ci(), entries, number=1, this_update=an_hour_ago(), next_update=an_hour_ago() + timedelta(days=1)
    )
    world.trust.replace_crls([crl])
    for family, credential in callers.items():
        assert await register(hosts, family, credential) == "1.1/3.9"
    assert world.stored() == []
    assert ["revoked" in event["message"] for event in world.trace.of("security")] == [True, True]
    world.trust.replace_crls([])
    for family, credential in callers.items():
        assert await register(hosts, family, credential) == "Executed-Success"
