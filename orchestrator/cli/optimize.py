"""`orchestrator optimize`: a text in fewer tokens, what it saves, and whether anything was lost."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.llm.optimiser.fidelity import Fidelity
    from orchestrator.llm.optimiser.metrics import Metrics


class Mode(StrEnum):
    minimal = "minimal"
    balanced = "balanced"
    aggressive = "aggressive"


def add_to(application: typer.Typer) -> None:
    @command(application, "optimize")
    def optimize(
        session: Session,
        file: Annotated[str, typer.Argument(help="A text, or a JSON array of messages; - reads standard input.")],
        mode: Annotated[Mode, typer.Option(help="minimal loses nothing at all.")] = Mode.balanced,
        output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the result to this file.")] = None,
        check: Annotated[
            bool, typer.Option("--check", help="Say only whether every fact was kept; exit 1 if one was lost.")
        ] = False,
        plain: Annotated[bool, typer.Option("--plain", help="Print the result itself instead of a diff.")] = False,
    ) -> int:
        """Say the same in fewer tokens: the difference, what it saves, and whether anything was lost."""
        text = _read(file)
        messages = _messages(text)
        made, metrics, fidelity = _text(text, mode) if messages is None else _history(messages, mode)
        if output is not None:
            output.write_text(made, "utf-8")
        terminal = session.terminal
        if terminal.json:
            terminal.result(_said(made, metrics, fidelity, with_text=output is None))
        elif plain:
            sys.stdout.buffer.write(made.encode())
            sys.stdout.flush()
        else:
            if not check and output is None:
                _show_difference(session, text if messages is None else _indented(messages), made)
            _tell(session, metrics, fidelity)
        return 1 if check and not fidelity.faithful else 0


def _read(file: str) -> str:
    from orchestrator.kernel.errors import InvalidInput

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}.") from error
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error


def _messages(text: str) -> list[dict[str, Any]] | None:
    """The conversation, if the text is one: an array of objects that have a role."""
    import msgspec

    if not text.lstrip().startswith("["):
        return None
    try:
        found = msgspec.json.decode(text, type=list[dict[str, Any]])
    except msgspec.DecodeError:
        return None
    return found if found and all(isinstance(message.get("role"), str) for message in found) else None


def _text(text: str, mode: Mode) -> "tuple[str, Metrics, Fidelity]":
    from orchestrator.llm.optimiser.fidelity import check
    from orchestrator.llm.optimiser.prompt import PromptOptimizer

    made, metrics = PromptOptimizer(mode.value).optimize(text)
    return made, metrics, check(text, made)


def _history(messages: list[dict[str, Any]], mode: Mode) -> "tuple[str, Metrics, Fidelity]":
    from orchestrator.llm.optimiser.fidelity import check_history
    from orchestrator.llm.optimiser.prompt import PromptOptimizer

    made, metrics = PromptOptimizer(mode.value).optimize_history(messages)
    return _indented(made), metrics, check_history(messages, made)


def _indented(messages: list[dict[str, Any]]) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(messages), indent=2).decode() + "\n"


def _show_difference(session: Session, before: str, after: str) -> None:
    import difflib

    from orchestrator.cli.visible import harmless

    terminal = session.terminal
    colours = {"+": "green", "-": "red", "@": "cyan"}
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), "before", "after", lineterm="", n=1)
    for line in lines:
        if terminal.rich and line[:1] in colours:
            terminal.console().print(harmless(line), style=colours[line[0]], markup=False, soft_wrap=True)
        else:
            terminal.line(line)


def _tell(session: Session, metrics: "Metrics", fidelity: "Fidelity") -> None:
    say = session.terminal.note
    rules = ", ".join(f"{rule} {tokens}" for rule, tokens in sorted(metrics.by_rule.items(), key=lambda item: -item[1]))
    say(f"{metrics.tokens_before} tokens before, {metrics.tokens_after} after: {metrics.saved:.0%} saved.")
    if rules:
        say(f"By rule: {rules}.")
    say(
        f"${metrics.money_saved:.6f} saved each time it is sent ({metrics.priced_as}); {metrics.seconds * 1000:.1f} ms."
    )
    if fidelity.lossless:
        say("Nothing is lost: the original can be restored.", "green")
    elif fidelity.faithful:
        say(f"Every one of {fidelity.statements} statements that bear a fact is kept, word for word.", "green")
    else:
        say(f"{fidelity.statements - fidelity.kept} of {fidelity.statements} statements were lost:", "bold red")
        for statement in fidelity.lost:
            say(f"  {statement}", "red")


def _said(made: str, metrics: "Metrics", fidelity: "Fidelity", *, with_text: bool) -> dict[str, Any]:
    from orchestrator.api.wire_savings import FidelityReport, OptimiserMetrics

    said: dict[str, Any] = {"optimized_prompt": made} if with_text else {}
    said["metrics"] = OptimiserMetrics.of(metrics).model_dump()
    return said | {"fidelity": FidelityReport.of(fidelity).model_dump()}
