"""The server answers while hostile commands run in the sandbox. How fast: `python -m benchmarks.sandbox`."""

import asyncio
from pathlib import Path

import pytest
from servers.site import Opening

from orchestrator.tools.sandbox.base import Limits

HOSTILE = {
    "fork": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    "memory": "kept = []\nwhile True:\n    kept.append(bytearray(8 * 2**20))\n",
    "spin": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n",
    "disk": "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))\n",
    "flood": "while True:\n    print('x' * 10000)\n",
}
SMALL = Limits(seconds=1.0, memory=64 * 2**20, processes=32, file=8 * 2**20, output=8 * 2**20)


async def test_health_is_answered_while_commands_fork_fill_spin_and_flood(opening: Opening, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name, code in HOSTILE.items():
        (folder / f"{name}.py").write_text(code)
    async with opening() as site:
        sandbox = site.app.sandbox
        if sandbox.level == "refused":
            pytest.skip("no sandbox works here")
        commands = [sandbox.run(f"python3 {name}.py", folder, SMALL) for name in HOSTILE]
        work = asyncio.gather(*commands)
        answered = 0
        while not work.done():
            async with site.http.get(f"{site.url}/health") as response:
                assert response.status == 200, await response.text()
            answered += 1
        outcomes = await work
    assert answered > len(HOSTILE)
    assert any(outcome.ended == "time" for outcome in outcomes)
    assert all(outcome.exit_code != 0 for outcome in outcomes)
