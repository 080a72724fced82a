"""The code kit, really run in the sandbox of this machine."""

import shutil
from pathlib import Path
from typing import ClassVar

import pytest
from contracts.tool import ToolContract

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Policy as PolicySettings
from orchestrator.kernel.settings import Tools
from orchestrator.policy.base import Call
from orchestrator.policy.decide import Policy
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.code import kit
from orchestrator.tools.sandbox.base import Isolation, Level, Limits, Opening, Outcome, Session
from orchestrator.tools.sandbox.probe import choose

needs_node = pytest.mark.skipif(
    shutil.which("node", path="/usr/bin:/bin:/usr/local/bin") is None, reason="no node here"
)


@pytest.fixture
async def tools() -> dict[str, Tool]:
    return {tool.spec.name: tool for tool in kit(Equipment(Tools(), await choose(Tools())))}


class TestRunPython(ToolContract):
    arguments: ClassVar[Arguments] = {"code": "print('x')"}

    @pytest.fixture
    def tool(self, tools: dict[str, Tool]) -> Tool:
        return tools["run_python"]


@needs_node
class TestRunJavaScript(ToolContract):
    arguments: ClassVar[Arguments] = {"code": "console.log('x')"}

    @pytest.fixture
    def tool(self, tools: dict[str, Tool]) -> Tool:
        return tools["run_javascript"]


async def test_files_are_told_and_a_picture_is_kept(tools: dict[str, Tool], context: Context, workspace: Path) -> None:
    (workspace / "old.txt").write_text("old")
    (workspace / "mine.py").write_text("NAME = 'Ada'")
    code = "import mine\nopen('a.png', 'wb').write(b'png')\nopen('b.txt', 'w').write(mine.NAME)\nprint(mine.NAME)"
    ran = await tools["run_python"].call({"code": code}, context)
    assert ran.data["stdout"] == "Ada\n" and ran.data["exit_code"] == 0
    assert [file["path"] for file in ran.data["files"]] == ["a.png", "b.txt"]
    assert (ran.overflow, ran.overflow_name, ran.data["picture"]) == (b"png", "a.png", "a.png")


async def test_a_machine_without_node_says_so(context: Context) -> None:
    class Nodeless:
        """SIMULATED: what the sandbox says on a machine without Node.js."""

        level: Level = "none"
        isolation = Isolation("no", "no", "no", "no", "no")
        detail = ""

        async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome:
            return Outcome(127, b"", b"/bin/sh: line 4: exec: node: not found\n", 0.01)

        async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Session:
            raise NotImplementedError

    tools = {tool.spec.name: tool for tool in kit(Equipment(Tools(), Nodeless()))}
    with pytest.raises(ToolFailed, match=r"has no Node\.js to run the program\. Install Node\.js"):
        await tools["run_javascript"].call({"code": "1"}, context)


async def test_open_figures_are_saved(tools: dict[str, Tool], context: Context, workspace: Path) -> None:
    stand_in = workspace / "matplotlib"
    stand_in.mkdir()
    (stand_in / "__init__.py").write_text("")
    (stand_in / "pyplot.py").write_text(
        "def get_fignums(): return [1]\n"
        "class figure:\n"
        "    def __init__(self, number): pass\n"
        "    def savefig(self, name, **_): open(name, 'w').write('drawn')\n"
    )
    ran = await tools["run_python"].call({"code": "import matplotlib.pyplot"}, context)
    assert (ran.overflow, ran.overflow_name) == (b"drawn", "plot-1.png")


async def test_a_picture_that_leads_elsewhere_is_not_kept(
    tools: dict[str, Tool], context: Context, tmp_path: Path
) -> None:
    (tmp_path / "secret.png").write_text("hush")
    code = f"import os\nos.symlink({str(tmp_path / 'secret.png')!r}, 'a.png')"
    ran = await tools["run_python"].call({"code": code}, context)
    assert ran.overflow is None and ran.data["picture"] == ""


async def test_whatever_the_code_holds_is_run_as_it_is(tools: dict[str, Tool], context: Context) -> None:
    odd = "print('''$HOME `id` \\\\ EOF\nEOF\n' \" é''')"
    ran = await tools["run_python"].call({"code": odd}, context)
    assert ran.data["stdout"] == "$HOME `id` \\ EOF\nEOF\n' \" é\n"


async def test_what_fails_says_where(tools: dict[str, Tool], context: Context) -> None:
    ran = await tools["run_python"].call({"code": "def f():\n    return 1 / 0\nf()"}, context)
    assert ran.data["exit_code"] == 1
    assert "return 1 / 0" in ran.data["stderr"] and "ZeroDivisionError" in ran.content
    endless = await tools["run_python"].call({"code": "while True: pass", "timeout": 1}, context)
    assert endless.data["timed_out"]
    with pytest.raises(ToolRetry, match="longer"):
        await tools["run_python"].call({"code": "#" * 100_000}, context)


@pytest.mark.parametrize(
    ("name", "code", "verdict"),
    [
        ("run_python", "import math\nprint(math.pi)", "allow"),
        ("run_python", "import ctypes\nctypes.CDLL(None)", "ask"),
        ("run_python", "import shutil\nshutil.rmtree('/')", "deny"),
        ("run_javascript", "console.log(1 + 1)", "allow"),
        ("run_javascript", "require('child_process').execSync(process.argv[1])", "ask"),
    ],
)
def test_policy_reads_the_code(tools: dict[str, Tool], tmp_path: Path, name: str, code: str, verdict: str) -> None:
    spec = tools[name].spec
    call = Call("t", "u", name, {"code": code}, spec.scope, spec.effects, tmp_path, category=spec.category)
    assert Policy(PolicySettings()).decide(call).verdict == verdict
