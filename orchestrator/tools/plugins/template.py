"""What `tools new` writes: a tool that works, and the test that holds it to the contract."""

import keyword
import re
from pathlib import Path

from orchestrator.kernel.errors import Conflict, InvalidInput

_TOOL = '''"""The {name} tool: say here what it is for."""

from typing import Annotated

from orchestrator.tools import examples, tool


@tool(
    scope="read",  # read, write, execute or admin: what a person must be allowed to do
    effects="none",  # none: it only looks; idempotent: twice is once; once: never repeated after a crash
    category="custom",
    examples=examples(
        en={{
            "greet Ada": {{"who": "Ada"}},
            "say hello to Bob": {{"who": "Bob"}},
            "welcome Carol": {{"who": "Carol"}},
            "a greeting for Dave": {{"who": "Dave"}},
        }},
        fr={{
            "salue Ada": {{"who": "Ada"}},
            "dis bonjour à Bob": {{"who": "Bob"}},
            "accueille Carol": {{"who": "Carol"}},
            "un salut pour Dave": {{"who": "Dave"}},
        }},
    ),
    answers={{"en": "{{value}}", "fr": "{{value}}"}},
)
def {name}(who: Annotated[str, "whom to greet"]) -> str:
    """Greet somebody by name."""  # a language model reads this line
    return f"Hello, {{who}}."
'''

_TEST = '''"""Run it with: ./run test {test}"""

from pathlib import Path

import pytest
from contracts.tool import ToolContract

from orchestrator.tools.plugins.child import tools_of


class Test{title}(ToolContract):
    arguments = {{"who": "Ada"}}

    @pytest.fixture
    def tool(self):
        (found,) = tools_of(str(Path(__file__).with_name("{name}.py")))
        return found

    async def test_it_greets(self, tool, context):
        assert (await tool.call({{"who": "Ada"}}, context)).content == "Hello, Ada."
'''


def write(folder: Path, name: str) -> tuple[Path, Path]:
    """The tool's file and its test's. Raises InvalidInput or Conflict; nothing is overwritten."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", name) or keyword.iskeyword(name) or name.startswith("test_"):
        raise InvalidInput(f"{name!r} cannot be the name of a tool.", hint="Small letters, digits and _: roll_die.")
    file, test = folder / f"{name}.py", folder / f"test_{name}.py"
    for path in (file, test):
        if path.exists():
            raise Conflict(f"{path} is there already.", hint="Choose another name.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    title = name.title().replace("_", "")
    test.write_text(_TEST.format(name=name, title=title, test=test), "utf-8")
    file.write_text(_TOOL.format(name=name), "utf-8")  # last: it is loaded as it appears
    return file, test


def drafted(name: str, description: str) -> tuple[str, str]:
    """The code and the test of a tool that is still to be written: it greets, and says what it is for."""
    says = _TOOL.format(name=name).replace('"""Greet somebody by name."""', repr(description))
    code = says.replace("say here what it is for.", "a draft. Write here what it does, and its examples.")
    test = f"test_{name}.py"
    return code, _TEST.format(name=name, title=name.title().replace("_", ""), test=test)
