"""The `orchestrator` command."""

import os
import sys
from io import TextIOWrapper


def main() -> None:
    # Those that are closed lead nowhere, in this order: each gets its own number, which no socket or file then takes.
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    # A terminal that cannot show a character shows its code; bytes that are no text are noticed where they are used.
    for stream, errors in ((sys.stdout, "backslashreplace"), (sys.stdin, "surrogateescape")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)
    from orchestrator.cli.ending import LeftBehind, leave

    try:
        from orchestrator.cli.commands import application

        application(prog_name="orchestrator")
    except LeftBehind as end:
        leave(end.said, end.exit_code)
    except KeyboardInterrupt:  # before a command was there to hear it
        sys.exit(130)
