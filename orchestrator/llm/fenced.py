"""Tools for a model that has none: they are described in words, and called in fenced blocks of text.

    ```tool                                     ```response
    {"tool": "name", "params": {…}}             the answer
    ```                                         ```

What counts as a call is narrow, because models quote: a file they were shown, an example, this protocol.
A tool block begins a line at column 0 with exactly three backticks and the word `tool`, outside every
other fence, is closed, and is one JSON object with exactly `tool` and `params`. After ```response
everything is the answer, whatever it quotes. A block that is not well made becomes a malformed call, and
nothing after it counts. Text outside the blocks is text of the reply, as it is on wires with native calls.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from orchestrator.kernel.messages import Arguments, Message, Part, Text, Thinking, ToolCall, ToolResult, ToolSpec
from orchestrator.llm.base import Chunk, Model, Reply, Request, TextDelta
from orchestrator.llm.draft import fresh_number
from orchestrator.llm.wrapper import Wrapper, leave

_FENCE = re.compile(r"(?P<indent>[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*)(?P<run>`{3,}|~{3,})(?P<info>.*)")
_MAY_BE_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d+[.)]?)(?:[ \t]+|$))*(?:`{0,2}$|~{0,2}$|`{3}|~{3})")


class Fenced(Wrapper):
    """A model without tool calls, as one that has them."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.capabilities = model.capabilities | {"tools"}

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        if not request.tools and not any(message.calls for message in request.messages):
            return self._inner.stream(request)
        return self._reading(request)

    async def _reading(self, request: Request) -> AsyncIterator[Chunk]:
        parser = Parser(fresh_number(request.messages))
        chunks = self._inner.stream(_in_words(request))
        try:
            async for chunk in chunks:
                if isinstance(chunk, TextDelta):
                    if text := parser.feed(chunk.text):
                        yield TextDelta(text)
                elif isinstance(chunk, Reply):
                    if text := parser.end(cut=chunk.finish == "length"):
                        yield TextDelta(text)
                    yield _reread(chunk, parser)
                else:
                    yield chunk
        finally:
            await leave(chunks)


class _Fence(Struct):
    """An open fence that is not ours: until it is closed, its lines are only quoted."""

    mark: str
    length: int
    indent: int

    @classmethod
    def opened_by(cls, line: str) -> "_Fence | None":
        found = _FENCE.fullmatch(line)
        if found is None or (found["run"][0] == "`" and "`" in found["info"]):
            return None
        return cls(found["run"][0], len(found["run"]), len(found["indent"]))

    def closed_by(self, line: str) -> bool:
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        return len(bare) >= self.length and set(bare) == {self.mark} and indent <= max(3, self.indent)


_OURS = _Fence("`", 3, 0)


class Parser:
    """Reads the protocol from text in pieces of any size. Text for the person comes out; calls are kept."""

    def __init__(self, number: int = 1) -> None:
        self.calls: list[ToolCall] = []
        self.text = ""  # all that came out
        self._number = number
        self._place: Literal["prose", "tool", "response", "void"] = "prose"
        self._quoted: _Fence | None = None  # the foreign fence we are in
        self._closing = False  # the line before may have been the end of the response
        self._block: list[str] = []  # lines of the open tool block
        self._line = ""  # the line that grows, while it may yet be a fence
        self._plain = False  # it cannot be one any more: its text goes straight out
        self._held = ""  # white space, and the response's end, told only if something follows
        self._out: list[str] = []

    def feed(self, piece: str) -> str:
        """The text that can be told now."""
        *ended, growing = piece.split("\n")
        for part in ended:
            self._grow(part)
            self._end_line("\n")
        self._grow(growing)
        return self._told()

    def end(self, *, cut: bool = False) -> str:
        """The last of the text; `cut` when the reply reached its limit of length."""
        self._end_line("")
        if self._place == "tool":
            why = "was cut off at the limit of the reply's length" if cut else "was not closed"
            self._keep("", {}, f"The tool block {why}.")
        return self._told()

    def _told(self) -> str:
        told = "".join(self._out)
        self._out.clear()
        self.text += told
        return told

    def _grow(self, part: str) -> None:
        if self._plain:
            self._say(part)
            return
        self._line += part
        if self._place in ("prose", "response") and not _MAY_BE_FENCE.match(self._line):
            self._plain = True
            self._reopen()
            self._say(self._line)

    def _end_line(self, newline: str) -> None:
        line, plain = self._line, self._plain
        self._line, self._plain = "", False
        if plain:
            self._say(newline)
        elif self._place == "prose":
            self._prose(line, newline)
        elif self._place == "response":
            self._response(line, newline)
        elif self._place == "tool":
            if _OURS.closed_by(line):
                self._keep(*_read_call("\n".join(self._block)))
            else:
                self._block.append(line)

    def _prose(self, line: str, newline: str) -> None:
        if self._quoted is not None:
            self._quoted = None if self._quoted.closed_by(line) else self._quoted
        elif line.rstrip() == "```tool":
            self._place, self._block = "tool", []
            return
        elif line.rstrip() == "```response":
            self._place = "response"
            return
        else:
            self._quoted = _Fence.opened_by(line)
        self._say(line + newline)

    def _response(self, line: str, newline: str) -> None:
        """All of it is the answer, but for the fence that ends it: a bare one that nothing follows."""
        if line.strip():
            self._reopen()
        if self._quoted is not None:
            self._quoted = None if self._quoted.closed_by(line) else self._quoted
        elif line.rstrip() == "```":
            self._closing = True
            self._held += line + newline
            return
        else:
            self._quoted = _Fence.opened_by(line)
        self._say(line + newline)

    def _reopen(self) -> None:
        """More follows what looked like the end of the response: it was the start of a quotation."""
        if self._closing:
            self._closing, self._quoted = False, _OURS

    def _say(self, text: str) -> None:
        body = text.rstrip()
        if body:
            said = self._held + body
            self._out.append(said if self.text or self._out else said.lstrip())
            self._held = text[len(body) :]
        else:
            self._held += text

    def _keep(self, name: str, arguments: Arguments, malformed: str) -> None:
        """A call. What follows one that is not well made may be anything it was meant to hold: it is let go."""
        self.calls.append(ToolCall(f"call_{self._number}", name, arguments, malformed))
        self._number += 1
        self._place = "void" if malformed else "prose"


