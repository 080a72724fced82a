"""HTTP requests: what may be reached, and what comes back."""

import asyncio
import ipaddress
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web as server
from contracts.tool import context_of

from orchestrator.kernel.errors import ToolError, ToolFailed, ToolRetry
from orchestrator.tools import web
from orchestrator.tools.base import Context, Reconcilable, Result
from orchestrator.tools.catalogue import Catalogue

Fetch = Callable[..., Any]


@pytest.fixture
def fetch(catalogue: Catalogue, tmp_path: Path) -> Fetch:
    async def fetched(url: str, allow_loopback: bool = True, **more: Any) -> Result:
        context = context_of(tmp_path, allow_loopback=allow_loopback)
        return await catalogue.get("http_request").call({"url": url, **more}, context)

    return fetched


@pytest.fixture
async def site() -> AsyncIterator[str]:
    over = asyncio.Event()

    async def echo(request: server.Request) -> server.Response:
        body = await request.text()
        seen = {name.lower(): value for name, value in request.headers.items()}
        return server.json_response({"method": request.method, "body": body, "headers": seen})

    async def redirect(request: server.Request) -> server.Response:
        return server.Response(status=int(request.query["code"]), headers={"Location": request.query["to"]})

    async def data(request: server.Request) -> server.Response:
        kind = request.query.get("type")
        body = bytes.fromhex(request.query["hex"])
        return server.Response(body=body, headers={"Content-Type": kind} if kind else {})

    async def endless(request: server.Request) -> server.StreamResponse:
        response = server.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async def silent(request: server.Request) -> server.Response:
        await over.wait()
        return server.Response()

    async def forbidden(request: server.Request) -> server.Response:
        return server.Response(status=403, text="no")

    async def bomb(request: server.Request) -> server.Response:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = b"".join(packer.compress(bytes(2**20)) for _ in range(128)) + packer.flush()
        return server.Response(body=packed, headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"})

    app = server.Application()
    for path, handler in (("/echo", echo), ("/redirect", redirect), ("/data", data)):
        app.router.add_route("*", path, handler)
    for path, answer in (("/endless", endless), ("/silent", silent), ("/bomb", bomb), ("/forbidden", forbidden)):
        app.router.add_get(path, answer)
    runner = server.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await server.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    over.set()
    await runner.cleanup()


async def test_a_request_and_its_answer(site: str, fetch: Fetch) -> None:
    data = (await fetch(f"{site}/echo", method="POST", body="héllo", headers={"X-One": "1"})).data
    assert (data["status"], data["url"], data["media_type"]) == (200, f"{site}/echo", "application/json")
    assert '"method": "POST"' in data["body"] and "\\u00e9" in data["body"] and '"x-one": "1"' in data["body"]
    assert data["headers"]["content-type"].startswith("application/json")


async def test_an_error_status_is_an_answer(site: str, fetch: Fetch) -> None:
    assert (await fetch(f"{site}/forbidden")).data["status"] == 403


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[fd00:ec2::254]", "[2001:db8::1]",
        "localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "LOCALHOST",
    ],
)  # fmt: skip
async def test_addresses_that_are_not_public_are_refused(fetch: Fetch, address: str) -> None:
    with pytest.raises(ToolError, match=r"may not reach|not a usable address"):
        await fetch(f"http://{address}:9/", allow_loopback=False)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "[fe80::1]", "0.0.0.0"])
