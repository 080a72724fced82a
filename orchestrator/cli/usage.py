"""Command lines that are not understood: a sentence for a person, with --json an error object like any other."""

import sys
from collections.abc import Sequence
from typing import Any

from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer.core import TyperGroup

_WRONG = 2  # the exit code of wrong usage, as shells have it


class Commands(TyperGroup):
    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(given, prog_name, complete_var, False, windows_expand_args, **extra)
        except ClickException as error:
            if not standalone_mode:
                raise
            (_report if _for_a_program(given) else _say)(error)
            code = _WRONG
        if not standalone_mode:
            return code
        sys.exit(code)


def _for_a_program(given: Sequence[str]) -> bool:
    own = given[: given.index("--")] if "--" in given else given
    return "--json" in own


def _report(error: ClickException) -> None:
    import msgspec

    empty = isinstance(error, NoArgsIsHelpError)  # its message is the whole help
    detail = "A command is missing." if empty else f"{' '.join(error.format_message().split()).rstrip('.')}."
    command = error.ctx.command_path if isinstance(error, UsageError) and error.ctx else "orchestrator"
    problem = {"code": "usage", "detail": detail, "hint": f"To see how it is written: {command} --help"}
    print(msgspec.json.encode({"error": problem}).decode(), file=sys.stderr)


def _say(error: ClickException) -> None:
    from orchestrator.cli import translations
    from orchestrator.kernel import settings

    said = translations.problem(settings.language(), "usage", "", "")
    if said.detail and not isinstance(error, NoArgsIsHelpError):
        print(said.detail, file=sys.stderr)
    error.show()
