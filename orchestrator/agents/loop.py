"""The loop: think, act, observe, until there is an answer. Each turn of it is decided by the state alone,
so that a run folded from the journal goes on exactly where it was."""

import logging

import msgspec

from orchestrator.agents import wording
from orchestrator.agents.calls import closed
from orchestrator.agents.context import Sizes, assemble, instructions
from orchestrator.agents.crew import Crew
from orchestrator.agents.digest import Digests
from orchestrator.agents.passages import orders_read
from orchestrator.agents.ports import Choice
from orchestrator.agents.state import RunState, with_unique_ids
from orchestrator.agents.turn import Turn
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import (
    BudgetExceeded,
    ModelError,
    ModelGarbled,
    ModelUnavailable,
    OrchestratorError,
)
from orchestrator.kernel.messages import Image, Message, ToolCall, Usage, user
from orchestrator.llm.base import Capability, Reply, Request, Setback, TextDelta
from orchestrator.llm.metered import given_up
from orchestrator.policy.budgets.base import Spending
from orchestrator.policy.screen.repeats import repeats

MODEL_TRIES = 3  # at one step
CONTINUATIONS = 3  # of a reply cut by its length
LIMIT = "limit_"  # the `finish` of closing words
STUCK = 3  # steps in a row with nothing but calls that cannot be made
CLOSING_SECONDS = 30.0  # for a model's last words when a limit is reached
PATIENCE = 20.0  # seconds that a provider may ask us to wait
MOST = 2**40  # tokens that a server may count

log = logging.getLogger("orchestrator.agents")


