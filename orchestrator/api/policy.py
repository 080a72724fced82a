"""What the policy would say of a call, and why: nothing is done, nothing is recorded."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from orchestrator.api.access import House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.wire import Opinion, Verdict
from orchestrator.kernel.messages import Origin
from orchestrator.policy.base import Call, Decision

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/policy", tags=["policy"])


class ExplainForm(Form):
    tool: Annotated[str, Field(min_length=1, max_length=100)]
    arguments: dict[str, Any] = Field(default_factory=dict)
    # Whose words the model has read.
    origins: Annotated[list[Origin], Field(max_length=10, default_factory=lambda: ["user"])]
    sources: dict[str, list[Origin]] | None = None  # of each argument; without it nobody looked


@router.post("/explain", summary="What would be decided of a call, by which rule, and why")
async def explain(form: ExplainForm, app: House, caller: Reader) -> Verdict:
    spec = app.tools.get(form.tool).spec
    sources = None if form.sources is None else {name: frozenset(found) for name, found in form.sources.items()}
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
        opinions=[_opinion(one) for one in app.policy.explain(call)],
    )


def _opinion(decision: Decision) -> Opinion:
    return Opinion(verdict=decision.verdict, rule=decision.rule, code=decision.code, reason=decision.reason)
