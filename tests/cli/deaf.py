"""`orchestrator` with two tools more: `deaf` hears nothing, neither that it is cancelled, nor that the process ends;
`careless` returns, and leaves a thread at work for ever.

The deaf one says "begun" on standard output when it is at work. Run as `python deaf.py serve …`.
"""

import asyncio
import contextlib
import functools
import sys
import threading

from orchestrator import app
from orchestrator.agents import desk
from orchestrator.cli import ending, main
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.base import Context, Result


class Deaf:
    spec = ToolSpec("deaf", "Hears nothing.", {"type": "object"}, "read", "once")

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, context: Context) -> Result:
        thread = asyncio.ensure_future(asyncio.to_thread(threading.Event().wait))
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(thread)


class Careless(Deaf):
    spec = ToolSpec("careless", "Leaves a thread behind.", {"type": "object"}, "read", "once")

    async def call(self, arguments: Arguments, context: Context) -> Result:
        asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
        return Result("done")


if __name__ == "__main__":
    desk.LEAVING = ending.GRACE = 0.1  # a test waits for that, too
    app.open_app = functools.partial(app.open_app, tools=[Deaf(), Careless()])
    main()
