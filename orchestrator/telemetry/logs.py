"""Logs: one line an event, on standard error, without secrets.

`logger` returns an object; nothing global is configured. `Bridge` brings the lines of libraries
that speak through the standard library (the web server, asyncio) to the same place.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Protocol, TextIO

import msgspec

from orchestrator.kernel.errors import InvalidSettings
from orchestrator.kernel.settings import Secret, Telemetry

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
HIDDEN = "•••"

_SECRET_NAME = re.compile(r"pass(word|phrase)|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
_COUNT_NAME = re.compile(r"_tokens$|^tokens$")  # of a language model
_SECRET_TEXT = re.compile(
    r"(?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}"
    r"|(?P<field>\b(?:token|password|secret|api_?key|access_token|refresh_token)\b[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;]+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*",  # a JSON web token
    re.IGNORECASE,
)


class Log(Protocol):
    def debug(self, event: str, **fields: Any) -> Any: ...

    def info(self, event: str, **fields: Any) -> Any: ...

    def warning(self, event: str, **fields: Any) -> Any: ...

    def error(self, event: str, **fields: Any) -> Any: ...


def redacted(value: Any, name: str = "") -> Any:
    """The value as a log may hold it: secrets are replaced by their name or by their look."""
    if isinstance(value, Secret) or (_SECRET_NAME.search(name) and not _COUNT_NAME.search(name)):
        return HIDDEN if value else value
    if isinstance(value, dict):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    if isinstance(value, str):
        return _SECRET_TEXT.sub(lambda found: f"{found['scheme'] or found['field'] or ''}{HIDDEN}", value)
    return value


def _redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redacted(value, key) for key, value in entry.items()}


def _as_json(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(entry, enc_hook=str).decode()


def logger(settings: Telemetry, stream: TextIO | None = None) -> Log:
    """A logger that writes to `stream` (standard error when None), as the settings say."""
    import structlog  # 0.15 s: only a process that logs pays it

    if settings.level not in LEVELS:
        raise InvalidSettings(f"telemetry.level is {settings.level!r}.", hint=f"One of {', '.join(LEVELS)}.")
    out = stream or sys.stderr
    render: Any = _as_json if settings.json else structlog.dev.ConsoleRenderer(colors=out.isatty())
    made: Log = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
    )
    return made


class Bridge(logging.Handler):
    """Lines of the standard library's logging, given to a Log."""

    def __init__(self, log: Log, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        say = self._log.warning if record.levelno < logging.ERROR else self._log.error
        say(record.getMessage(), logger=record.name, **({"exc_info": record.exc_info} if record.exc_info else {}))