async def test_the_loosening_is_for_loopback_only(fetch: Fetch, address: str) -> None:
    with pytest.raises(ToolFailed, match="may not reach"):
        await fetch(f"http://{address}:9/")


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_pass(address: str) -> None:
    web.judge("host", ipaddress.ip_address(address), False)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com",
        "http://",
        "http:///path",
        "javascript:alert(1)",
        "http://user:password@example.com/",
        "http://[::1",
        "http://example.com:99999/",
        "http://exa mple.com/",
    ],
)
async def test_addresses_that_cannot_be_requested(fetch: Fetch, url: str) -> None:
    with pytest.raises(ToolRetry):
        await fetch(url)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What names stand for, lookup by lookup: the last answer stays."""
    known: dict[str, list[list[str]]] = {}
    asked: dict[str, int] = {}

    async def getaddrinfo(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        answers = known[host]
        place = min(asked.get(host, 0), len(answers) - 1)
        asked[host] = asked.get(host, 0) + 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[place]]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    known["asked"] = []
    return known


async def test_a_name_for_a_private_address_is_refused(fetch: Fetch, names: dict[str, list[list[str]]]) -> None:
    names["inner.example"] = [["10.0.0.7"]]
    names["mixed.example"] = [["93.184.216.34", "127.0.0.1"]]
    for host in ("inner.example", "mixed.example"):
        with pytest.raises(ToolFailed, match=f"{host} is an address of"):
            await fetch(f"http://{host}/", allow_loopback=False)


async def test_a_name_cannot_change_between_check_and_connection(
    site: str, fetch: Fetch, names: dict[str, list[list[str]]]
) -> None:
    """Rebinding: were the name asked twice, the second answer would lead elsewhere."""
    names["rebind.example"] = [["127.0.0.1"], ["10.0.0.7"]]
    port = site.rpartition(":")[2]
    assert (await fetch(f"http://rebind.example:{port}/echo")).data["status"] == 200


async def test_redirects_are_followed_and_judged_again(site: str, fetch: Fetch) -> None:
    data = (await fetch(f"{site}/redirect?code=302&to=/echo")).data
    assert (data["status"], data["url"]) == (200, f"{site}/echo")
    for target in ("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:10.0.0.1]/"):
        with pytest.raises(ToolFailed, match="may not reach"):
            await fetch(f"{site}/redirect?code=302&to={target}")
    with pytest.raises(ToolRetry, match="Only http"):
        await fetch(f"{site}/redirect?code=302&to=file:///etc/passwd")
    target = "/echo"
    for _ in range(6):
        target = f"/redirect?code=302&to={quote(target, safe='')}"
    with pytest.raises(ToolFailed, match="more than 5"):
        await fetch(f"{site}{target}")


@pytest.mark.parametrize(
    ("code", "method", "becomes", "body"),
    [
        (301, "POST", "GET", ""),
        (302, "POST", "GET", ""),
        (303, "PUT", "GET", ""),
        (307, "POST", "POST", "b"),
        (308, "PUT", "PUT", "b"),
    ],
)
async def test_redirects_keep_the_method_as_the_code_says(
    site: str, fetch: Fetch, code: int, method: str, becomes: str, body: str
) -> None:
    data = (await fetch(f"{site}/redirect?code={code}&to=/echo", method=method, body="b")).data
    assert f'"method": "{becomes}"' in data["body"] and f'"body": "{body}"' in data["body"]


async def test_secrets_do_not_follow_to_another_host(
    site: str, fetch: Fetch, names: dict[str, list[list[str]]]
) -> None:
    names["other.example"] = [["127.0.0.1"]]
    port = site.rpartition(":")[2]
    headers = {"Authorization": "Bearer secret", "Cookie": "secret", "X-Api-Key": "secret", "Accept-Language": "kept"}
    same = (await fetch(f"{site}/redirect?code=302&to=/echo", headers=headers)).data
    other = (await fetch(f"{site}/redirect?code=302&to=http://other.example:{port}/echo", headers=headers)).data
    assert "Bearer secret" in same["body"]
    assert "secret" not in other["body"] and "kept" in other["body"]


@pytest.mark.parametrize("code", [307, 308])
async def test_what_is_sent_does_not_follow_to_another_host(
    site: str, fetch: Fetch, names: dict[str, list[list[str]]], code: int
) -> None:
    names["other.example"] = [["127.0.0.1"]]
    target = f"http://other.example:{site.rpartition(':')[2]}/echo"
    data = (await fetch(f"{site}/redirect?code={code}&to={target}", method="POST", body="mine")).data
    assert (data["status"], data["headers"]["location"]) == (code, target) and "not told" in data["note"]
    assert not data["body"]


@pytest.mark.parametrize("host", ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "[::ffff:7f00:1]"])
async def test_letters_that_a_client_reads_as_digits_lead_nowhere(site: str, fetch: Fetch, host: str) -> None:
    port = site.rpartition(":")[2]
    with pytest.raises(ToolFailed, match="may not reach"):
        await fetch(f"http://{host}:{port}/echo", allow_loopback=False)
    public = web._judged("http://example.com", False)
    for target in (f"http://{host}:{port}/echo", f"//{host}/"):  # the same, where a public server sends one
        with pytest.raises(ToolFailed, match="may not reach"):
            web._judged(target, False, public)


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-A", "b\r\nX-Evil: 1"), ("X-A", "b\nc"), ("X-A\r\nX-Evil", "1"), ("X A", "1"), ("Host", "inner"), ("", "1")],
)
async def test_headers_cannot_smuggle_headers(site: str, fetch: Fetch, name: str, value: str) -> None:
    with pytest.raises(ToolRetry, match="cannot be sent"):
        await fetch(f"{site}/echo", headers={name: value})


async def test_a_body_that_unpacks_without_end_is_cut(site: str, fetch: Fetch) -> None:
    data = (await fetch(f"{site}/bomb")).data
    assert "cut after" in data["note"]


@pytest.mark.parametrize(
    ("data", "kind", "body", "note"),
    [
        ("été".encode(), "text/plain; charset=utf-8", "été", ""),
        ("été".encode("latin-1"), "text/html; charset=iso-8859-1", "été", ""),
        (b"{}", "application/vnd.api+json", "{}", ""),
        (b"text", "text/plain; charset=unheard-of", "text", "unknown"),
        (b"<meta charset=windows-1252>\x9cuf", "text/html", "<meta charset=windows-1252>œuf", ""),
        (
            '<?xml version="1.0" encoding="iso-8859-1"?>é'.encode("latin-1"),
            "text/xml",
            '<?xml version="1.0" encoding="iso-8859-1"?>é',
            "",
        ),
        ("café".encode("cp1252"), "text/plain", "café", ""),
        ("été".encode("utf-16"), "text/plain", "été", ""),
        (b"\x89PNG\r\n\0", "image/png", "", "binary, 7 bytes, image/png"),
        (b"\0\1\2", "text/plain", "", "binary"),
        (b"\xff\xfe\xfd", "application/octet-stream", "", "binary"),
        (b"", "text/plain", "", ""),
    ],
)
async def test_bodies_of_every_sort(site: str, fetch: Fetch, data: bytes, kind: str, body: str, note: str) -> None:
    found = (await fetch(f"{site}/data?hex={data.hex()}&type={quote(kind)}")).data
    assert found["body"] == body and note in found["note"]


async def test_an_endless_body_is_cut(site: str, fetch: Fetch) -> None:
    result = await fetch(f"{site}/endless")
    assert "cut after 2097152 bytes" in result.data["note"]
    assert len(result.data["body"]) < 200_000 and result.overflow and len(result.overflow) > 2**21


async def test_silence_is_a_failure_in_time(site: str, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.1)
    with pytest.raises(ToolFailed, match="did not answer in time"):
        await fetch(f"{site}/silent")


async def test_a_closed_port_is_a_failure(fetch: Fetch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ToolFailed, match="cannot be reached"):
        await fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "headers", [{"Host": "x"}, {"content-length": "5"}, {"X": "a\r\nInjected: b"}, {"Bad\nName": "x"}, {"": "x"}]
)
async def test_headers_that_cannot_be_sent(site: str, fetch: Fetch, headers: dict[str, str]) -> None:
    with pytest.raises(ToolError):
        await fetch(f"{site}/echo", headers=headers)


async def test_after_a_crash_only_asking_is_repeated(catalogue: Catalogue, context: Context) -> None:
    tool = catalogue.get("http_request")
    assert isinstance(tool, Reconcilable)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert await tool.reconcile({"url": "http://example.com", "method": method}, context) is None
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(ToolFailed, match="cannot be known"):
            await tool.reconcile({"url": "http://example.com", "method": method}, context)
