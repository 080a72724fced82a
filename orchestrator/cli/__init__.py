"""The `orchestrator` command."""

import sys
from io import TextIOWrapper


def main() -> None:
    # A terminal that cannot show a character shows its code; bytes that are no text are noticed where they are used.
    for stream, errors in ((sys.stdout, "backslashreplace"), (sys.stdin, "surrogateescape")):
        if isinstance(stream, TextIOWrapper):  # None when it is closed
            stream.reconfigure(errors=errors)
    from orchestrator.cli.ending import LeftBehind, leave

    try:
        from orchestrator.cli.commands import application

        application(prog_name="orchestrator")
    except LeftBehind as end:
        leave(end.said, end.exit_code)
    except KeyboardInterrupt:  # before a command was there to hear it
        sys.exit(130)
