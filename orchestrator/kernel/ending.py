"""The end of work that goes on for ever."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 0.5  # seconds until it is said once more


async def ended(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel, and return once all have ended.

    A library that was about to end a wait of its own may take a cancellation for that and swallow it; whoever then
    waits for the task waits for ever. So it is said again until it is heard.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN)
