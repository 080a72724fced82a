"""One call, from what the model asked to its receipt: may it, is it known, do it, keep the result.

malformed? -> known tool? -> its outcome known? -> policy -> a person -> intent -> effect -> receipt
"""

import asyncio
import logging
import mimetypes

import msgspec
from msgspec import Struct

from orchestrator.agents import wording
from orchestrator.agents.asking import Asking
from orchestrator.agents.expiry import EXPIRED_BY
from orchestrator.agents.family import Harvest
from orchestrator.agents.parked import put
from orchestrator.agents.provenance import Traced, heard, retold, strangers_said, tools_read
from orchestrator.agents.refusal import Refused, worded
from orchestrator.agents.state import OpenCall
from orchestrator.agents.toolset import Delegate
from orchestrator.agents.turn import Turn
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.ids import call_hash, child_id, effect_key
from orchestrator.kernel.messages import Origin, Outcome, Usage, user
from orchestrator.policy.base import Call, Decision
from orchestrator.tools.asking import Ask, nobody_to_ask
from orchestrator.tools.base import Context, Reconcilable, Result, Tool
from orchestrator.tools.questions import NOBODY, Asks, Person

GRACE = 5.0  # seconds that a tool has to end after its time is over, or after it was cancelled
SAME_CALL = 2  # times an identical call may give the identical result

log = logging.getLogger("orchestrator.agents")


class Receipt(Struct, frozen=True):
    outcome: Outcome
    content: str
    result: Result | None = None
    key: str = ""
    seconds: float = 0.0
    harvest: Harvest | None = None  # of the run that did it
    cost: float = 0.0  # US dollars, of the models that it asked
    usage: Usage = Usage()


class Waits(Exception):
    """A person must answer first; the question is in the journal."""


class WaitsBelow(Waits):
    """A run below this one must be finished first."""


