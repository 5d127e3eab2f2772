"""Both HTTP clients of the agent: plain HTTP, redirects, lost connections, late and large answers, addresses."""

import asyncio
import socket
from pathlib import Path

import pytest

from certs.pki import Pki
from lpa.core.errors import BodyTooLarge, HttpError, HttpTimeout, PlainHttpRefused, Unreachable
from lpa.core.es9 import Server
from lpa.core.settings import LpaSettings
from lpa.http.trust import TlsTrust
from tests.support.echo_server import HOST, Client, new_pki, serving, trusting


@pytest.fixture(scope="module")
def pki() -> Pki:
    return new_pki()


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_plain_http_needs_the_switch_that_names_it(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(None, tmp_path) as server:
        strict = Client(kind, trusting(pki, server.server_port))
        for attempt in (strict.connect, strict.post):
            with pytest.raises(PlainHttpRefused):
                await attempt(f"http://{HOST}/echo")
        await strict.close()
        lab = Client(kind, trusting(pki, server.server_port, insecure_plain_http=True))
        assert await lab.connect(f"http://{HOST}") is None
        assert (await lab.post(f"http://{HOST}/echo", b"hello")).body == b"hello"
        await lab.close()


async def test_redirects_are_reported_not_followed(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        assert (await client.post(f"https://{HOST}/redirect")).status == 302
        await client.close()


async def test_an_idle_connection_that_the_server_closed_is_opened_again(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        assert (await client.post(f"https://{HOST}/then-close")).status == 200
        await asyncio.sleep(0.2)
        assert (await client.post(f"https://{HOST}/echo")).status == 200
        assert (await client.post(f"https://{HOST}/echo")).status == 200
        assert len(server.RequestHandlerClass.connections) == 2
        await client.close()


async def test_what_was_sent_is_not_sent_again_when_the_answer_is_lost(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        assert (await client.post(f"https://{HOST}/echo")).status == 200
        with pytest.raises(Unreachable):
            await client.post(f"https://{HOST}/hang-up")
        assert server.RequestHandlerClass.paths == ["/echo", "/hang-up"]
        await client.close()


async def test_too_large_an_answer_is_refused(
    pki: Pki, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"lpa.http.{'blocking' if kind == 'blocking' else 'asynchronous'}.MAX_BODY_OCTETS", 4999)
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        with pytest.raises(BodyTooLarge):
            await client.post(f"https://{HOST}/large")
        await client.close()


async def test_silence_and_hanging_up_are_errors_that_may_be_tried_again(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(pki.dp_tls(), tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port), answer_timeout_s=0.1)
        with pytest.raises(HttpTimeout) as late:
            await client.post(f"https://{HOST}/stall")
        with pytest.raises(Unreachable) as gone:
            await client.post(f"https://{HOST}/hang-up")
        assert late.value.retryable
        assert gone.value.retryable
        await client.close()


async def test_nobody_there_is_unreachable(pki: Pki, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = Client(kind, trusting(pki, port))
    for attempt in (client.connect, client.post):
        with pytest.raises(Unreachable):
            await attempt(f"https://{HOST}/echo")
    await client.close()


async def test_a_server_without_tls_is_refused(pki: Pki, tmp_path: Path, kind: str) -> None:
    with serving(None, tmp_path) as server:
        client = Client(kind, trusting(pki, server.server_port))
        with pytest.raises(HttpError):
            await client.connect(f"https://{HOST}")
        await client.close()


def test_names_may_lead_elsewhere_by_host_or_by_host_and_port() -> None:
    trust = TlsTrust([], resolve={"a.example": "10.0.0.1", "b.example:8443": "[::1]:9", "c.example": "::1"})
    assert (trust.target("https://a.example").connect_host, trust.target("https://a.example").port) == ("10.0.0.1", 443)
    assert (trust.target("https://b.example:8443").connect_host, trust.target("https://b.example:8443").port) == (
        "::1",
        9,
    )
    assert trust.target("https://b.example").connect_host == "b.example"
    assert trust.target("https://c.example:7").connect_host == "::1"
    with pytest.raises(Unreachable):
        trust.target("https://a.example:99999")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("Lab.example.com:8443", "http://Lab.example.com:8443"),
        ("lab.example.com", "http://lab.example.com"),
        ("smdp.example.com", "https://smdp.example.com"),
        ("xlab.example.com", "https://xlab.example.com"),
    ],
)
def test_plain_http_is_for_the_labs_own_names_only(address: str, url: str) -> None:
    settings = LpaSettings(plain_http_hosts=frozenset({"lab.example.com"}))
    assert Server(settings, address).url == url
    assert Server(LpaSettings(), address).url == f"https://{address}"
