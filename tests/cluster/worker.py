"""One server of a cluster under test, without its web door: a process that works on runs until it is told to stop.

The model is SCRIPTED: five steps, each with a deposit that must be made exactly once, and an answer. The witness is
a file that only the tools write, one line an effect. Run as `python -m cluster.worker CONFIG`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from orchestrator.app import App, open_app
from orchestrator.kernel import settings
from orchestrator.kernel.messages import Arguments, Effects, Message, Text, ToolCall, ToolSpec
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta
from orchestrator.tools.base import Context, Result

STEPS = 5
PARAMETERS = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["path", "n"],
}


class Config(msgspec.Struct, frozen=True):
    root: str
    name: str
    url: str
    nats: tuple[str, ...] = ()
    pause: float = 0.05  # seconds between the words of the model, and after an effect
    lease: float = 3.0
    room: int = 16
    works: bool = True
    sandbox: str = "none"


def witness(root: Path) -> list[str]:
    """The keys of what was done, in order, each behind the name of the server that did it."""
    file = root / "witness"
    return file.read_text().split("\n")[:-1] if file.exists() else []


def note(root: Path, file: str, line: str) -> None:
    descriptor = os.open(root / file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


class Deposit:
    """Its effect is a line at the witness, made in the moment it is called; it can say whether it was made."""

    def __init__(self, config: Config, name: str, effects: Effects) -> None:
        self.spec = ToolSpec(name, f"{name}.", PARAMETERS, "write", effects)
        self._config = config
        self._root = Path(config.root)

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, context: Context) -> Result:
        if self.spec.effects == "once" or not self._made(context.key):
            note(self._root, "witness", f"{self._config.name} {context.key}")
        await asyncio.sleep(self._config.pause)
        return Result(f"deposited {arguments['n']}")

    def _made(self, key: str) -> bool:
        return any(line.endswith(f" {key}") for line in witness(self._root))


class KnowingDeposit(Deposit):
    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        return Result("it was deposited") if self._made(context.key) else None


class Script:
    name = "script"
    capabilities: frozenset[Capability] = frozenset({"chat", "tools"})

    def __init__(self, pause: float) -> None:
        self._pause = pause

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        for number in range(4):
            yield TextDelta(f"word{number} ")
            await asyncio.sleep(self._pause)
        step = 1 + sum(message.role == "tool" for message in request.messages)
        if step > STEPS:
            yield Reply(Message("assistant", (Text("word0 word1 word2 word3 "),)), "script")
            return
        calls = (
            ToolCall(f"call_{step}_0", "deposit", {"path": "ledger.txt", "n": step * 10}),
            ToolCall(f"call_{step}_1", "mark", {"path": "ledger.txt", "n": step * 10 + 1}),
        )
        yield Reply(Message("assistant", (Text("word0 word1 word2 word3 "), *calls)), "script")

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("script", "script", self.capabilities)]

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return []

    async def close(self) -> None: ...


def opened(config: Config) -> AbstractAsyncContextManager[App]:
    root = Path(config.root)
    (root / "shared").mkdir(exist_ok=True)
    flags = {
        "data": root / config.name,
        "workspace": root / "workspace",
        "storage": {"url": config.url, "timeout": 5.0},
        "cluster": {
            "shared": str(root / "shared"),
            "nats": list(config.nats),
            "lease_seconds": config.lease,
            "works": config.works,
            "name": root.name.replace("_", "-"),
        },
        "agents": {"concurrent_runs": config.room},
        "llm": {"model": "script"},
        "tools": {"sandbox": config.sandbox},
    }
    chosen = settings.load({"HOME": str(root)}, flags=flags)
    tools = (KnowingDeposit(config, "deposit", "once"), Deposit(config, "mark", "idempotent"))
    return open_app(chosen, models={"script": Script(config.pause)}, tools=tools)


async def live(config: Config) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with opened(config) as app:
        assert app.node is not None
        sys.stdout.write(f"{app.node.process}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    import logging

    logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(message)s")
    asyncio.run(live(msgspec.json.decode(sys.argv[1], type=Config)))