class Caller:
    """Performs the open calls of one turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._house = turn.house
        self.at_work: dict[str, float] = {}  # by call: when its tool has had its time, and its grace
        assert turn.state.started is not None
        self._started = turn.state.started

    async def perform(self, call_id: str) -> bool:
        """Bring one open call to its receipt, or to a question for a person. True: it waits for a run below."""
        open_call = self._turn.state.open[call_id]
        try:
            receipt = await self._receipt(open_call)
        except Waits as waits:
            return isinstance(waits, WaitsBelow)
        except Refused as refusal:
            receipt = Receipt("refused", str(refusal), Result(str(refusal), refusal.data))
        except ToolRetry as error:
            receipt = Receipt("retry", str(error), Result(str(error), error.told), _key_of(open_call))
        except (ToolFailed, NotAllowed) as error:
            receipt = Receipt("failed", str(error), Result(str(error), error.told), _key_of(open_call))
        if self._turn.state.open.get(call_id) is open_call:  # nobody has closed it meanwhile
            await self._keep(open_call, receipt)
        return False

    async def _receipt(self, open_call: OpenCall) -> Receipt:
        call = open_call.call
        if call.malformed:
            raise ToolRetry(f"The call could not be read: {call.malformed}.", hint="Make it again, as valid JSON.")
        try:
            tool = self._turn.tools.get(call.name)
        except NotFound as error:
            raise ToolRetry(error.detail, hint=error.hint) from None
        if open_call.requested is not None:
            if open_call.requested.child:
                return await self._harvested(open_call)
            goes_on = self._house.parked.goes_on(open_call)
            memo = open_call.asked.memo if goes_on and open_call.asked is not None else ""
            settled = None if goes_on else await self._settle_unknown(open_call, tool)
            if settled is not None:
                return settled
            await self._intend(open_call, tool, open_call.requested.rule)
            return await self._effect(open_call, tool, memo)
        if self._turn.state.times_seen(call) >= SAME_CALL:
            raise ToolRetry(
                f"You already made this exact call {SAME_CALL} times with the same result.",
                hint="Use that result, do something else, or answer.",
            )
        tool.check(call.arguments)
        rule = await self._permission(open_call, tool)
        await self._intend(open_call, tool, rule)
        if isinstance(tool, Delegate):
            return await self._harvested(open_call)
        return await self._effect(open_call, tool)

    async def _harvested(self, open_call: OpenCall) -> Receipt:
        """What came of the run that this call delegates to, which is begun where it is not."""
        kin, requested = self._turn.kin, open_call.requested
        assert requested is not None
        if kin is None:
            raise ToolFailed("Nothing can be delegated here.")
        await kin.begin(self._turn, open_call)
        found = await kin.harvest(requested.child)
        if found is None:
            raise WaitsBelow
        result = Result(found.content, found.data)
        return Receipt(found.outcome, found.content, result, requested.key, found.seconds, found)

    # May it?

    async def _permission(self, open_call: OpenCall, tool: Tool) -> str:
        """The rule that lets the call pass. Raises Refused, or Waits after asking."""
        call = self._as_policy_sees(open_call, tool)
        if open_call.answered is not None and open_call.asked is not None:
            return self._answer(open_call)
        decision = self._house.policy.decide(call, self._turn.granted() | self._turn.state.granted)
        if decision.verdict == "allow":
            return decision.rule
        if decision.verdict == "deny":
            raise Refused(worded(decision), decision=decision)
        if self._started.approvals == "refuse":
            raise Refused(
                f"This needs a person's approval, and nobody is there to give it. {worded(decision)}"
                " It was not done; run it with --yes, or where a person can answer.",
                decision=decision,
                why="nobody_to_ask",
            )
        asked = self._question(open_call, "call", decision, call)
        if self._started.approvals == "grant":
            answer = e.ApprovalAnswered(asked.approval_id, "once", self._turn.state.subject, "approved for this run")
            self._turn.record(asked, answer, lazy=True)
            return decision.rule
        await self._turn.commit(asked)
        raise Waits

    def _answer(self, open_call: OpenCall) -> str:
        asked, answered = open_call.asked, open_call.answered
        assert asked is not None and answered is not None
        if asked.hash != call_hash(open_call.call.name, open_call.call.arguments):
            raise Refused("The approval was for another call.")
        if answered.answer == "refuse":
            who = "This call was refused." if answered.by == EXPIRED_BY else "A person refused this call."
            said = f"{who} {answered.note}".strip()
            raise Refused(said, why="refused_by_person", note=answered.note)
        return f"approved by {answered.by}"

    def _as_policy_sees(self, open_call: OpenCall, tool: Tool) -> Call:
        state = self._turn.state
        origins: frozenset[Origin] = self._turn.inherited.union(state.origins)
        said = heard(self._started, self._turn.history, state.messages)
        said += map(user, open_call.typed)
        return Call(
            tenant=state.tenant,
            subject=state.subject,
            tool=tool.spec.name,
            arguments=open_call.call.arguments,
            scope=tool.spec.scope,
            effects=tool.spec.effects,
            workspace=self._turn.workspace,
            run_id=state.run_id,
            scopes=frozenset(self._started.scopes),
            origins=origins,
            sources=Traced(open_call.call.arguments, said),
            read=tools_read(said) if tool.spec.category == "web" and self._started.parent is None else None,
            risks=tool.spec.risks,
            secrets=tool.spec.secrets,
            category=tool.spec.category,
            agent=self._started.agent,
        )

    def _question(
        self, open_call: OpenCall, kind: e.ApprovalKind, decision: Decision, seen: Call | None = None
    ) -> e.ApprovalAsked:
        call = open_call.call
        sources = seen.sources if seen is not None and seen.sources is not None else {}
        return e.ApprovalAsked(
            approval_id=self._house.ids.new("approval"),
            kind=kind,
            step=open_call.step,
            call_id=call.id,
            tool=call.name,
            arguments=call.arguments,
            hash=call_hash(call.name, call.arguments),
            shape=self._house.policy.shape(seen) if seen is not None else "",
            code=decision.code,
            reason=decision.reason,
            details=decision.details,
            alternative=decision.alternative,
            risks=seen.risks if seen is not None else (),
            sources={name: tuple(sorted(origins)) for name, origins in sources.items()},
        )

    # Did it happen? Only asked when a process died between the intent and the receipt.

    async def _settle_unknown(self, open_call: OpenCall, tool: Tool) -> Receipt | None:
        """The receipt of a call that was begun before; None where it may be made (again)."""
        key = _key_of(open_call)
        asked, answered = open_call.asked, open_call.answered
        if asked is not None and asked.kind == "outcome" and answered is not None:
            if answered.answer == "retry":
                return None
            if answered.answer == "done":
                return Receipt("ok", f"A person says that this happened. {answered.note}".strip(), key=key)
            return Receipt("failed", f"A person says that this did not happen. {answered.note}".strip(), key=key)
        if tool.spec.effects != "once":
            return None
        reconciled = ""
        if isinstance(tool, Reconcilable):
            try:
                result = await tool.reconcile(open_call.call.arguments, self._context(key))
            except (ToolFailed, ToolRetry, NotAllowed) as error:
                reconciled = str(error)  # the tool cannot say: a person must
            else:
                return None if result is None else Receipt("ok", result.content, result, key)
        unknown = wording.unknown(open_call, reconciled)
        if self._started.approvals != "ask":
            return Receipt("unknown", f"{unknown.reason} It was not done again.", key=key)
        await self._turn.commit(self._question(open_call, "outcome", unknown))
        raise Waits

    # Do it.

    async def _intend(self, open_call: OpenCall, tool: Tool, rule: str) -> None:
        call = open_call.call
        key = effect_key(self._turn.state.run_id, open_call.step, call.name, call.arguments, open_call.occurrence)
        attempt = open_call.requested.attempt + 1 if open_call.requested else 1
        child = ""
        if isinstance(tool, Delegate) and self._turn.kin is not None:
            if why := self._turn.kin.refusal(self._turn):
                raise ToolFailed(why)
            child = child_id(self._turn.state.run_id, key)
        intent = e.ToolRequested(
            open_call.step, call.id, call.name, call.arguments, key, tool.spec.effects, rule, attempt, child
        )
        if tool.spec.effects == "none" and not child:
            self._turn.record(intent, lazy=True)
        else:
            await self._turn.commit(intent)

    async def _effect(self, open_call: OpenCall, tool: Tool, memo: str = "") -> Receipt:
        self._turn.must_be_ours()
        key = _key_of(open_call)
        began = self._house.clock.monotonic()
        outcome: Outcome = "ok"
        person = self._house.parked.person(open_call, key, memo, there=self._started.approvals == "ask")
        asking = Asking(self._house, self._turn.state, key)
        patience = tool.spec.timeout + GRACE
        self.at_work[open_call.call.id] = began + patience
        call_off = self._house.clock.call_later(patience, self._turn.stirred.set)
        try:
            result = await tool.call(open_call.call.arguments, self._context(key, asking, person))
            outcome = result.outcome
        except Asks as asks:
            await self._put(open_call, key, asks)
            raise Waits from None
        except ToolRetry as error:
            result, outcome = Result(str(error), error.told), "retry"
        except (ToolFailed, NotAllowed) as error:
            result, outcome = Result(str(error), error.told), "failed"
        except Exception as error:
            if type(error) is ConnectionError:  # whoever does it went away
                result = Result(str(error))
            else:
                log.exception("the tool %s: a fault of its own", tool.spec.name)
                result = Result(f"{tool.spec.name} broke down: {type(error).__name__}: {error}")
            outcome = "unknown" if tool.spec.effects == "once" else "failed"
        finally:
            call_off()
            self.at_work.pop(open_call.call.id, None)
        seconds = self._house.clock.monotonic() - began
        return Receipt(outcome, result.content, result, key, seconds, cost=asking.cost, usage=asking.usage)

    async def _put(self, open_call: OpenCall, key: str, asks: Asks) -> None:
        """The question of a call to a person, and the call beside it where it is still under way."""
        state, asked = self._turn.state, put(asks, open_call, self._house.ids.new("approval"))
        try:
            await self._turn.commit(asked)
        except BaseException:
            if asks.held is not None:
                asks.held.let_go()
            raise
        if asks.held is not None:
            self._house.parked.keep(key, state.run_id, asks.held, state.tenant, asked.approval_id)

    def _context(self, key: str, ask: Ask = nobody_to_ask, person: Person = NOBODY) -> Context:
        return Context(
            run_id=self._turn.state.run_id,
            key=key,
            workspace=self._turn.workspace,
            clock=self._house.clock,
            artifacts=self._house.artifacts,
            allow_loopback=self._house.allow_loopback,
            ask=ask,
            person=person,
            scopes=frozenset(self._started.scopes),
            strangers=lambda: strangers_said([*self._turn.history, *self._turn.state.messages]),
        )

    async def _keep(self, open_call: OpenCall, receipt: Receipt) -> None:
        result, content = receipt.result, receipt.content
        artifact = None
        if result is not None and result.overflow is not None:
            try:
                identifier = await asyncio.to_thread(self._house.artifacts.put, result.overflow)
            except OSError as error:  # what was done is done, and its receipt is worth more than its whole output
                content += f"\n[The whole of it could not be kept: {error.strerror}.]"
            else:
                name = result.overflow_name or f"{open_call.call.name}.txt"
                artifact = e.Artifact(identifier, name, _media_type(name), len(result.overflow))
        harvest = receipt.harvest
        try:
            said = harvest or result
            origin = (said and said.origin) or self._turn.tools.get(open_call.call.name).spec.origin
        except NotFound:
            origin = "tool"
        if origin == "model" and harvest is None:
            origin = retold(self._turn.inherited | self._turn.state.origins)
        effects = open_call.requested.effects if open_call.requested else "none"
        seen = self._house.policy.screen(
            open_call.call.name, open_call.call.arguments, origin, content, self._turn.granted()
        )
        returned = e.ToolReturned(
            step=open_call.step,
            call_id=open_call.call.id,
            tool=open_call.call.name,
            key=receipt.key,
            outcome=receipt.outcome,
            content=content,
            data=result.data if result is not None else None,
            origin=origin,
            artifact=artifact,
            seconds=receipt.seconds,
            source=result.source if result is not None else "made",
            cost=harvest.cost if harvest else receipt.cost,
            usage=harvest.usage if harvest else receipt.usage,
            origins=harvest.origins if harvest else (),
            passages=seen.passages,
            doubts=seen.doubts,
        )
        try:
            self._turn.record(returned, lazy=effects == "none")
        except (TypeError, ValueError, OverflowError, RecursionError):
            log.exception("the result of %s cannot be written down; its text is kept", returned.tool)
            text = str(content).encode("utf-8", "replace").decode()
            self._turn.record(msgspec.structs.replace(returned, content=text, data=None))


def _key_of(open_call: OpenCall) -> str:
    return open_call.requested.key if open_call.requested else ""


def closed(open_call: OpenCall, text: str, harvest: Harvest | None = None) -> e.ToolReturned:
    """The receipt of a call that was stopped, or never made; of one with effects nobody knows how far it came."""
    begun = open_call.requested
    outcome: Outcome = "refused"
    if begun is not None:
        outcome = "failed" if begun.effects == "none" else "unknown"
    returned = e.ToolReturned(
        open_call.step, open_call.call.id, open_call.call.name, begun.key if begun else "", outcome, text
    )
    if harvest is None:
        return returned
    return msgspec.structs.replace(
        returned, outcome=harvest.outcome, content=harvest.content, data=harvest.data, origin=harvest.origin,
        seconds=harvest.seconds, cost=harvest.cost, usage=harvest.usage, origins=harvest.origins,
    )  # fmt: skip


def _media_type(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
