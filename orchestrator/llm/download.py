"""A large file over HTTP: resumed where it broke off, checked against its hash, and never half there.

Covers: ranges, a server that has no ranges (from the start again), a file that changed meanwhile (its tag), a hash
that is not the one that was said. Only https, and http on this machine. Does not follow more than five redirects.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from orchestrator.kernel.errors import InvalidInput, ModelRejected, ModelUnavailable
from orchestrator.llm.base import Progress
from orchestrator.llm.wire import why

if TYPE_CHECKING:
    import aiohttp

_PIECE = 2**20  # bytes
_TELL = 8 * 2**20  # bytes between two words of how far it is
_SILENCE = 60.0  # seconds
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def address(name: str) -> str:
    """The URL that a name means: a URL itself, or hf:owner/repository/file."""
    if name.startswith("hf:"):
        parts = name.removeprefix("hf:").split("/")
        if len(parts) < 3 or not all(parts):
            raise InvalidInput(f"{name!r} names no file.", hint="Write hf:OWNER/REPOSITORY/FILE.gguf.")
        return f"https://huggingface.co/{parts[0]}/{parts[1]}/resolve/main/{'/'.join(parts[2:])}"
    parsed = urlsplit(name)
    if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.hostname in _HERE):
        raise InvalidInput(f"{name!r} is no address to download from.", hint="It must begin with https://.")
    return name


def file_name(url: str) -> str:
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    if not name.endswith(".gguf") or name.startswith(".") or "\\" in name or "/" in name or "\0" in name:
        raise InvalidInput(f"{url} names no GGUF file.", hint="The address must end in .gguf.")
    return name


class _Part:
    """A file that is not whole yet, and the tag of what it is a part of."""

    def __init__(self, into: Path) -> None:
        self._into = into
        self._path = into.with_name(into.name + ".part")
        self._tag = into.with_name(into.name + ".part.tag")

    def begun(self) -> tuple[int, str]:
        """Bytes that are there, and of which version; what has no tag cannot be gone on with."""
        self._into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._path.exists() or not self._tag.exists():
            return 0, ""
        return self._path.stat().st_size, self._tag.read_text("utf-8")

    @property
    def size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def open(self, tag: str, begun: int) -> BinaryIO:
        self._tag.write_text(tag, "utf-8")
        return self._path.open("ab" if begun else "wb")

    def hashed(self) -> str:
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def is_gguf(self) -> bool:
        with self._path.open("rb") as file:
            return file.read(4) == b"GGUF"

    def done(self) -> None:
        self._path.replace(self._into)
        self._tag.unlink(missing_ok=True)

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


async def download(url: str, into: Path, sha256: str = "") -> AsyncIterator[Progress]:
    """Ends once the file is there, whole. What broke off stays beside it, and is gone on with the next time."""
    import aiohttp

    part = _Part(into)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False, auto_decompress=False) as session:
            async for progress in _fetched(session, url, part):
                yield progress
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise ModelUnavailable(
            f"The download of {url} broke off: {why(error)}.",
            hint=f"Pull again: {part.size} bytes are kept, and it goes on from there.",
        ) from error
    size = part.size
    yield Progress("checking", size, size)
    found = await asyncio.to_thread(part.hashed)
    if sha256 and found != sha256.lower():
        part.drop()
        raise ModelRejected(f"What {url} sent is not what was expected: its hash is {found}.", hint="Nothing was kept.")
    if not await asyncio.to_thread(part.is_gguf):
        part.drop()
        raise ModelRejected(f"What {url} sent is no GGUF file.", hint="Nothing was kept.")
    part.done()
    yield Progress("success", size, size, found)


async def _fetched(session: "aiohttp.ClientSession", url: str, part: _Part) -> AsyncIterator[Progress]:
    begun, tag = part.begun()
    headers = {"Accept-Encoding": "identity"}
    if begun and tag:
        headers |= {"Range": f"bytes={begun}-", "If-Range": tag}
    async with session.get(url, headers=headers, max_redirects=5) as response:
        if response.status == 416:  # it was whole already
            yield Progress("downloading", begun, begun)
            return
        if response.status not in (200, 206):
            raise ModelRejected(f"{url} cannot be had (HTTP {response.status}).", hint="Look at the address.")
        if response.status == 200:
            begun = 0
        whole = begun + (response.content_length or 0)
        done, told = begun, begun
        yield Progress("downloading", done, whole)
        with part.open(response.headers.get("ETag", ""), begun) as file:
            async for piece in response.content.iter_chunked(_PIECE):
                await asyncio.to_thread(file.write, piece)
                done += len(piece)
                if done - told >= _TELL:
                    told = done
                    yield Progress("downloading", done, whole)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        yield Progress("downloading", done, whole)
