"""The baseline of benchmarks.sockets: the same server library, and nothing but sockets that are sent one text.

    python -m benchmarks.bare_sockets        says its address, then serves

A socket that says anything is answered, and hears what is posted from then on.
"""

import socket
from typing import Any

import uvicorn
import uvloop

hearing: list[Any] = []
FRAME = '{"type":"approval","data":{"state":"answered","answer":"refuse","by":"user_1","seq":5},"run_id":"run_1"}'


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        for tell in list(hearing):
            await tell({"type": "websocket.send", "text": FRAME})
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": FRAME})
        hearing.append(send)


async def main() -> None:
    config = uvicorn.Config(
        application,
        ws="websockets-sansio",
        lifespan="off",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
    )
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    uvloop.run(main())
