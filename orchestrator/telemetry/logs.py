"""Logs: one line an event, on standard error, without secrets.

The rooms speak through the standard library's `logging.getLogger("orchestrator.<room>")`, as the
libraries under them do; whoever runs the process hears them with `attach`, which brings their
lines to structlog. Nothing is configured at import, and structlog is imported at the first line.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol, TextIO, TypeAlias

import msgspec

from orchestrator.kernel.settings import Secret, Telemetry

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
HIDDEN = "•••"
Hide: TypeAlias = Callable[[str], str]

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


def _redacting(hide: Hide) -> Callable[..., MutableMapping[str, Any]]:
    def redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        seen = {key: redacted(value, key) for key, value in entry.items()}
        return {key: hide(value) if isinstance(value, str) else value for key, value in seen.items()}

    return redact


def _as_json(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(entry, enc_hook=str).decode()


def logger(settings: Telemetry, stream: TextIO | None = None, hide: Hide = str) -> Log:
    """A logger that writes to `stream` (standard error when None), as the settings say.

    `hide` takes out of a text what nobody may read, beyond what looks like a secret.
    """
    import structlog  # 0.15 s: only a process that logs pays it

    out = stream or sys.stderr
    render: Any = _as_json if settings.json else structlog.dev.ConsoleRenderer(colors=out.isatty())
    made: Log = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacting(hide),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
    )
    return made


class Bridge(logging.Handler):
    """Lines of the standard library's logging, written by a Log."""

    def __init__(self, settings: Telemetry, stream: TextIO | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._stream = stream
        self.hide: Hide = str  # the vault's, from when it is open

    @cached_property
    def _log(self) -> Log:
        return logger(self._settings, self._stream, lambda text: self.hide(text))

    def emit(self, record: logging.LogRecord) -> None:
        say = getattr(self._log, _method(record.levelno))
        say(record.getMessage(), logger=record.name, **({"exc_info": record.exc_info} if record.exc_info else {}))


def _method(level: int) -> str:
    return next((name for name, least in reversed(LEVELS.items()) if level >= least), "debug")


# What speaks through the standard library, and from which level on it is heard.
SPEAKERS = {"orchestrator": logging.DEBUG, "uvicorn.error": logging.WARNING, "asyncio": logging.WARNING}


@contextmanager
def attach(settings: Telemetry, stream: TextIO | None = None) -> Iterator[Bridge]:
    """Hear the product's rooms and the libraries under it, until the end of the context."""
    bridge = Bridge(settings, stream)
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in SPEAKERS}
    for name, level in SPEAKERS.items():
        speaker = logging.getLogger(name)
        speaker.addHandler(bridge)
        speaker.setLevel(max(level, LEVELS[settings.level]))
        speaker.propagate = False
    try:
        yield bridge
    finally:
        for name, (level, propagate) in before.items():
            speaker = logging.getLogger(name)
            speaker.removeHandler(bridge)
            speaker.setLevel(level)
            speaker.propagate = propagate
