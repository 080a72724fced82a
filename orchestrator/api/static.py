"""The web app's files, and the few pages that the server writes itself, in two languages.

Addresses that are no file answer the app's index: the app knows its own pages.
"""

import html
from email.utils import formatdate
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

BUILT = Path(__file__).with_name("static")

_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOR_EVER = "public, max-age=31536000, immutable"
_RESERVED = ("/api/", "/metrics", "/docs", "/health")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light"><title>AI Orchestrator</title>
<style>body{{font:1.125rem/1.6 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.5rem}}
code{{font-size:1rem}}p{{margin:.5rem 0 1.5rem}}</style></head>
<body><main><h1>{title_en}</h1><p>{text_en}</p>
<div lang="fr"><h2>{title_fr}</h2><p>{text_fr}</p></div></main></body></html>
"""

NOT_BUILT = _PAGE.format(
    title_en="The web app is not built yet",
    text_en="The server works. Run <code>./run web</code> in its folder, then reload this page. "
    "The terminal works meanwhile: <code>orchestrator chat</code>.",
    title_fr="L’application web n’est pas encore construite",
    text_fr="Le serveur fonctionne. Lancez <code>./run web</code> dans son dossier, puis rechargez cette page. "
    "En attendant, le terminal fonctionne : <code>orchestrator chat</code>.",
)


def bad_link(minutes: float) -> Response:
    """The page for a sign-in link that is used, expired or wrong."""
    page = _PAGE.format(
        title_en="This sign-in link does not work any more",
        text_en=f"A link works once, within {minutes:g} minutes. Make a new one with "
        "<code>./run users link</code> on the machine of the server, or restart the server: it prints one.",
        title_fr="Ce lien de connexion ne fonctionne plus",
        text_fr=f"Un lien sert une seule fois, dans les {minutes:g} minutes. Faites-en un autre avec "
        "<code>./run users link</code> sur la machine du serveur, ou relancez le serveur : il en affiche un.",
    )
    return HTMLResponse(page, 401, {"Cache-Control": "no-store"})


def page(title: str, body: str) -> HTMLResponse:
    """A page of the server's own; `body` is HTML already."""
    head = _PAGE[: _PAGE.index("<body>")].format().replace("<title>AI Orchestrator", f"<title>{html.escape(title)}")
    return HTMLResponse(f"{head}<body><main>{body}</main></body></html>")


class Static:
    """The ASGI application for whatever is no route."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 4404})
            return
        await self.answer(scope)(scope, receive, send)

    def answer(self, scope: Scope) -> Response:
        path: str = scope["path"]
        if path.startswith(_RESERVED):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        file = self._file(path)
        if file is None and "." in path.rpartition("/")[2]:
            raise HTTPException(404)
        file = file or self._file("/index.html")
        if file is None:
            return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-store"})
        return self._sent(file, Headers(scope=scope))

    def _file(self, path: str) -> Path | None:
        if "\0" in path:
            return None
        file = (self._folder / path.lstrip("/")).resolve()
        if file == self._folder or not file.is_relative_to(self._folder) or file.suffix not in _TYPES:
            return None
        return file if file.is_file() else None

    def _sent(self, file: Path, asked: Headers) -> Response:
        hashed = file.parent == self._folder / "assets"
        headers = {"Cache-Control": _FOR_EVER if hashed else "no-cache", "Vary": "Accept-Encoding"}
        sent = file
        for encoding, suffix in _ENCODINGS:
            packed = file.with_name(file.name + suffix)
            if encoding in asked.get("accept-encoding", "") and packed.is_file():
                sent, headers["Content-Encoding"] = packed, encoding
                break
        stat = sent.stat()
        headers["ETag"] = f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'
        headers["Last-Modified"] = formatdate(stat.st_mtime, usegmt=True)
        if headers["ETag"] in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return FileResponse(sent, headers=headers, media_type=_TYPES[file.suffix])
