"""The table of commands and what must be said of them."""

from collections import Counter
from pathlib import Path

import pytest

from orchestrator.kernel import settings
from orchestrator.policy.base import Call
from orchestrator.policy.decide import Policy

TABLE = Path(__file__).with_name("commands.txt")


def rows() -> list[tuple[str, str]]:
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        verdict, _, command = line.partition(" ")
        if verdict in ("allow", "ask", "deny"):
            found.append(
                (
                    verdict,
                    command.replace("⏎", "\n").replace("\\r", "\r")
                    if command.endswith("\\r")
                    else command.replace("⏎", "\n"),
                )
            )
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    for name in ("src/app.py", "notes.txt", "data.csv", ".env", "certs/server.pem", ".git/config", "list.txt"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x\n")
    (folder / "link").symlink_to("/")
    return folder


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy(settings.Policy())


def call(workspace: Path, command: str) -> Call:
    return Call("default", "owner", "execute_command", {"command": command}, "execute", "once", workspace)


@pytest.mark.parametrize(("verdict", "command"), rows())
def test_every_command_of_the_table_has_its_verdict(
    policy: Policy, workspace: Path, verdict: str, command: str
) -> None:
    decision = policy.decide(call(workspace, command))
    assert decision.verdict == verdict, decision


def test_the_table_is_large_and_balanced() -> None:
    counts = Counter(verdict for verdict, _ in rows())
    assert counts.total() >= 120
    assert min(counts.values()) >= 30
    assert len({command for _, command in rows()}) == counts.total()


@pytest.mark.parametrize(("verdict", "command"), [row for row in rows() if row[0] != "allow"])
def test_whoever_is_asked_or_denied_is_told_why(policy: Policy, workspace: Path, verdict: str, command: str) -> None:
    decision = policy.decide(call(workspace, command))
    assert decision.reason[0].isupper() or decision.reason[0] in "./:~[" or decision.reason.split()[0].islower()
    assert decision.reason.endswith((".", ")."))
    assert decision.alternative.endswith(".")
    assert decision.details["segment"]
    assert decision.code.replace("_", "").isalpha()
