"""The vercel kit: projects and deployments of Vercel, and why one failed. Looking is free; changing is asked."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.messages import Arguments, Language
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import vercel as said
from orchestrator.tools.rest import vercel
from orchestrator.tools.rest.client import Rest, path_of

_EFFECT = "orchestratorEffect"  # in the meta of a deployment: the key of what made it

Deployment = Annotated[
    str, Meta(description="its identifier (dpl_…) or its host", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{2,250}$")
]
Limit = Annotated[int, Meta(description="at most", ge=1, le=100)]

_tool = partial(tool, category="vercel", origin="web")
_SAID: dict[Language, str] = {
    "en": "{deployment.id} of {deployment.project} ({deployment.target}): {deployment.state}[\n{problem}]\n"
    "[{deployment.url}]",
    "fr": "{deployment.id} de {deployment.project} ({deployment.target}) : {deployment.state}[\n{problem}]\n"
    "[{deployment.url}]",
}


def _vercel_projects(api: Rest) -> Tool:
    @_tool(
        examples=said.VERCEL_PROJECTS,
        answers={
            "en": "[{*projects **{name}**: {state}*}|No project on Vercel.]",
            "fr": "[{*projects **{name}** : {state}*}|Aucun projet sur Vercel.]",
        },
    )
    async def vercel_projects(
        context: Context, search: Annotated[str | None, "only names with this"] = None, limit: Limit = 20
    ) -> vercel.Projects:
        """List the projects on Vercel, and how the newest deployment of each is."""
        rows = await api.get(context, "/v10/projects", vercel.ProjectRows, {"search": search, "limit": limit})
        return vercel.Projects([vercel.project_of(row) for row in rows.projects])

    return vercel_projects


def _vercel_deployments(api: Rest) -> Tool:
    @_tool(
        examples=said.VERCEL_DEPLOYMENTS,
        answers={
            "en": "[{*deployments {id} {project} ({target}): {state}, {created}*}|No such deployment on Vercel.]",
            "fr": "[{*deployments {id} {project} ({target}) : {state}, {created}*}|Aucun déploiement de ce genre.]",
        },
    )
    async def vercel_deployments(
        context: Context,
        project: Annotated[str | None, "only of this one, by its name or identifier"] = None,
        state: Annotated[Literal["READY", "ERROR", "BUILDING", "QUEUED", "CANCELED"] | None, "only these"] = None,
        target: Annotated[Literal["production", "preview"] | None, "only these"] = None,
        limit: Limit = 20,
    ) -> vercel.Deployments:
        """List deployments on Vercel, newest first: of one project, that failed, of production."""
        query: dict[str, Any] = {"state": state, "target": target, "limit": limit}
        if project is not None:
            found = await api.get(context, f"/v9/projects{path_of(project)}", vercel.ProjectRow)
            query["projectId"] = found.id
        rows = await api.get(context, "/v6/deployments", vercel.DeploymentRows, query)
        return vercel.Deployments([vercel.deployment_of(row) for row in rows.deployments])

    return vercel_deployments


async def _details(api: Rest, context: Context, deployment: str) -> vercel.DeploymentRow:
    return await api.get(context, f"/v13/deployments{path_of(deployment)}", vercel.DeploymentRow)


def _told(row: vercel.DeploymentRow) -> vercel.DeploymentDetails:
    aliases = [f"https://{alias}" for alias in row.alias]
    return vercel.DeploymentDetails(vercel.deployment_of(row), row.errorMessage or "", aliases, row.inspectorUrl or "")


def _vercel_deployment(api: Rest) -> Tool:
    @_tool(examples=said.VERCEL_DEPLOYMENT, answers=_SAID)
    async def vercel_deployment(deployment: Deployment, context: Context) -> vercel.DeploymentDetails:
        """Tell how one deployment on Vercel is, where it is, and why it failed."""
        return _told(await _details(api, context, deployment))

    return vercel_deployment


def _vercel_logs(api: Rest) -> Tool:
    @_tool(
        examples=said.VERCEL_LOGS,
        answers={
            "en": "{deployment}:\n```\n[{text}|It has said nothing.]\n```",
            "fr": "{deployment} :\n```\n[{text}|Rien.]\n```",
        },
    )
    async def vercel_logs(
        deployment: Deployment,
        context: Context,
        lines: Annotated[int, Meta(description="newest lines", ge=1, le=2000)] = 200,
    ) -> vercel.BuildLog:
        """Read the build log of a deployment on Vercel."""
        query = {"direction": "backward", "follow": 0, "limit": lines, "builds": 1}
        path = f"/v3/deployments{path_of(deployment)}/events"
        return vercel.BuildLog(deployment, vercel.log_of(await api.get(context, path, list[vercel.EventRow], query)))

    return vercel_logs


def _vercel_redeploy(api: Rest) -> Tool:
    async def deployed(arguments: Arguments, context: Context) -> Result | None:
        """What it made bears the key of its effect."""
        old = await _details(api, context, arguments["deployment"])
        query = {"projectId": old.projectId or None, "limit": 100}
        rows = await api.get(context, "/v6/deployments", vercel.DeploymentRows, query)
        for row in rows.deployments:
            if row.meta.get(_EFFECT) == context.key:
                found = _told(row)
                return Result(str(found), msgspec.to_builtins(found))
        return None

    @_tool(
        scope="execute",
        effects="once",
        examples=said.VERCEL_REDEPLOY,
        answers=_SAID,
        reconcile=deployed,
    )
    async def vercel_redeploy(
        deployment: Deployment,
        context: Context,
        target: Annotated[Literal["production", "preview"], "where to"] = "preview",
    ) -> vercel.DeploymentDetails:
        """Build a deployment on Vercel once more, from the same source."""
        old = await _details(api, context, deployment)
        asked: dict[str, Any] = {"name": old.name, "deploymentId": old.id, "meta": {_EFFECT: context.key}}
        if target == "production":
            asked["target"] = target
        row = await api.send(context, "POST", "/v13/deployments", asked, vercel.DeploymentRow, {"forceNew": 1})
        return _told(row)

    return vercel_redeploy


def _vercel_cancel(api: Rest) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",
        examples=said.VERCEL_CANCEL,
        answers=_SAID,
    )
    async def vercel_cancel(deployment: Deployment, context: Context) -> vercel.DeploymentDetails:
        """Abort a deployment on Vercel that is still being built."""
        old = await _details(api, context, deployment)
        if old.readyState == "CANCELED":
            return _told(old)
        path = f"/v12/deployments{path_of(old.id or deployment)}/cancel"
        return _told(await api.send(context, "PATCH", path, None, vercel.DeploymentRow))

    return vercel_cancel


def _vercel_promote(api: Rest) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",
        examples=said.VERCEL_PROMOTE,
        answers={
            "en": "{deployment} becomes the production of {project}.",
            "fr": "{deployment} devient la production de {project}.",
        },
    )
    async def vercel_promote(deployment: Deployment, context: Context) -> vercel.Promoted:
        """Make a deployment on Vercel the production of its project."""
        row = await _details(api, context, deployment)
        path = path_of("v10", "projects", row.projectId, "promote", row.id or deployment)
        await api.send(context, "POST", path, None, object)
        return vercel.Promoted(row.name, row.id or deployment)

    return vercel_promote


def kit(equipment: Equipment) -> Sequence[Tool]:
    service = equipment.settings.services.vercel
    api = Rest("Vercel", service.url, service.secret, query={"teamId": service.team or None}, public=False)
    makers = (
        _vercel_projects,
        _vercel_deployments,
        _vercel_deployment,
        _vercel_logs,
        _vercel_redeploy,
        _vercel_cancel,
        _vercel_promote,
    )
    return [make(api) for make in makers]
