"""What a server asks of a person in the middle of a call (elicitation), in both eras of the protocol.

Servers of 2026 answer a call with what they want to know and with a state: the call is made again with both, by any
process, after any time. Those before ask on the connection of the call and wait: the call stays under way here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.mcp.definitions import seen
from orchestrator.tools.questions import Asks, Person, Question, Told, problem_of, proposed

if TYPE_CHECKING:
    import mcp_types
    from mcp.shared.exceptions import MCPError

MODERN = "2026"  # the year of a protocol from which on a server is asked anew, with what it wanted to know
ROUNDS = 10  # that one call may ask
_MEMO = 128 * 1024  # characters
_PAUSE = 0.25  # seconds until a server that said "not yet" is asked again
_NO_MODELS = "wants to use a model of yours (sampling), which no server may: it has to bring its own."

Send: TypeAlias = "Callable[[Any, str | None], Awaitable[Any]]"  # with the answers to what it asked, and its state


class Memo(Struct, frozen=True):
    """From where a call goes on."""

    questions: dict[str, Question] = {}  # by what the server calls them
    state: str | None = None
    rounds: int = 0
    again: bool = False  # the call was refused: it is made anew


class Talk:
    """The questions of one call, one after another, and what is said to them."""

    def __init__(self, name: str, person: Person, *, trusted: bool) -> None:
        """`trusted`: where nobody is there, what the server itself proposes is said."""
        self.name = name
        self.person = person
        self._trusted = trusted
        self._asked = 0

    def memo(self) -> Memo:
        if not self.person.memo:
            return Memo()
        try:
            memo = msgspec.json.decode(self.person.memo, type=Memo)
        except msgspec.DecodeError as error:
            raise ToolFailed(
                f"What {self.name} asked before cannot be read any more.", hint="Call it again."
            ) from error
        self._asked = max((question.number for question in memo.questions.values()), default=0)
        return memo

    def begin(self) -> None:
        """The call is made from its beginning: its questions are counted anew."""
        self._asked = 0

    def question(self, params: Any) -> Question:
        """Raises ToolFailed for what cannot be put to a person."""
        self._asked += 1
        source, message = f"mcp:{self.name}", seen(params.message)
        if params.mode == "url":
            asked = Question(source, message, link=params.url, number=self._asked)
        else:
            asked = Question(source, message, _clean(params.requested_schema), number=self._asked)
        if why := problem_of(asked):
            raise ToolFailed(f"{self.name} asks what cannot be put to a person: {why}.")
        return asked

    def told(self, question: Question) -> Told | None:
        """None: a person must say it first."""
        if (told := self.person.told.get(question.hash)) is not None or self.person.there:
            return told
        values = proposed(question.form) if self._trusted and question.form is not None else None
        return Told(values is not None, values or {})

    def respond(self, memo: Memo) -> "dict[str, mcp_types.ElicitResult]":
        """What is said to each. Raises Asks where one is not answered yet."""
        said = {}
        for key, question in memo.questions.items():
            told = self.told(question)
            if told is None:
                text = msgspec.json.encode(memo).decode()
                if len(text) > _MEMO:
                    raise ToolFailed(f"{self.name} wants more kept for it than {_MEMO} characters.")
                raise Asks(question, text)
            if memo.again and not told.accepted:
                raise ToolFailed(f"{self.name} goes on only after somebody has opened its page, and nobody did.")
            said[key] = result_of(question, told)
        return said


async def answered(send: Send, talk: Talk, clock: Clock) -> Any:
    """What comes of a request, whatever is asked before. Raises Asks, ToolFailed, and what `send` does."""
    import mcp_types
    from mcp.shared.exceptions import MCPError

    memo = talk.memo()
    said = talk.respond(memo) if memo.questions else None
    responses, state = (None, None) if memo.again else (said, memo.state)
    rounds, anew = memo.rounds, responses is None
    while True:
        try:
            answer = await send(responses, state)
        except MCPError as error:
            if responses is not None and error.code == mcp_types.INVALID_PARAMS and not anew:
                responses, state, anew = None, None, True  # it has forgotten: what was answered is said again
                talk.begin()
                continue
            if error.code != mcp_types.URL_ELICITATION_REQUIRED:
                raise
            memo, rounds = _pages(error, talk, rounds), rounds + 1
            if rounds > ROUNDS:
                raise ToolFailed(f"{talk.name} asks again and again, and does not do it.") from None
            talk.respond(memo)
            responses = state = None
            continue
        if not isinstance(answer, mcp_types.InputRequiredResult):
            return answer
        rounds, state = rounds + 1, answer.request_state
        if rounds > ROUNDS:
            raise ToolFailed(f"{talk.name} asks again and again, and does not do it.")
        if answer.input_requests:
            anew = True
            questions = {key: talk.question(_params(one, talk.name)) for key, one in answer.input_requests.items()}
            responses = talk.respond(Memo(questions, state, rounds))
        else:
            responses = None
            await clock.sleep(_PAUSE)


def _params(request: "mcp_types.InputRequest", name: str) -> Any:
    match request.method:
        case "elicitation/create":
            return request.params
        case "sampling/createMessage":
            raise ToolFailed(f"{name} {_NO_MODELS}")
        case _:
            raise ToolFailed(f"{name} wants to know which folders there are (roots), and is not told.")


def _pages(error: "MCPError", talk: Talk, rounds: int) -> Memo:
    """The pages that a person must open before a call is made at all (2025-11-25)."""
    from mcp.shared.exceptions import UrlElicitationRequiredError

    try:
        pages = UrlElicitationRequiredError.from_error(error.error).elicitations
    except (ValueError, AttributeError, TypeError):
        pages = []
    if not pages:
        raise ToolFailed(f"{talk.name} says: {seen(error.message, 2000)}") from None
    return Memo({str(n): talk.question(page) for n, page in enumerate(pages)}, rounds=rounds + 1, again=True)


class Underway:
    """A call that a server of before 2026 is at work on, and may ask about on its connection."""

    def __init__(self, work: Coroutine[Any, Any, Any], talk: Talk, run_id: str, connection: Any) -> None:
        self.run_id = run_id
        self.connection = connection
        self._talk = talk
        self._waiting: dict[str, tuple[Question, asyncio.Future[Told]]] = {}
        self._stirred = asyncio.Event()
        self._tell: Callable[[], None] = lambda: None
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._over)

    async def asked(self, params: "mcp_types.ElicitRequestParams") -> "mcp_types.ElicitResult | mcp_types.ErrorData":
        """The server's question, until there is an answer."""
        import mcp_types

        try:
            question = self._talk.question(params)
        except ToolFailed as error:
            return mcp_types.ErrorData(code=mcp_types.INVALID_PARAMS, message=error.detail)
        told = self._talk.told(question)
        if told is None:
            answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
            self._waiting[question.hash] = question, answer
            self._stirred.set()
            try:
                told = await answer
            finally:
                self._waiting.pop(question.hash, None)
                if not answer.done() or answer.cancelled():  # it does not wait any more
                    self._tell()
        return result_of(question, told)

    async def go_on(self, person: Person) -> Any:
        """What comes of it, now that something was said."""
        self._talk.person = person
        for key, (_, answer) in list(self._waiting.items()):
            if key in person.told and not answer.done():
                answer.set_result(person.told[key])
                del self._waiting[key]
        return await self.result()

    async def result(self) -> Any:
        """What comes of it. Raises Asks, and what the call does."""
        try:
            while not self._task.done():
                if self._waiting:
                    question, _ = next(iter(self._waiting.values()))
                    raise Asks(question, held=self)
                self._stirred.clear()
                await self._stirred.wait()
        except asyncio.CancelledError:
            self.let_go()
            raise
        return self._task.result()

    def let_go(self) -> None:
        self._tell = lambda: None
        self._task.cancel()

    def when_over(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        if self._task.done():
            tell()

    @property
    def over(self) -> bool:
        return self._task.done()

    def _over(self, task: "asyncio.Future[Any]") -> None:
        self._stirred.set()
        self._tell()
        if not task.cancelled():
            task.exception()  # whoever waits for it hears of it; where nobody does, nobody need


def result_of(question: Question, told: Told) -> "mcp_types.ElicitResult":
    import mcp_types

    if not told.accepted:
        return mcp_types.ElicitResult(action="decline")
    return mcp_types.ElicitResult(action="accept", content=None if question.link else told.content)


def _clean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A stranger's form as a person sees it; the names of its fields and its values stay as they are."""

    def shown(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: shown(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [shown(inner, key) for inner in value]
        return seen(value, 2000) if isinstance(value, str) and key in ("title", "description", "enumNames") else value

    found: dict[str, Any] = shown(schema)
    return found
