"""Secrets in calls: put in where a tool takes them, and taken out of everything that comes back."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from contracts.tool import context_of
from msgspec.structs import replace

from orchestrator.identity.redaction import Redactor
from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Secret
from orchestrator.tools.base import Context, Reconcilable, Result
from orchestrator.tools.function import tool
from orchestrator.tools.wrappers import wrapped

VALUE = "ghp_0123456789abcdef"
NAMED = "Bearer {{secret:github}}"


class Vault:
    """As the real one, with one secret for one host."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, str]] = []

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        self.asked.append((name, tool, host, run_id))
        if name != "github":
            raise NotFound(f"There is no secret {name!r}.")
        if host != "api.github.com":
            raise NotAllowed(f"The secret {name} may not go to {host}.")
        return Secret(VALUE)

    def redact(self, text: str) -> str:
        return Redactor([("github", VALUE)]).redact(text)


@tool(secrets=("headers",))
async def fetch(url: str, headers: Mapping[str, str] = {}, note: str = "") -> dict[str, str]:
    """Say what was sent."""
    return {"url": url, "sent": headers.get("Authorization", ""), VALUE: note}


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return context_of(tmp_path)


async def test_the_value_is_there_in_the_call_only(vault: Vault, context: Context) -> None:
    seen: list[str] = []

    @tool(secrets=("headers",))
    async def spy(url: str, headers: Mapping[str, list[str]]) -> str:
        """Look."""
        seen.append(headers["Authorization"][0])
        return f"I sent {headers['Authorization'][0]}"

    arguments: Arguments = {"url": "https://api.github.com/user", "headers": {"Authorization": [NAMED]}}
    result = await wrapped(spy, 1000, vault).call(arguments, context)
    assert seen == [f"Bearer {VALUE}"]
    assert result.content == "I sent Bearer [secret github]" and VALUE not in str(result.data)
    assert arguments["headers"] == {"Authorization": [NAMED]}
    assert vault.asked == [("github", "spy", "api.github.com", "run_1")]


async def test_names_and_values_of_data_are_cleaned(vault: Vault, context: Context) -> None:
    call = {"url": "https://api.github.com/", "headers": {"Authorization": NAMED}}
    result = await wrapped(fetch, 1000, vault).call(call, context)
    assert VALUE not in result.content and VALUE not in str(result.data)
    assert result.data["value"]["sent"] == "Bearer [secret github]"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        ({"url": "https://evil.example/", "headers": {"A": NAMED}}, ToolFailed, "may not go to evil.example"),
        ({"url": "https://api.github.com/", "headers": {"A": "{{secret:other}}"}}, ToolFailed, "no secret 'other'"),
        ({"url": "https://api.github.com/", "note": NAMED}, ToolRetry, "takes no secret in note"),
        ({"url": "https://api.github.com/{{secret:github}}"}, ToolRetry, "takes no secret in url"),
        ({"url": "http://api.github.com/", "headers": {"A": NAMED}}, ToolRetry, "https only"),
        ({"url": "https://[broken/", "headers": {"A": NAMED}}, ToolRetry, "not a usable address"),
    ],
)
async def test_a_secret_that_may_not_go_there_does_not(
    vault: Vault, context: Context, call: Arguments, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        await wrapped(fetch, 1000, vault).call(call, context)


@pytest.mark.parametrize("error", [ToolRetry, ToolFailed, NotAllowed, NotFound, ValueError, KeyError])
async def test_errors_are_cleaned_and_stay_what_they_are(
    vault: Vault, context: Context, error: type[Exception]
) -> None:
    @tool()
    async def fail(kind: str) -> str:
        """Fail."""
        raise error(f"401 for {VALUE if kind == 'telling' else 'nobody'}")

    kept = error if error.__module__.startswith("orchestrator") else RuntimeError
    with pytest.raises(kept) as telling:
        await wrapped(fail, 1000, vault).call({"kind": "telling"}, context)
    assert VALUE not in str(telling.value) and "[secret github]" in str(telling.value)
    assert telling.value.__cause__ is None and telling.value.__suppress_context__
    with pytest.raises(error, match="401 for nobody"):
        await wrapped(fail, 1000, vault).call({"kind": "quiet"}, context)


async def test_what_a_failure_names_is_cleaned_and_bounded(vault: Vault, context: Context) -> None:
    @tool()
    async def fail() -> str:
        """Fail."""
        raise ToolRetry(f"There is no {VALUE}." + "x" * 5000, why="no_such_path", path=VALUE + "y" * 5000)

    with pytest.raises(ToolRetry) as told:
        await wrapped(fail, 1000, vault).call({}, context)
    assert told.value.told is not None and told.value.told["why"] == "no_such_path"
    named = str(told.value.told["path"])
    assert named.startswith("[secret github]yyy") and len(named) < 4100


async def test_what_is_too_long_and_what_is_said_on_the_way_is_cleaned(vault: Vault, context: Context) -> None:
    heard: list[str] = []

    @tool()
    async def much(context: Context) -> Result:
        """Say much."""
        context.progress(f"with {VALUE}")
        return Result("x" * 50 + VALUE + "x" * 50, overflow=b"\xff" + VALUE.encode() * 100)

    result = await wrapped(much, 60, vault).call({}, replace(context, progress=heard.append))
    assert heard == ["with [secret github]"]
    assert result.overflow is not None and VALUE.encode() not in result.overflow and result.overflow[0] == 255
    assert VALUE[:8] not in result.content  # it was cleaned before it was cut


async def test_a_tool_asks_for_a_secret_in_its_own_name_only(vault: Vault, context: Context) -> None:
    @tool()
    async def clone(host: str, context: Context) -> str:
        """Clone."""
        return f"cloned with {await context.secret('github', host=host)}"

    done = await wrapped(clone, 1000, vault).call({"host": "api.github.com"}, context)
    assert done.content == "cloned with [secret github]"
    assert vault.asked == [("github", "clone", "api.github.com", "run_1")]
    with pytest.raises(NotAllowed):
        await wrapped(clone, 1000, vault).call({"host": "evil.example"}, context)
    with pytest.raises(NotFound, match="secrets set github"):
        await wrapped(clone, 1000).call({"host": "api.github.com"}, context)


async def test_what_happened_is_looked_up_with_the_secret_too(vault: Vault, context: Context) -> None:
    async def look(arguments: Arguments, context: Context) -> Result | None:
        return Result(f"it happened with {arguments['headers']['A']}")

    @tool(effects="once", secrets=("headers",), reconcile=look)
    async def act(url: str, headers: dict[str, str]) -> str:
        """Act."""
        return "done"

    outer = wrapped(act, 1000, vault)
    assert isinstance(outer, Reconcilable)
    found = await outer.reconcile({"url": "https://api.github.com/", "headers": {"A": NAMED}}, context)
    assert found is not None and found.content == "it happened with Bearer [secret github]"
