"""Ctrl-C is heard in every moment of a question, and a signal that is none of its business is not taken for it."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.cli.interrupts import heard
from orchestrator.cli.terminal import Terminal


def asleep(thread: int) -> bool:
    """Whether a thread of ours waits in the kernel."""
    return Path(f"/proc/self/task/{thread}/stat").read_text().rpartition(") ")[2][0] == "S"


@pytest.fixture(autouse=True)
def interrupted() -> Iterator[None]:
    """As in a terminal: a shell starts what it puts into the background with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A standard input that says nothing; the file descriptor that could."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writer
    os.close(writer)


def once_it_waits(number: int, then: Callable[[], object] = lambda: None) -> threading.Thread:
    """Sends a signal to another thread than the one that waits for a line: it is noted, and ends no wait."""
    waiting = threading.get_native_id()

    def send() -> None:
        while not asleep(waiting):
            pass
        signal.pthread_kill(threading.get_ident(), number)
        then()

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_an_interrupt_that_ends_no_wait_is_heard_all_the_same(silent: int) -> None:
    before = signal.getsignal(signal.SIGINT)
    sender = once_it_waits(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Terminal("en").read_line("? ")
    sender.join()
    assert signal.getsignal(signal.SIGINT) is before


def test_another_signal_is_not_taken_for_it(silent: int) -> None:
    noticed = threading.Event()
    before = signal.signal(signal.SIGWINCH, lambda *_: noticed.set())
    try:
        sender = once_it_waits(signal.SIGWINCH, lambda: os.write(silent, b"once\n"))
        assert Terminal("en").read_line("? ") == "once"
        sender.join()
        assert noticed.is_set()
    finally:
        signal.signal(signal.SIGWINCH, before)


def test_one_interrupt_is_raised_once(silent: int) -> None:
    with pytest.raises(KeyboardInterrupt), heard():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)  # a reminder that crossed it
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