class Loop:
    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._state = turn.state
        self._house = turn.house
        assert turn.state.started is not None
        self._started = turn.state.started
        self._choice: Choice | None = None  # kept while it answers: its provider remembers what it has read
        self._chosen = ""  # as asked for
        self._needs: frozenset[Capability] = frozenset()
        self._sizes = Sizes()
        self._digests = Digests(turn.house.shelf)
        self._heard = 0  # characters of the reply under way
        self._stands_in = ""  # why another model answers than the one that was chosen

    async def drive(self) -> None:
        """Take the run to its end, or to where it waits for a person."""
        state = self._state
        try:
            async with self._turn.alarm() as limit:
                while state.finished is None and not self._turn.leaving:
                    if await self._advance():
                        return
        except TimeoutError:
            if not limit.expired():
                raise  # somebody else's
            if state.finished is None:
                await self._out_of_time()

    async def _advance(self) -> bool:
        """One turn of the loop; true when there is nothing more to do now."""
        state = self._state
        if state.open:
            return await self._act()
        if state.paused is not None or state.budget is not None:
            return True
        if state.started is not None and state.started.call is not None:
            await self._finish_call()
        elif state.finish.startswith(LIMIT):
            await self._finish_partial(state.finish.removeprefix(LIMIT), state.answer)
        elif state.step and state.messages[-1].role == "assistant" and state.finish != "length":
            await self._finish("completed", state.answer)
        elif state.ended_by_budget:
            await self._finish_partial("budget", state.answer)
        elif state.fruitless >= STUCK:
            await self._wrap_up("stuck")
        elif state.step >= state.limits.steps:
            await self._wrap_up("steps")
        elif state.continued > CONTINUATIONS:
            await self._finish("partial", state.answer, e.Problem("too_long", "The answer was cut: it grew too long."))
        else:
            await self._think()
        return state.finished is not None

    async def _act(self) -> bool:
        """Bring the open calls on; true when the run rests."""
        state, turn = self._state, self._turn
        if state.interrupted:
            await self._close_open(wording.INTERRUPTED)
            return False
        if state.paused is not None:
            return True
        await Crew(turn).work()
        if not state.open or state.interrupted or turn.news:
            return False
        if not state.rests:
            await turn.commit(e.RunPaused("child"))  # what is left is done by runs below
        return state.rests

    # Think.

    async def _think(self) -> None:
        state = self._state
        step, began = state.step + 1, self._house.clock.monotonic()
        if (spent := _spent(state)) is not None:
            return await self._ask_for_money(*spent)
        try:
            reply, model, reason, seconds = await self._reply(step, self._messages())
        except BudgetExceeded as error:
            return await self._ask_for_money(error.code, str(error), error.details)
        except OrchestratorError as error:
            if not isinstance(error, ModelError):
                raise
            await self._failed(step, error, self._house.clock.monotonic() - began)
            return
        bodies: list[e.Body] = []
        if reply.plan and reply.plan != state.plan:
            bodies.append(e.PlanMade(reply.plan))
        message = reply.message
        if message.calls:
            message = with_unique_ids(message, self._turn.earlier_calls, state.call_ids, step)
        bodies.append(_replied(step, model, message, reply.finish, reply, seconds, reason))
        self._turn.record(*bodies, lazy=True)
        self._house.bus.end(state.run_id)

    def _messages(self) -> tuple[Message, ...]:
        state = self._state
        turn = list(state.messages)
        if state.finish == "length" and turn[-1].role == "assistant":
            turn.append(user("Go on exactly where you stopped; repeat nothing."))
        head = instructions(self._started.workspace, wording.date(state.began), self._started.instructions)
        return assemble(head, self._turn.history, turn, self._house.context_tokens, self._sizes)

    async def _reply(
        self, step: int, messages: tuple[Message, ...], *, closing: bool = False
    ) -> tuple[Reply, str, str, float]:
        """Ask a model, streaming what it says. Raises ModelError."""
        house, run_id = self._house, self._state.run_id
        needs: frozenset[Capability] = frozenset({"vision"}) if _has_images(messages) else frozenset()
        asked = self._state.asked_model
        if self._choice is None or self._needs != needs or self._chosen != asked:
            started = self._started
            chosen = await house.models.choose(asked, needs, task=started.goal.text, agent=started.agent)
            self._choice, self._needs, self._chosen = chosen, needs, asked
        choice = self._choice
        tools = () if closing else self._turn.offered(choice.name)
        state = self._state
        spending = Spending(
            f"{run_id}:{step}",
            run_id,
            state.tenant,
            state.subject,
            choice.name,
            self._sizes.total + house.shelf.weight(tools),
            agent=self._started.agent,
            rates=choice.rates,
        )
        allowed = await house.budget.reserve(spending)
        reply: Reply | None = None
        self._heard, self._stands_in = 0, ""
        try:
            request = Request(
                choice.name, messages, tools, allowed, tenant=state.tenant, optimise=house.optimise, account=spending
            )
            reply, seconds = await self._streamed(choice, step, request)
        finally:
            if reply is None:
                await house.budget.settle(spending, *given_up(spending, self._heard))
            else:
                answered = reply.model or choice.name
                await house.budget.settle(spending, reply.usage, reply.cost, model=answered, spared=reply.spared)
        return reply, reply.model or choice.name, self._stands_in or choice.reason, seconds

    async def _streamed(self, choice: Choice, step: int, request: Request) -> tuple[Reply, float]:
        """What a model says, word by word on the bus, and how long it took. Raises ModelError."""
        house, run_id = self._house, self._state.run_id
        self._turn.record(e.ModelAsked(step, choice.name, self._digests.of(request)), lazy=True)
        house.bus.begin(run_id, step)
        began = house.clock.monotonic()
        reply: Reply | None = None
        await self._turn.caught_up()
        async for chunk in choice.model.stream(request):
            if isinstance(chunk, Reply):
                reply = chunk
            elif isinstance(chunk, Setback):  # what was said so far is void
                problem = e.Problem(chunk.error.code, chunk.error.detail, chunk.error.hint)
                if before := self._stands_in or choice.reason:  # a recording says its own
                    self._stands_in = chunk.reason(before)
                self._turn.record(e.ModelFailed(step, chunk.model, problem, chunk.seconds, chunk.next), lazy=True)
                await self._turn.caught_up()
                house.bus.begin(run_id, step)
            else:
                self._heard += len(chunk.text)
                house.bus.say(run_id, "text" if isinstance(chunk, TextDelta) else "thinking", chunk.text)
        if reply is None:
            raise ModelGarbled(f"The model {choice.name} stopped without finishing its reply.")
        if not reply.message.calls and not reply.message.text.strip():
            raise ModelGarbled(f"The model {choice.name} gave an empty reply.")
        if (usage := _plausible(reply.usage)) is not reply.usage:
            reply = msgspec.structs.replace(reply, usage=usage)
        return reply, house.clock.monotonic() - began

    async def _ask_for_money(self, code: str, reason: str, details: dict[str, str]) -> None:
        """The run rests until a person lets it spend more, or ends it."""
        asked = e.ApprovalAsked(
            approval_id=self._house.ids.new("approval"),
            kind="budget",
            step=self._state.step,
            call_id="",
            tool="",
            arguments={},
            hash="",
            shape="",
            code=code,
            reason=reason,
            details=details,
            alternative=wording.MORE_MONEY if code in ("budget_cost", "budget_tokens") else wording.TOP_UP,
        )
        await self._turn.commit(asked)

    async def _failed(self, step: int, error: ModelError, seconds: float) -> None:
        state = self._state
        self._choice = None
        problem = e.Problem(error.code, error.detail, error.hint)
        self._turn.record(e.ModelFailed(step, state.asked_model, problem, seconds), lazy=True)
        self._house.bus.end(state.run_id)
        if error.retryable and not error.tried and state.failures < MODEL_TRIES:
            asked = error.retry_after if isinstance(error, ModelUnavailable) else None
            await self._house.clock.sleep(min(asked if asked is not None else 2.0 ** (state.failures - 1), PATIENCE))
            return
        language = self._language
        if state.returned or state.answer:
            answer = wording.partial(language, "model", state.returned, state.answer, error.detail)
            await self._finish("partial", answer, problem)
        else:
            await self._finish("failed", wording.failed(language, error), problem)

    # End.

    async def _wrap_up(self, why: str) -> None:
        """An honest end: ask the model once for an answer from what there is, else say what was done."""
        state = self._state
        step = state.step + 1
        nudge = user(wording.wrap_up(why))
        if _spent(state) is not None:
            return await self._finish_partial(why, state.answer)
        try:
            async with self._house.clock.timeout(CLOSING_SECONDS):
                reply, model, reason, seconds = await self._reply(step, (*self._messages(), nudge), closing=True)
        except (ModelError, BudgetExceeded, TimeoutError) as error:
            log.info("run %s: no closing words from the model: %s", state.run_id, error)
            self._house.bus.end(state.run_id)
            await self._finish_partial(why, "")
            return
        said = Message("assistant", tuple(part for part in reply.message.parts if not isinstance(part, ToolCall)))
        self._turn.record(_replied(step, model, said, LIMIT + why, reply, seconds, reason), lazy=True)
        self._house.bus.end(state.run_id)
        await self._finish_partial(why, state.answer)

    async def _finish_partial(self, why: str, text: str) -> None:
        answer = wording.partial(self._language, why, self._state.returned, text)
        await self._finish("partial", answer, e.Problem(LIMIT + why, wording.reason("en", why)))

    async def _out_of_time(self) -> None:
        """The calls under way were stopped; nobody knows how far those with effects came."""
        await self._close_open(wording.OUT_OF_TIME)
        await self._wrap_up("time")

    async def _close_open(self, text: str, *, by: str = "", begun_only: bool = False) -> None:
        """A receipt for every open call, once what works below this run has ended."""
        state, kin = self._state, self._turn.kin
        if kin is not None and any(call.below for call in state.open.values()):
            await kin.cancel_children(state.tenant, state.run_id, by or state.subject)
        for open_call in list(state.open.values()):
            begun = open_call.requested
            if begun is None and begun_only:
                continue
            if begun is not None:
                self._house.parked.let_go(begun.key)
            harvest = await kin.harvest(open_call.below) if kin is not None and open_call.below else None
            self._turn.record(closed(open_call, text, harvest))

    async def _finish_call(self) -> None:
        """The end of a run that was one call and no model."""
        (returned,) = self._state.returned
        problem = None
        if returned.outcome != "ok":
            problem = e.Problem(f"tool_{returned.outcome}", returned.content)
        await self._finish("failed" if problem else "completed", returned.content, problem)

    async def _finish(self, status: e.FinalStatus, answer: str, problem: e.Problem | None = None) -> None:
        state = self._state
        repeated = repeats(answer, orders_read(state)) if state.step else ()
        await self._turn.commit(
            e.RunFinished(status, answer, state.model, state.step, state.usage, state.cost, problem, repeated)
        )

    async def cancelled(self, by: str) -> None:
        """Called when the work has been stopped: close what was open, and the run."""
        state = self._state
        if state.finished is not None:
            return  # it was faster
        await self._close_open(wording.AT_WORK, by=by, begun_only=True)
        self._house.bus.end(state.run_id)
        answer = state.answer or wording.cancelled(self._language, state.returned)
        await self._finish("cancelled", answer, e.Problem("cancelled", f"{wording.CANCELLED_BY}{by}."))

    def broken(self, error: Exception) -> e.RunFinished:
        """The end of a run that a fault of ours has ended."""
        problem = e.Problem("internal", f"{type(error).__name__}: {error}", "This is a fault of AI Orchestrator.")
        state = self._state
        answer = state.answer or problem.detail
        return e.RunFinished("failed", answer, state.model, state.step, state.usage, state.cost, problem)

    @property
    def _language(self) -> str:
        return wording.language_of(self._started.goal.said)


