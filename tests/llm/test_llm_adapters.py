"""The names that programs of one's own import, working on our wires."""

import json
import subprocess
import sys

import pytest
from servers.models import ModelServer

import orchestrator.llm as room
from orchestrator.kernel.errors import InvalidSettings, ModelError
from orchestrator.kernel.messages import Message, ToolResult, assistant, user
from orchestrator.llm import (
    ClaudeAdapter,
    DeepSeekAdapter,
    PromptOptimizer,
    TokenReducer,
    optimize_message_history,
    optimize_prompt,
)

ADAPTERS = {"": ClaudeAdapter, "/v1": DeepSeekAdapter}  # by the path of their wires on the server of the tests
ROWS = json.dumps([{"id": n, "name": f"n{n}", "city": "Lyon"} for n in range(40)], indent=2)


def sent(server: ModelServer) -> str:
    return json.dumps(server.seen[-1].body["messages"], ensure_ascii=False)


@pytest.mark.parametrize("path", ADAPTERS)
async def test_an_adapter_answers_and_optimises(server: ModelServer, path: str) -> None:
    async with ADAPTERS[path]("key", "say", base_url=server.url + path, mode="minimal") as adapter:
        answer = await adapter.generate(f"Read.\n{ROWS}\nWho is 7?", instructions="Be brief.")
        assert answer.text
        assert answer.usage.output_tokens > 0
        assert answer.metrics.saved > 0.4
        assert '\\"columns\\"' in sent(server) and "Who is 7?" in sent(server)
        said = [piece async for piece in adapter.stream("Hello")]
        assert "".join(said) == answer.text
        result = Message("tool", (ToolResult("c", "get", ROWS),))
        _, metrics = adapter.optimize([user("Hi"), assistant("Yes?"), result])
        assert metrics.saved > 0.4


async def test_an_adapter_can_leave_prompts_alone(server: ModelServer) -> None:
    async with ClaudeAdapter("key", "say", base_url=server.url, mode="off") as adapter:
        answer = await adapter.generate(ROWS)
        assert answer.metrics.tokens_saved == 0
        assert json.loads(sent(server))[-1]["content"][0]["text"] == ROWS


async def test_what_the_provider_refuses_is_said(server: ModelServer) -> None:
    async with DeepSeekAdapter("key", "no-such-scene", base_url=server.url) as adapter:
        with pytest.raises(ModelError):
            await adapter.generate("Hello")


def test_an_adapter_without_a_key_says_where_to_put_one(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("ORCHESTRATOR_DATA", str(tmp_path))
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    with pytest.raises(InvalidSettings, match="no key for deepseek") as said:
        DeepSeekAdapter()
    assert "DEEPSEEK_API_KEY" in said.value.hint
    monkeypatch.setenv("DEEPSEEK_API_KEY", "from-the-environment")
    assert DeepSeekAdapter().mode == "balanced"


def test_the_names_of_the_room() -> None:
    assert optimize_prompt("Why?")[0] == "Why?"
    assert optimize_message_history([{"role": "user", "content": "Why?"}])[0] == [{"role": "user", "content": "Why?"}]
    assert PromptOptimizer("minimal").optimize("Why?")[1].tokens_saved == 0
    assert TokenReducer("minimal").reduce("Why?", "tool")[0] == "Why?"
    for name in room.__all__:
        assert getattr(room, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Unknown'"):
        room.Unknown  # noqa: B018


def test_the_room_is_opened_without_them() -> None:
    code = "import sys, orchestrator.llm; print(any('optimiser' in name or 'adapters' in name for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