def _read_call(block: str) -> tuple[str, Arguments, str]:
    """The tool, its parameters, and why they cannot be taken, if they cannot."""
    try:
        call = msgspec.json.decode(block)
        json.loads(block, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        return "", {}, f"The tool block is not one JSON object: {error}."
    if not isinstance(call, dict):
        return "", {}, "The tool block is not one JSON object."
    name = call.get("tool")
    if not isinstance(name, str) or not name:
        return "", {}, 'The tool block does not name its "tool".'
    if set(call) != {"tool", "params"}:
        return name, {}, f'The tool block must have exactly "tool" and "params", not {", ".join(map(repr, call))}.'
    if not isinstance(call["params"], dict):
        return name, {}, '"params" must be a JSON object.'
    return name, call["params"], ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _reread(reply: Reply, parser: Parser) -> Reply:
    kept = [part for part in reply.message.parts if not isinstance(part, Text)]
    text: list[Part] = [Text(parser.text)] if parser.text else []
    message = Message("assistant", (*kept, *text, *parser.calls))
    return msgspec.structs.replace(reply, message=message, finish="tools" if message.calls else reply.finish)


_PROTOCOL = """\
You have tools. To use one, write a block like this, starting at the beginning of a line:

```tool
{"tool": "name_of_the_tool", "params": {"parameter": "value"}}
```

The block holds one JSON object with exactly "tool" and "params"; newlines inside strings are written \\n.
You may write several blocks; then stop: you will be given the results. Do not invent results.
When you know the answer, write it for the person in their language, in one block that ends your reply:

```response
Your answer
```

Quote code and files only inside the response, never as a tool block at the beginning of a line outside it.

The tools:
"""


def _in_words(request: Request) -> Request:
    """The request without tools: they, the calls so far and their results are told as text."""
    told = [message for message in request.messages if message.role == "system"]
    if request.tools:
        tools = "\n".join(_described(tool) for tool in request.tools)
        must = (
            ""
            if not request.must
            else "\nCall one of them now."
            if request.must == "*"
            else f"\nCall {request.must} now."
        )
        told.append(Message("system", (Text(_PROTOCOL + tools + must),)))
    text = "\n\n".join(message.text for message in told)
    said = [_told(message) for message in request.messages if message.role != "system"]
    opening = [Message("system", (Text(text),))] if text else []
    return msgspec.structs.replace(request, messages=(*opening, *said), tools=())


def _described(tool: ToolSpec) -> str:
    return f"- {tool.name}: {tool.description} Parameters: {msgspec.json.encode(tool.parameters).decode()}"


def _told(message: Message) -> Message:
    if message.role == "assistant":
        return Message("assistant", tuple(_assistant(message)))
    if message.role == "tool":
        return Message("user", tuple(_results(message)))
    return message


def _assistant(message: Message) -> Iterator[Part]:
    yield from (part for part in message.parts if isinstance(part, Thinking))
    if not message.calls:
        yield Text(f"```response\n{message.text}\n```")
        return
    blocks = [_block(call) for call in message.calls if not call.malformed]
    yield Text("\n".join([*([message.text] if message.text else []), *blocks]) or "(An unreadable tool block.)")


def _block(call: ToolCall) -> str:
    body = msgspec.json.encode({"tool": call.name, "params": call.arguments}).decode()
    return f"```tool\n{body}\n```"


def _results(message: Message) -> Iterator[Part]:
    for part in message.parts:
        if isinstance(part, ToolResult):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", part.content)), default=0))
            name = part.name or "the tool block"
            yield Text(f"Result of {name} ({part.outcome}):\n{fence}\n{part.content}\n{fence}\n", part.origin)
        elif not isinstance(part, ToolCall):
            yield part
