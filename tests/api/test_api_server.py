"""The server itself: its port, its end, its speed."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import aiohttp
import pytest
import uvloop
from servers.site import Gate, Opening, Shout, Site, open_site, shouting

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
