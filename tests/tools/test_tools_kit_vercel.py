"""The vercel kit against a server that speaks Vercel's documented REST."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from contracts.tool import ToolContract, context_of
from servers.rest import Asked, Service, serving

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.outside import Services, Vercel
from orchestrator.kernel.settings import Secret, Tools
from orchestrator.tools.base import Context, Reconcilable, Tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits import vercel
from orchestrator.tools.sandbox.probe import choose

ONE = {
    "id": "dpl_1",
    "name": "shop",
    "url": "shop-1.vercel.app",
    "readyState": "ERROR",
    "createdAt": 1_714_521_600_000,
    "target": None,
    "creator": {"uid": "u", "username": "ada"},
    "inspectorUrl": "https://vercel.com/x/shop/1",
    "projectId": "prj_1",
    "meta": {"githubCommitRef": "fix", "githubCommitMessage": "a fix\n\nmore"},
    "alias": ["shop.example"],
    "errorMessage": "Command failed.",
}
ROW = {
    "uid": "dpl_1",
    "name": "shop",
    "url": "shop-1.vercel.app",
    "state": "ERROR",
    "created": 1_714_521_600_000,
    "target": "production",
}
PROJECT = {"id": "prj_1", "name": "shop", "framework": "nextjs", "latestDeployments": [{"readyState": "ERROR"}]}
EVENTS = [
    {"type": "stderr", "created": 2, "payload": {"text": "npm ERR!"}},
    {"type": "stdout", "created": 1, "text": "Installing\n"},
    {"type": "delimiter", "created": 3, "payload": {}},
]
ANSWERS: dict[str, Any] = {
    "GET /v10/projects": {"projects": [PROJECT], "pagination": {"count": 1}},
    "GET /v9/projects/shop": PROJECT,
    "GET /v6/deployments": {"deployments": [ROW], "pagination": {"count": 1}},
    "GET /v13/deployments/dpl_1": ONE,
    "GET /v3/deployments/dpl_1/events": EVENTS,
    "POST /v13/deployments": {**ONE, "id": "dpl_2", "readyState": "QUEUED"},
    "PATCH /v12/deployments/dpl_1/cancel": {**ONE, "readyState": "CANCELED"},
    "POST /v10/projects/prj_1/promote/dpl_1": (201, ""),
}


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving(ANSWERS) as found:
        yield found


@pytest.fixture
async def kit(service: Service) -> dict[str, Tool]:
    settings = Tools(services=Services(vercel=Vercel(url=service.url, team="team_7")))
    return {tool.spec.name: tool for tool in vercel.kit(Equipment(settings, await choose(settings)))}


async def token(name: str, *, host: str = "") -> Secret:
    assert (name, host) == ("vercel", "127.0.0.1")
    return Secret("vercel_token")


@pytest.fixture
def context(workspace: Path) -> Context:
    return msgspec.structs.replace(context_of(workspace), secret=token)


class Kit(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {"deployment": "dpl_1"}

    @pytest.fixture
    def tool(self, kit: dict[str, Tool]) -> Tool:
        return kit[self.name]

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return msgspec.structs.replace(context_of(workspace), secret=token)


class TestProjects(Kit):
    name, arguments = "vercel_projects", {}


class TestDeployments(Kit):
    name, arguments = "vercel_deployments", {"project": "shop"}


class TestDeployment(Kit):
    name = "vercel_deployment"


class TestLogs(Kit):
    name = "vercel_logs"


class TestRedeploy(Kit):
    name = "vercel_redeploy"


class TestCancel(Kit):
    name = "vercel_cancel"


class TestPromote(Kit):
    name = "vercel_promote"


async def test_team_and_token_go_along(kit: dict[str, Tool], context: Context, service: Service) -> None:
    await kit["vercel_deployments"].call({"project": "shop", "state": "ERROR"}, context)
    assert service.calls() == ["GET /v9/projects/shop", "GET /v6/deployments"]
    assert service.asked[1].query == {"teamId": "team_7", "state": "ERROR", "limit": "20", "projectId": "prj_1"}
    assert service.asked[1].headers["Authorization"] == "Bearer vercel_token"


async def test_without_a_token_nothing_is_asked(kit: dict[str, Tool], workspace: Path, service: Service) -> None:
    with pytest.raises(ToolFailed, match="takes a token"):
        await kit["vercel_projects"].call({}, context_of(workspace))
    assert not service.asked


async def test_why_it_failed(kit: dict[str, Tool], context: Context) -> None:
    found = await kit["vercel_deployment"].call({"deployment": "dpl_1"}, context)
    assert found.data["problem"] == "Command failed." and found.data["deployment"]["branch"] == "fix"
    assert found.data["deployment"]["created"] == "2024-05-01T00:00:00Z"
    log = await kit["vercel_logs"].call({"deployment": "dpl_1"}, context)
    assert log.content == "Installing\nnpm ERR!"


async def test_a_redeployment_is_found_again(kit: dict[str, Tool], context: Context, service: Service) -> None:
    tool, made = kit["vercel_redeploy"], list[Any]()

    def deploy(asked: Asked) -> Any:
        assert asked.query["forceNew"] == "1"
        made.append({**ROW, "uid": "dpl_2", "meta": asked.body["meta"]})
        return {**ONE, "id": "dpl_2"}

    service.answers["POST /v13/deployments"] = deploy
    service.answers["GET /v6/deployments"] = lambda asked: {"deployments": [ROW, *made]}
    arguments = {"deployment": "dpl_1", "target": "production"}
    assert isinstance(tool, Reconcilable)
    assert await tool.reconcile(arguments, context) is None
    await tool.call(arguments, context)
    assert service.asked[-1].body["target"] == "production" and service.asked[-1].body["deploymentId"] == "dpl_1"
    found = await tool.reconcile(arguments, context)
    assert found is not None and found.data["deployment"]["id"] == "dpl_2"


async def test_what_is_cancelled_is_not_cancelled_again(
    kit: dict[str, Tool], context: Context, service: Service
) -> None:
    service.answers["GET /v13/deployments/dpl_1"] = {**ONE, "readyState": "CANCELED"}
    await kit["vercel_cancel"].call({"deployment": "dpl_1"}, context)
    assert service.calls() == ["GET /v13/deployments/dpl_1"]


async def test_vercel_says_why_in_its_own_way(kit: dict[str, Tool], context: Context, service: Service) -> None:
    service.answers["GET /v13/deployments/dpl_1"] = 400, {"error": {"code": "bad_request", "message": "Invalid id"}}
    with pytest.raises(ToolRetry, match="Invalid id"):
        await kit["vercel_deployment"].call({"deployment": "dpl_1"}, context)
