"""The write-ahead log folded back into the file beside the writer, not in one of its commits.

A commit that folds four thousand pages back takes as long as twenty others, and all that wait for it wait so long.
SQLite lets another connection do it meanwhile; the writer's own turn comes only when the log grows long nevertheless,
and then finds little left to do.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable

EVERY = 1500  # changes of rows between two times


class Checkpoints:
    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._since = 0
        self._at_work = False
        self._work: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def wrote(self, changes: int) -> None:
        """So many rows were committed."""
        self._since += changes
        if self._since < EVERY or self._at_work:
            return
        self._since, self._at_work = 0, True
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="checkpoints", daemon=True)
            self._thread.start()
        self._work.put(True)

    def _serve(self) -> None:
        connection = self._connect()
        try:
            while self._work.get():
                try:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                except sqlite3.Error:  # a full disk, say: the log keeps what it has, and the writer says so
                    self._since = 0
                self._at_work = False
        finally:
            connection.close()

    def close(self) -> None:
        if self._thread is not None:
            self._work.put(False)
            self._thread.join()
