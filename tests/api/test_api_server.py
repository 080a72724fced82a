"""The server itself: its port, its end, its speed."""

import asyncio
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from servers.site import Gate, Opening, Shout, Site, open_site, shouting

from orchestrator.api import connection
from orchestrator.api.server import address, listening, serve
from orchestrator.kernel.errors import Conflict, InvalidSettings
from orchestrator.llm.providers.scripted import Scripted


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict) as refused:
            listening("127.0.0.1", port)
    assert str(port) in refused.value.detail
    assert f"--port {port + 1}" in refused.value.hint


@pytest.mark.parametrize("host", ["nowhere.invalid", "256.1.1.1"])
def test_a_host_that_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(InvalidSettings, match=host):
        listening(host, 0)


def test_the_address_is_one_a_browser_can_open() -> None:
    with listening("0.0.0.0", 0) as bound:
        assert address(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
    if socket.has_ipv6:
        with listening("::1", 0) as bound:
            assert address(bound) == f"http://[::1]:{bound.getsockname()[1]}"


async def test_two_servers_do_not_share_a_port(site: Site) -> None:
    port = int(site.url.rpartition(":")[2])
    settings = site.app.settings
    with pytest.raises(Conflict):
        listening(settings.server.host, port)


@pytest.mark.parametrize("fast", [False, True])
def test_connections_send_at_once(tmp_path: Path, fast: bool) -> None:
    async def main() -> int:
        async with open_site(tmp_path) as site, site.socket() as client:
            await client.send_json({"message": "Hello?"})
            await client.receive_json()
            port = int(site.url.rpartition(":")[2])
            return _served_nodelay(port)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if fast else asyncio.new_event_loop) as runner:
        assert runner.run(main()) == 1


def _served_nodelay(port: int) -> int:
    """Of the server's side of a connection to this port, found among the files of this process."""
    for file in Path("/proc/self/fd").iterdir():
        try:
            end = socket.socket(fileno=os.dup(int(file.name)))
        except OSError:
            continue
        with end:
            try:
                if end.getsockname()[1] == port and end.getpeername():
                    return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            except (OSError, IndexError):
                continue
    raise AssertionError("no connection found")


async def test_told_to_stop_it_ends_streams_and_sockets(opening: Opening) -> None:
    """SIGTERM: readers of a run that waits are let go, and the process goes on to close the journal."""
    async with opening(model=Scripted(shouting), tools=[Shout()], server={"shutdown_seconds": 5.0}) as site:
        run = await site.post("/chat", {"message": "Shout"})
        stream = f"{site.api}/runs/{run['run_id']}/events"
        async with site.socket() as client, site.http.get(stream, headers={"Accept": "text/event-stream"}) as reply:
            await client.send_json({"type": "watch", "run_id": run["run_id"]})
            await client.receive_json()
            await reply.content.readline()
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(4):
                await reply.content.read()
                while (last := await client.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
                assert last.data == 1012  # the service restarts
        with pytest.raises(aiohttp.ClientConnectionError):
            while True:
                async with aiohttp.ClientSession() as http, http.get(f"{site.url}/health"):
                    pass
        assert (await site.app.views.run("default", run["run_id"])).status == "waiting"


async def test_a_run_goes_on_while_the_server_stops_listening(opening: Opening) -> None:
    gate = Gate()
    async with opening(model=Scripted(lambda _: "to the end", gate=gate)) as site:
        run_id = (await site.post("/runs", {"goal": "Go"}, status=201))["run_id"]
        other = asyncio.create_task(serve(site.app))
        other.cancel()
        await asyncio.wait([other])
        gate.let(100)
        await site.app.runs.settled(run_id)
        assert (await site.get(f"/runs/{run_id}"))["answer"] == "to the end"


async def raw(site: Site) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))


async def refusal(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    """The status and the problem of a connection that ends."""
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    return int(head.split()[1]), json.loads(body)


async def test_a_head_without_end_is_refused(site: Site) -> None:
    _, writer = await raw(site)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    try:
        for number in range(100_000):
            writer.write(b"x-%d: %s\r\n" % (number, b"y" * 1000))
            await writer.drain()
    except ConnectionError:
        pass
    else:
        pytest.fail("100 MB of headers were taken")
    writer.close()
    async with site.http.get(f"{site.url}/health") as reply:
        assert reply.status == 200


async def test_a_head_that_is_too_long_has_its_status(site: Site) -> None:
    reader, writer = await raw(site)
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nx: " + b"y" * 70_000)
    status, problem = await refusal(reader)
    assert (status, problem["status"], problem["code"]) == (431, 431, "too_large")
    writer.close()


async def test_a_head_that_does_not_come_is_not_waited_for(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.1)
    async with opening() as site:
        for sent in (b"", b"GET /hea", b"GET /health HTTP/1.1\r\nHost: loc"):
            reader, writer = await raw(site)
            writer.write(sent)
            status, problem = await refusal(reader)
            assert (status, problem["code"]) == (408, "too_slow"), sent
            writer.close()


async def test_a_connection_is_kept_for_more(site: Site) -> None:
    reader, writer = await raw(site)
    for _ in range(3):
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
        await reader.readuntil(b'{"status":"ok"}')
    writer.close()


async def test_what_is_no_http_is_refused(site: Site) -> None:
    for sent in (b"\x16\x03\x01\x00\xa5\x01\x00\x00", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        reader, writer = await raw(site)
        writer.write(sent)
        status, problem = await refusal(reader)
        assert (status, problem["code"]) == (400, "malformed"), sent
        writer.close()
