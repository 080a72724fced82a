"""The meta kit: the tools there are, told and loaded anew; and a new one drafted, which a person approves.

A draft is a file that nothing loads. A person who may administer is asked once, with its code before them, whether it
becomes a tool; where none is there it waits for the command line or the API.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment, Stock
from orchestrator.tools.kits.examples import meta as said
from orchestrator.tools.plugins.drafts import Draft, Drafts, check
from orchestrator.tools.plugins.template import drafted
from orchestrator.tools.questions import Asks, Question

_TASK = """Write one Python file with one tool for an agent, called {name}. What it does: {description}

Keep exactly to the form of this file: the imports, the decorator `@tool`, types for every parameter with a description
in Annotated, a type for what is returned, a docstring of one line that ends with a full stop, at least four requests in
English and four in French in `examples` with the arguments that they mean, and `answers` in both languages, where
{{value}} is what is returned. Use the standard library only. Answer with the file alone.

{form}"""


_TEMPLATE = "the template"
_DISCARD = "Discard it (orchestrator tools discard NAME), then draft it anew."


class ToolRow(msgspec.Struct, frozen=True):
    name: str
    category: str
    scope: str
    description: str
    source: Annotated[str, Meta(description="the kit, file, package or server that it is from")]


class ToolRows(msgspec.Struct, frozen=True):
    tools: list[ToolRow]
    count: int

    def __str__(self) -> str:
        return (
            "\n".join(f"{one.name} ({one.category}, {one.scope}): {one.description}" for one in self.tools) or "None."
        )


class ToolDescription(msgspec.Struct, frozen=True):
    name: str
    description: str
    category: str
    source: str
    scope: str
    effects: str
    risks: list[str]
    seconds: float
    arguments: Annotated[list[str], Meta(description="each with what it is; * has to be given")]
    requests: Annotated[list[str], Meta(description="that mean it")]

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.name} ({self.category}, from {self.source}): {self.description}",
                ", ".join([self.scope, f"effects {self.effects}", *self.risks, f"{self.seconds:g} s"]),
                *self.arguments,
                *(f"“{request}”" for request in self.requests),
            ]
        )


class Changed(msgspec.Struct, frozen=True):
    source: str
    what: str
    about: str


class Reloaded(msgspec.Struct, frozen=True):
    changes: list[Changed]

    def __str__(self) -> str:
        return "\n".join(f"{one.source}: {one.what} {one.about}" for one in self.changes) or "There are none to load."


class DraftedTool(msgspec.Struct, frozen=True):
    name: str
    digest: str
    by: Annotated[str, Meta(description="who wrote it: you, a model, or the template that has to be filled in")]
    next: str
    in_use: bool = False

    def __str__(self) -> str:
        if self.in_use:
            return f"{self.name} is a tool now (by {self.by}). {self.next}".strip()
        return f"The draft {self.name} is kept (by {self.by}). {self.next}"


def _list_tools(stock: Stock) -> Tool:
    @tool(
        category="tools",
        examples=said.LIST_TOOLS,
        answers={
            "en": "{count|tool|tools}:\n{*tools `{name}`: {description}*}",
            "fr": "{count|outil|outils} :\n{*tools `{name}` : {description}*}",
        },
    )
    def list_tools(category: Annotated[str | None, "only of this one: files, git…"] = None) -> ToolRows:
        """List all tools there are, or those of a category. To find one for a purpose use find_tools."""
        specs = stock.specs()
        found = [spec for spec in specs if category is None or spec.category.casefold() == category.casefold()]
        if not found:
            categories = ", ".join(sorted({spec.category for spec in specs}))
            raise ToolRetry(f"There is no category {category!r}.", hint=f"There are: {categories}.")
        rows = [
            ToolRow(s.name, s.category, s.scope, s.description.partition("\n")[0], stock.source(s.name)) for s in found
        ]
        return ToolRows(rows, len(rows))

    return list_tools


def _describe_tool(stock: Stock) -> Tool:
    @tool(
        category="tools",
        examples=said.DESCRIBE_TOOL,
        answers={
            "en": "`{name}` ({category}, {source}): {description}\n{scope}, {effects}\n{arguments}",
            "fr": "`{name}` ({category}, {source}) : {description}\n{scope}, {effects}\n{arguments}",
        },
    )
    def describe_tool(
        name: Annotated[str, Meta(description="of a tool", min_length=1, max_length=100)],
    ) -> ToolDescription:
        """Tell what one tool does, what it takes, and what it may do to the world."""
        spec = next((spec for spec in stock.specs() if spec.name == name), None)
        if spec is None:
            raise ToolRetry(f"There is no tool called {name!r}.", hint="find_tools finds tools by what they do.")
        return ToolDescription(
            spec.name,
            spec.description,
            spec.category,
            stock.source(name),
            spec.scope,
            spec.effects,
            list(spec.risks),
            spec.timeout,
            _arguments(spec),
            [example.text for example in spec.examples],
        )

    return describe_tool


def _arguments(spec: ToolSpec) -> list[str]:
    needed = spec.parameters.get("required", ())
    return [
        f"{name}{'*' if name in needed else ''}: {schema.get('description', '')}".rstrip(": ")
        for name, schema in spec.parameters.get("properties", {}).items()
    ]


def _reload_tools(stock: Stock) -> Tool:
    @tool(
        scope="admin",
        effects="idempotent",
        category="tools",
        examples=said.RELOAD_TOOLS,
        answers={
            "en": "[{*changes {source}: {what} {about}*}|There are no tools of your own to load.]",
            "fr": "[{*changes {source} : {what} {about}*}|Il n'y a pas d'outils à vous à charger.]",
        },
        timeout=120.0,
        risks=("installs",),
    )
    async def reload_tools() -> Reloaded:
        """Load the tools of the tools' folder and of installed packages anew."""
        found = await stock.reload()
        return Reloaded([Changed(one.source, one.what, one.problem or ", ".join(one.tools)) for one in found])

    return reload_tools


