"""What a tool could not do is said in French by its code: each has words, and their gaps are what the tool names."""

import ast
import json
import re
from pathlib import Path

from orchestrator.kernel import failures
from orchestrator.kernel.answers import fields
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.failures import explained

FRENCH: dict[str, str] = json.loads(Path(failures.__file__).with_name("failures.fr.json").read_text("utf-8"))
PRODUCT = Path(failures.__file__).parents[1]


def test_a_failure_is_said_in_french_and_left_alone_in_english() -> None:
    error = ToolRetry("There is no x.", why="no_such_log", log="x", there="syslog")
    assert explained(error.told, "fr") == "Il n’y a pas de journal « x ». Il y a : syslog."
    assert explained({"why": "no_such_log", "log": "x"}, "fr") == "Il n’y a pas de journal « x »."
    assert explained(error.told, "en") == explained({"why": "of another version"}, "fr") == ""
    assert explained(ToolFailed("Something else.").told, "fr") == explained(["no", "code"], "fr") == ""


def test_every_code_has_words_and_every_gap_is_named_where_it_is_raised() -> None:
    said: set[str] = set()
    for path in PRODUCT.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        said |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in FRENCH}
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            given = {word.arg: word.value for word in call.keywords}
            why = given.get("why")
            if getattr(call.func, "id", "") in ("ToolRetry", "ToolFailed", "Refused") and isinstance(why, ast.Constant):
                assert why.value in FRENCH, f"{path.name}:{call.lineno}"
                assert None in given or set(fields(FRENCH[str(why.value)])) <= set(given), f"{path.name}:{call.lineno}"
    assert said == set(FRENCH)
    assert not [words for words in FRENCH.values() if re.search(r"\[[^{}]*\]", words)], (
        "a part that no field leaves out"
    )
