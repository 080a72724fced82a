"""A process that was told to stop ends in time, whatever in it does not hear that."""

import os
import sys
from threading import Timer

GRACE = 2.0  # seconds for tasks and threads to end by themselves


def end_in_time(seconds: float = GRACE) -> None:
    """Called when all that counts is on disk: Python would wait for every task and thread, for ever if need be."""

    def leave() -> None:
        print("Something that is at work does not stop: the process ends without waiting for it.", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    timer = Timer(seconds, leave)
    timer.daemon = True  # nobody waits for this one
    timer.start()