def _create_tool(stock: Stock, drafts: Drafts) -> Tool:
    async def created(arguments: Arguments, context: Context) -> Result | None:
        try:
            draft = drafts.get(arguments["name"])
        except NotFound:
            if _is_there(stock, arguments["name"]):
                raise ToolFailed(
                    f"There is a tool called {arguments['name']}; whose code it is a person says."
                ) from None
            return None
        if arguments["code"] is not None and draft.code != arguments["code"]:
            raise ToolFailed(f"There is a draft {draft.name} that holds something else.")
        found = DraftedTool(draft.name, draft.digest, "an earlier try", _next(draft.name))
        return Result(str(found), msgspec.to_builtins(found))

    @tool(
        scope="write",
        effects="once",
        category="tools",
        examples=said.CREATE_TOOL,
        answers={
            "en": "[The draft `{name}` is kept (by {by}). {next}|`{name}` is a tool now (by {by}).]",
            "fr": "[Le brouillon `{name}` est gardé (par {by}). À une personne de le relire. {next}|"
            "`{name}` est maintenant un outil (par {by}).]",
        },
        timeout=240.0,
        reconcile=created,
    )
    async def create_tool(
        name: Annotated[str, Meta(description="small letters, digits and _", pattern=r"^[a-z][a-z0-9_]{1,63}$")],
        description: Annotated[str, Meta(description="what it does, in one sentence", min_length=5, max_length=2000)],
        context: Context,
        code: Annotated[str | None, "the whole Python file; a model writes it when not given"] = None,
        test: Annotated[str | None, "the whole file of its test"] = None,
    ) -> DraftedTool:
        """Draft a new tool from a description, with its test. A person must approve it before it can be used."""
        if memo := context.person.memo:
            return await _decided(stock, drafts, msgspec.json.decode(memo, type=DraftedTool), context)
        if _is_there(stock, name):
            raise ToolRetry(f"There is a tool called {name} already.", hint="Choose another name.")
        sentence = description.strip().rstrip(".") + "."
        form, usual = drafted(name, sentence)
        by = "you"
        if code is None:
            code, by = await _written(name, sentence, form, context)
        try:
            draft = drafts.write(name, code, test or usual)
        except (InvalidInput, Conflict) as error:
            raise ToolRetry(error.detail, hint=error.hint) from None
        found = DraftedTool(draft.name, draft.digest, by, _next(name))
        if context.person.there and "admin" in context.scopes and by != _TEMPLATE:
            raise Asks(_question(draft), memo=msgspec.json.encode(found).decode())
        return found

    return create_tool


def _is_there(stock: Stock, name: str) -> bool:
    return any(spec.name == name for spec in stock.specs())


def _question(draft: Draft) -> Question:
    said = f"Make {draft.name} a tool? It would run in a confined process of its own, for every agent.\n\n{draft.code}"
    use = {"type": "boolean", "title": f"Make {draft.name} a tool", "description": "I have looked at the code."}
    return Question("create_tool", said, {"type": "object", "properties": {"use": use}, "required": ["use"]})


async def _decided(stock: Stock, drafts: Drafts, found: DraftedTool, context: Context) -> DraftedTool:
    """What became of a draft that a person was asked about. Raises ToolFailed."""
    try:
        draft = drafts.get(found.name)
        told = context.person.told.get(_question(draft).hash)
        if draft.digest != found.digest or told is None:
            raise ToolFailed(f"The draft {found.name} is not what was looked at.", hint=found.next)
        if not told.accepted:
            drafts.discard(found.name)
            raise ToolFailed(f"The person does not want the tool {found.name}: its draft is gone.")
        if not told.content.get("use"):
            return found
        file = drafts.approve(found.name, found.digest)
    except (NotFound, Conflict) as error:
        raise ToolFailed(error.detail, hint=error.hint) from None
    problems = [one.problem for one in await stock.reload() if one.source == file.name and one.problem]
    if problems:
        drafts.withdraw(draft)
        await stock.reload()
        raise ToolFailed(f"{found.name} cannot be loaded, and stays a draft: {problems[0]}.", hint=_DISCARD)
    return msgspec.structs.replace(found, next="", in_use=True)


async def _written(name: str, description: str, form: str, context: Context) -> tuple[str, str]:
    """The code and who wrote it: a model where there is one and it writes Python, else the template."""
    try:
        found = await context.ask(_TASK.format(name=name, description=description, form=form))
    except ToolFailed:
        return form, _TEMPLATE
    code = _unfenced(found.text)
    try:
        check(name, code)
    except InvalidInput:
        return form, _TEMPLATE
    return code, found.model


def _unfenced(text: str) -> str:
    """The code of an answer that stands between fences, as models like to write it."""
    if "```" not in text:
        return text.strip() + "\n"
    inside = text.partition("```")[2].partition("```")[0]
    return inside.partition("\n")[2].strip() + "\n"


def _next(name: str) -> str:
    return f"A person looks at it and approves it: orchestrator tools approve {name}"


def kit(equipment: Equipment) -> Sequence[Tool]:
    stock = equipment.stock
    if stock is None:
        return ()
    found = [_list_tools(stock), _describe_tool(stock), _reload_tools(stock)]
    chosen, kept = equipment.settings.folder, equipment.folder
    if chosen or kept is not None:
        folder = Path(chosen).expanduser() if chosen or kept is None else kept / "tools"
        found.append(_create_tool(stock, Drafts(folder)))
    return found
