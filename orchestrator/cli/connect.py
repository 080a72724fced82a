"""Which way to the product: the address that was given, the server that is running, or this process."""

from collections.abc import Callable
from functools import partial

from orchestrator.cli import presence
from orchestrator.cli.command import Options
from orchestrator.cli.connection import Connection, ServerUnreachable
from orchestrator.kernel.settings import Settings


async def connect(options: Options, settings: Callable[[], Settings]) -> Connection:
    from orchestrator.cli.remote import Remote

    if options.url:
        remote = Remote(options.url, options.token or "")
        if not await remote.alive():
            await remote.close()
            raise ServerUnreachable(
                f"No server answers at {options.url}.", hint="Look at the address, and whether it is running."
            )
        return remote
    found = presence.find(settings().data)
    if found is not None:
        remote = Remote(found.url, found.token, partial(presence.find, settings().data))
        if await remote.alive():
            return remote
        await remote.close()
    from orchestrator.cli.local import Local

    return await Local.open(settings(), verbose=options.verbose)
