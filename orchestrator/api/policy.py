"""What the policy would say of a call, and why; the policies of the data folder, listed, checked, taken up."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator.api.access import Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.wire import Opinion, Verdict
from orchestrator.app import App
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Origin
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.layers.base import Statement
from orchestrator.policy.layers.layers import checked
from orchestrator.policy.layers.schema import SCHEMA
from orchestrator.tools.expected import expected

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/policy", tags=["policy"])


class ExplainForm(Form):
    tool: Annotated[str, Field(min_length=1, max_length=100)]
    arguments: dict[str, Any] = Field(default_factory=dict)
    # Whose words the model has read.
    origins: Annotated[list[Origin], Field(max_length=10, default_factory=lambda: ["user"])]
    # Of each argument. Without it they are the caller's own where the model has read nobody else's, and else unknown.
    sources: dict[str, list[Origin]] | None = None
    agent: Annotated[str, Field(max_length=100)] = "assistant"


class CheckForm(Form):
    """The text of a file, as it would be called below the folder of policies."""

    name: Annotated[str, Field(pattern=r"^((workspace|agents)/)?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,80}\.cedar$")] = (
        "base.cedar"
    )
    text: Annotated[str, Field(max_length=300_000)]


class PolicyStatement(BaseModel):
    id: str
    layer: Literal["owner", "workspace", "agent"]
    kind: Literal["forbid", "ask", "permit", "unasked"]
    file: str
    line: int
    reason: str
    alternative: str
    text: str


class PolicyList(BaseModel):
    folder: str  # where the files are
    items: list[PolicyStatement]
    roles: dict[str, list[str]]
    problem: str  # why what is in the folder now does not hold; what is listed does
    schema_text: str  # what a policy can speak of, in Cedar


class PolicyChecked(BaseModel):
    items: list[PolicyStatement]
    problem: str  # why it could not hold; empty: it could


def _statement(statement: Statement) -> PolicyStatement:
    return PolicyStatement(
        id=statement.id,
        layer=statement.layer,
        kind=statement.kind,
        file=statement.file,
        line=statement.line,
        reason=statement.reason,
        alternative=statement.alternative,
        text=statement.text,
    )


def _listed(app: App) -> PolicyList:
    layers = app.policies.layers
    return PolicyList(
        folder=str(app.policies.path),
        items=[_statement(statement) for statement in layers.held.statements],
        roles={role: list(names) for role, names in layers.held.roles.members.items()},
        problem=layers.problem,
        schema_text=SCHEMA,
    )


@router.get("", summary="The policies that hold, the owner's first")
async def policies(app: House, caller: Reader) -> PolicyList:
    return _listed(app)


@router.post("/check", summary="Whether a file of policies could hold, and what is in it")
async def check(form: CheckForm, caller: Reader) -> PolicyChecked:
    try:
        found = checked(form.name, form.text)
    except InvalidInput as error:
        return PolicyChecked(items=[], problem=str(error))
    return PolicyChecked(items=[_statement(statement) for statement in found], problem="")


@router.post("/reload", summary="Take up the policies as the files are now; those before stay where one is wrong")
async def reload_policies(app: House, caller: Admin) -> PolicyList:
    await app.policies.reload()
    return _listed(app)


@router.post("/explain", summary="What would be decided of a call, by which rule, and why")
async def explain(form: ExplainForm, app: House, caller: Reader) -> Verdict:
    found = expected(form.tool, app.tools, app.foreign.servers.all())
    spec = found.spec
    sources = None if form.sources is None else {name: frozenset(words) for name, words in form.sources.items()}
    if sources is None and set(form.origins) <= {"user"}:
        sources = dict.fromkeys(form.arguments, frozenset[Origin]({"user"}))
    call = Call(
        tenant=caller.tenant,
        subject=caller.id,
        tool=spec.name,
        arguments=form.arguments,
        scope=spec.scope,
        effects=spec.effects,
        workspace=app.settings.workspace,
        origins=frozenset(form.origins),
        scopes=frozenset(caller.scopes),
        sources=sources,
        risks=spec.risks,
        secrets=spec.secrets,
        category=spec.category,
        agent=form.agent,
    )
    decision = app.policy.decide(call, await app.runs.grants.of(caller.tenant, caller.id))
    return Verdict(
        verdict=decision.verdict,
        rule=decision.rule,
        code=decision.code,
        reason=decision.reason,
        alternative=decision.alternative,
        details=decision.details,
        shape=app.policy.shape(call),
        note=found.note,
        opinions=[_opinion(one) for one in app.policy.explain(call)],
    )


def _opinion(decision: Decision) -> Opinion:
    return Opinion(verdict=decision.verdict, rule=decision.rule, code=decision.code, reason=decision.reason)
