"""What a confined program is given beside its words."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from orchestrator.kernel.settings import Tools
from orchestrator.tools.sandbox.base import Limits, Opening
from orchestrator.tools.sandbox.probe import choose


def _everybodys_words() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield process.read_bytes()


async def test_what_a_program_is_given_is_not_listed_among_its_words(tmp_path: Path) -> None:
    """A secret in its environment is read by nobody who lists the processes of this machine."""
    sandbox = await choose(Tools())
    argv = ("/bin/sh", "-c", 'echo "I have $TOKEN"; cat')
    opening = Opening(argv, environment={"TOKEN": "correct-horse-battery"})
    session = await sandbox.open(opening, tmp_path, Limits())
    try:
        assert await anext(aiter(session.lines())) == b"I have correct-horse-battery\n"
        assert [words for words in _everybodys_words() if b"correct-horse-battery" in words] == []
    finally:
        await session.end()
