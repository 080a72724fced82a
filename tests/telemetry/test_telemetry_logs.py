"""Logs say what happened and keep secrets to themselves."""

import io
import logging
import subprocess
import sys

import msgspec
import pytest

from orchestrator.kernel.settings import Secret, Telemetry
from orchestrator.telemetry.logs import HIDDEN, attach, logger, redacted


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object() -> None:
    stream = io.StringIO()
    logger(Telemetry(json=True), stream).info("request", route="/health", status=200, note="é\nà")
    (line,) = lines(stream)
    assert line["event"] == "request"
    assert line["level"] == "info"
    assert line["status"] == 200
    assert line["note"] == "é\nà"
    assert str(line["timestamp"]).endswith("Z")


def test_the_level_is_obeyed() -> None:
    stream = io.StringIO()
    log = logger(Telemetry(level="warning", json=True), stream)
    log.debug("no")
    log.info("no")
    log.warning("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_people_read_plain_lines() -> None:
    stream = io.StringIO()
    logger(Telemetry(), stream).info("server started", url="http://127.0.0.1:8000")
    assert "server started" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("password", "hunter22"),
        ("refresh_token", "abc"),
        ("Authorization", "Bearer abcdefgh12345"),
        ("Cookie", "session=abc"),
        ("openai_api_key", "sk-123"),
        ("any", Secret("sk-123")),
    ],
)
def test_secrets_are_hidden_by_name_and_kind(name: str, given: object) -> None:
    assert redacted(given, name) == HIDDEN


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /sign-in?token=abcdef&x=1", f"GET /sign-in?token={HIDDEN}&x=1"),
        ("Authorization: Bearer abcdefghijkl", f"Authorization: Bearer {HIDDEN}"),
        ('{"password": "hunter22", "a": 1}', f'{{"password": "{HIDDEN}", "a": 1}}'),
        ("sent eyJhbGciOi.eyJzdWIi.c2lnbmF0 away", f"sent {HIDDEN} away"),
        ("the token was refused", "the token was refused"),
    ],
)
def test_secrets_are_hidden_inside_text(text: str, shown: str) -> None:
    assert redacted({"deep": [text]}) == {"deep": [shown]}


def test_counts_of_tokens_are_not_secrets() -> None:
    assert redacted({"input_tokens": 12, "tokens": 3}) == {"input_tokens": 12, "tokens": 3}


def test_rooms_and_libraries_are_heard_while_attached() -> None:
    stream = io.StringIO()
    room, library = logging.getLogger("orchestrator.agents"), logging.getLogger("uvicorn.error")
    with attach(Telemetry(json=True), stream):
        room.debug("not this")
        room.info("run %s started", "run_1")
        library.info("nor this")
        try:
            raise ValueError("password=hunter22")
        except ValueError:
            library.exception("it broke with token=%s", "abcdef")
    room.warning("nobody listens any more")
    info, broken = lines(stream)
    assert (info["event"], info["level"], info["logger"]) == ("run run_1 started", "info", "orchestrator.agents")
    assert broken["event"] == f"it broke with token={HIDDEN}"
    assert broken["logger"] == "uvicorn.error"
    assert "ValueError" in str(broken["exception"])
    assert "hunter22" not in str(broken)


def test_attaching_leaves_no_trace() -> None:
    room = logging.getLogger("orchestrator")
    before = (room.level, room.propagate, list(room.handlers))
    with attach(Telemetry(level="error"), io.StringIO()):
        assert not room.isEnabledFor(logging.WARNING)
    assert (room.level, room.propagate, list(room.handlers)) == before


def test_attaching_imports_nothing_until_a_line_is_written() -> None:
    code = (
        "import sys; from orchestrator.telemetry.logs import attach;"
        "from orchestrator.kernel.settings import Telemetry;"
        "attach(Telemetry()).__enter__(); print('structlog' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_the_vault_knows_is_hidden_in_whatever_is_logged() -> None:
    stream = io.StringIO()
    with attach(Telemetry(json=True), stream) as bridge:
        bridge.hide = lambda text: text.replace("correct horse", "[secret lab]")
        try:
            raise ValueError("the server said correct horse")
        except ValueError:
            logging.getLogger("orchestrator.tools").exception("it broke with correct horse")
    (line,) = lines(stream)
    assert line["event"] == "it broke with [secret lab]"
    assert "correct horse" not in stream.getvalue() and "the server said [secret lab]" in str(line["exception"])
