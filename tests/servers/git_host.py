"""A git server on a free port of 127.0.0.1: git's own http-backend behind HTTP. Pushing takes the token `s3cret`."""

import asyncio
import base64
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

PLAIN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
TOKEN = base64.b64encode(b"x-access-token:s3cret").decode()
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=folder, env=PLAIN, check=True, capture_output=True, text=True)
    return done.stdout


def made(folder: Path, **files: str) -> Path:
    """A repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    for name, text in (files or {"a.txt": "one\n"}).items():
        (folder / name).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


@asynccontextmanager
async def git_host(folder: Path) -> AsyncIterator[str]:
    """Where it serves the repository `shop.git` of a folder."""
    git(folder / "shop.git", "config", "http.receivepack", "true")
    git(folder / "shop.git", "config", "receive.denyCurrentBranch", "ignore")

    async def answer(request: web.Request) -> web.Response:
        pushes = "git-receive-pack" in request.path_qs
        if pushes and request.headers.get("Authorization") != f"Basic {TOKEN}":
            return web.Response(status=401)
        body = await request.read()
        environment = {
            **PLAIN,
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path.replace("/shop.git/", "/shop.git/.git/"),
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_HTTP_MAX_REQUEST_BUFFER": "10M",
            "REMOTE_USER": "ada",
        }
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            "git", "-c", "safe.directory=*", "http-backend", stdin=pipe, stdout=pipe, stderr=pipe, env=environment
        )
        out, _ = await process.communicate(body)
        head, _, data = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, body=data, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/shop.git"
    finally:
        await runner.cleanup()
