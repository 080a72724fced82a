"""A process that was told to stop ends in time, whatever in it does not hear that."""

import os
import sys
from threading import Timer
from typing import NoReturn

GRACE = 2.0  # seconds for tasks and threads to end by themselves


class LeftBehind(SystemExit):
    """The end of a process in which something goes on that does not hear that it shall stop."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(code)
        self.said = said
        self.exit_code = code


def end_in_time(said: str, seconds: float = GRACE) -> None:
    """Called when all that counts is on disk: Python would wait for every task and thread, for ever if need be."""
    timer = Timer(seconds, leave, (said,))
    timer.daemon = True  # nobody waits for this one
    timer.start()


def leave(said: str, code: int = 0) -> NoReturn:
    """End now, and say why nothing is waited for."""
    print(said, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
