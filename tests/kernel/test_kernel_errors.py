"""Every error can be said in French by its code: the web app and the terminal read the same file."""

import json
from pathlib import Path

from orchestrator.api.problems import CODES
from orchestrator.cli import connection
from orchestrator.kernel import errors
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.policy import base

FRENCH = Path(errors.__file__).with_name("problems.fr.json")


def codes(of: type[OrchestratorError]) -> set[str]:
    return {of.code}.union(*(codes(below) for below in of.__subclasses__()))


def test_every_code_has_french_words() -> None:
    told = json.loads(FRENCH.read_text("utf-8"))
    known = codes(OrchestratorError) | set(CODES.values()) | {"refused"}
    assert connection.ServerUnreachable.code in known  # the terminal's own are among them
    ours = {code for code in known if not code.startswith("test_")}
    assert ours <= set(told), ours - set(told)
    for code, words in told.items():
        assert words["title"] and words["hint"].endswith("."), code


def test_the_policys_reasons_have_french_words() -> None:
    told = json.loads(Path(base.__file__).with_name("reasons.fr.json").read_text("utf-8"))
    assert all(words["reason"].endswith(".") for words in told.values()) and len(told) > 40