def _spent(state: RunState) -> tuple[str, str, dict[str, str]] | None:
    """Which limit of money or tokens is reached: its code, for a person, and the values."""
    limits = state.limits
    if limits.cost and state.cost >= limits.cost:
        details = {"limit": f"{limits.cost:g}", "spent": f"{state.cost:.6g}"}
        return "budget_cost", f"The run has spent ${state.cost:.4g} of its ${limits.cost:g}.", details
    if limits.tokens and state.tokens >= limits.tokens:
        details = {"limit": str(limits.tokens), "spent": str(state.tokens)}
        return "budget_tokens", f"The run has used {state.tokens} of its {limits.tokens} tokens.", details
    return None


def _replied(
    step: int, model: str, message: Message, finish: str, reply: Reply, seconds: float, reason: str
) -> e.ModelReplied:
    return e.ModelReplied(
        step, model, message, finish, reply.usage, reply.cost, seconds, reason, reply.source, reply.spared
    )


def _has_images(messages: tuple[Message, ...]) -> bool:
    return any(isinstance(part, Image) for message in messages for part in message.parts)


def _plausible(usage: Usage) -> Usage:
    """What a server counted, within what can be: a wrong count must not cost the run its reply."""
    counts = msgspec.structs.astuple(usage)
    if min(counts) >= 0 and max(counts) <= MOST:
        return usage
    return Usage(*(min(max(count, 0), MOST) for count in counts))
