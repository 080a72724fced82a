"""Write docs/cli.md from what `--help` says: `python -m scripts.cli_docs`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from orchestrator.cli.commands import application

TARGET = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
WIDTH = 100

INTRODUCTION = """\
# The command line

`.venv/bin/orchestrator` is the command; `./run …` sets up what is missing and passes the rest on to it. This page is
made from `--help` by `python -m scripts.cli_docs`.

**Where the work happens.** While a server runs on the data folder, commands speak to it: it writes its address and a
token into `server.json` there, readable by you alone. Without a server, a command opens the data folder itself for as
long as it lasts, and works on its own run only; a run whose process died is then `interrupted`, until `runs resume` or
a server goes on with it. `--url` and `--token` reach a server elsewhere. The output is the same.

**What goes where.** Standard output holds the result and nothing else; what is done meanwhile, questions and errors go
to standard error. With `--json` the result is one JSON object, in the forms of [api.md](api.md) (of `chat` on a pipe,
one for each message), and an error is `{"error": {"code", "detail", "hint"}}` on standard error.

**Exit codes.** 0 completed; 1 failed, or the command could not be done; 2 wrong usage; 3 partial answer; 4 the run
waits for an approval; 130 cancelled, by Ctrl-C too; 141 nobody reads the output.

**Approvals.** On a terminal you are asked: once, for this run, always, no. Without one, what would be asked is refused
and the answer says so, unless `--yes` approves it. `--yes` never says whether a call that a crash interrupted had
happened: that run waits, and `orchestrator runs approve` answers it.

Prompts follow `LANG`: French or English.
"""


def commands(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    """Each command with its help, depth first."""
    yield context.command_path, command.get_help(context)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        below = command.get_command(context, name)
        yield from commands(below, type(context)(below, info_name=name, parent=context, terminal_width=WIDTH))


def page() -> str:
    root: Any = typer.main.get_command(application)
    context = root.context_class(root, info_name="orchestrator", terminal_width=WIDTH, **root.context_settings)
    parts = [INTRODUCTION]
    for path, text in commands(root, context):
        parts.append(f"## `{path}`\n\n```text\n{text.strip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
    sys.stdout.write(f"{TARGET} is up to date.\n")
