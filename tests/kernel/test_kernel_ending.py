"""Work that goes on for ever comes to its end, also where a cancellation is swallowed."""

import asyncio

from orchestrator.kernel.ending import ended


async def test_who_swallows_a_cancellation_is_told_again() -> None:
    swallowed: list[int] = []

    async def deaf_once() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append(1)

    async def done() -> None: ...

    tasks = [asyncio.create_task(deaf_once()), asyncio.create_task(done())]
    await asyncio.sleep(0)
    await ended(tasks)
    assert swallowed and tasks[0].cancelled() and not tasks[1].cancelled()


async def test_a_task_that_fails_at_its_end_has_ended() -> None:
    async def failing() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("at the end")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await ended([task])
    assert isinstance(task.exception(), ValueError)
