"""Ctrl-C while a line is read."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_PATIENCE = 0.05  # seconds between reminders


@contextmanager
def heard() -> Iterator[None]:
    """Ctrl-C is one KeyboardInterrupt, whenever it comes.

    A signal that arrives after the prompt is shown and before the wait for a key begins is noted, and does not end
    that wait: it would be heard with the next key only. So whoever waits is reminded until it is.
    """
    before = signal.getsignal(signal.SIGINT)
    told, over, late = threading.Event(), threading.Event(), threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    waiting = threading.get_ident()

    def hear(_: int, __: FrameType | None) -> None:
        if over.is_set():
            late.set()
        elif not told.is_set():  # a reminder that crossed it says nothing new
            told.set()
            raise KeyboardInterrupt

    def remind() -> None:
        while number := os.read(reader, 1):
            while number[0] == signal.SIGINT and not told.is_set() and not over.wait(_PATIENCE):
                signal.pthread_kill(waiting, signal.SIGINT)

    reminder = threading.Thread(target=remind, name="reminder", daemon=True)
    reminder.start()
    noted = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        signal.signal(signal.SIGINT, hear)
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(noted)
        os.close(writer)
        reminder.join()
        os.close(reader)
        signal.signal(signal.SIGINT, before)
        if late.is_set() and not told.is_set():
            signal.raise_signal(signal.SIGINT)
