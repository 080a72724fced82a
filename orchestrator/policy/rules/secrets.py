"""Rule: secrets. Where one is named it must be bound to; where one is written out it must not be.

A call that names a secret (`{{secret:NAME}}`) is denied where its tool takes none there, or where the secret is
bound to other tools or hosts. A call that holds the value of one is denied: whoever wrote it should not know it.
What looks like a key or a token of somebody else's is asked when it would leave this machine.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Protocol
from urllib.parse import unquote

from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.messages import Json
from orchestrator.kernel.secrets import how_to_set, mentioned
from orchestrator.policy.addresses import split
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.places import is_private
from orchestrator.policy.rules.commands import command_of
from orchestrator.policy.rules.hosts import url_of
from orchestrator.policy.rules.paths import paths_of
from orchestrator.policy.shell.words import brief

_LEAVES = re.compile(
    r"://|\b(?:curl|wget|nc|ncat|netcat|socat|ssh|scp|sftp|rsync|telnet|ftp|http|https|mail|sendmail)\b"
)
_LOOKS: dict[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{50,})"),
    "a token of GitLab": re.compile(r"\bglpat-[A-Za-z0-9_-]{18,}"),
    "a key of a model provider": re.compile(r"\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{24,}"),
    "a key of Amazon": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a key of Google": re.compile(r"\bAIza[A-Za-z0-9_-]{35}"),
    "a token of Hugging Face": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a key of Stripe": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    "a secret of an environment": re.compile(
        r"\b(?:[A-Z][A-Z0-9]*_)*(?:SECRET|TOKEN|PASSWORD|API_KEY|ACCESS_KEY|PRIVATE_KEY)(?:_[A-Z0-9]+)*\s*[=:]\s*[^\s{$]\S{11}"
    ),
    "a token of npm": re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
    "a token of PyPI": re.compile(r"\bpypi-[A-Za-z0-9_-]{50,}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
}


_ISSUED = tuple(kind for kind in _LOOKS if kind not in ("a secret of an environment", "a JSON web token"))
_TRIED = re.compile(r"(^|/)(tests?|specs?|__tests__|fixtures?|testdata|examples?)/|(^|/)test_|\.example\b")
_ELSEWHERE = frozenset({"ai", "web", "github", "huggingface", "vercel"})  # categories of tools that tell others
_DROP = re.compile(  # places that show what is sent there to whoever has the link
    r"(.+\.)?(webhook\.site|requestbin\.\w+|requestcatcher\.com|pipedream\.net|beeceptor\.com|interact\.sh|oast\.\w+|dnslog\.cn|"
    r"burpcollaborator\.net|transfer\.sh|file\.io|0x0\.st|pastebin\.com|paste\.ee|hastebin\.com|termbin\.com|ngrok(-free)?\.(io|app|dev))"
)
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24,}")
_NAMED = re.compile(
    r"(?:secret|token|passw(?:or)?d|api_?key|access_?key|private_?key|credential)\w*[\"']?\s*[=:]\s*\S{6}",
    re.IGNORECASE,
)
_MOST = 20  # words of a text that are decoded


class Bound(Protocol):
    """Where a secret may be used."""

    def admits(self, tool: str, host: str) -> bool: ...
    def where(self) -> str: ...


class Known(Protocol):
    """What the vault tells policy; never a value."""

    def entry(self, name: str) -> Bound | None: ...
    def found(self, text: str) -> list[str]: ...


class Secrets:
    name = "secrets"

    def __init__(self, known: Known) -> None:
        self._known = known

    def judge(self, call: Call) -> Decision | None:
        names = {argument: mentioned(value) for argument, value in call.arguments.items()}
        for argument, found in names.items():
            for name in sorted(found):
                if decision := self._named(call, argument, name):
                    return decision
        texts = [text for value in call.arguments.values() for text in _texts(value)]
        for text in texts:
            if held := self._known.found(text):
                return self._deny(
                    "secret_value",
                    f"The call holds the value of the secret {held[0]}.",
                    {"tool": call.tool, "secret": held[0]},
                    "Name the secret where the tool takes one, instead of writing its value.",
                )
        return self._looks(call, texts) if _leaves(call) else self._written(call, texts)

    def _named(self, call: Call, argument: str, name: str) -> Decision | None:
        details = {"tool": call.tool, "secret": name, "argument": argument}
        if argument not in call.secrets:
            takes = f"It takes them in {' and '.join(call.secrets)}." if call.secrets else ""
            return self._deny("secret_not_taken", f"{call.tool} takes no secret in {argument}.", details, takes)
        entry = self._known.entry(name)
        if entry is None:
            return self._deny("secret_unknown", f"There is no secret {name}.", details, how_to_set(name))
        host = _host(call)
        if not entry.admits(call.tool, host):
            towards = f" towards {host}" if host else ""
            return self._deny(
                "secret_elsewhere",
                f"The secret {name} may not be used by {call.tool}{towards}: it is bound to {entry.where()}.",
                {**details, "host": host, "bound": entry.where()},
                "Whoever administers this server may bind it elsewhere.",
            )
        return None

    def _looks(self, call: Call, texts: list[str]) -> Decision | None:
        hidden = [reading for text in texts for reading in _decoded(text)]
        kind = next((kind for text in [*texts, *hidden] for kind, look in _LOOKS.items() if look.search(text)), None)
        if kind is None and any(map(_NAMED.search, hidden)):
            kind = "a password or a key, encoded"
        if kind is None:
            return None
        if (host := _host(call)) and _DROP.fullmatch(host):
            return self._deny(
                "secret_dropped",
                f"{call.tool} would hand what looks like {kind} to {host}, where anybody reads it.",
                {"tool": call.tool, "kind": kind, "host": host},
                "Send it to whom it belongs.",
            )
        return Decision(
            "ask",
            self.name,
            "secret_looking",
            f"{call.tool} would send what looks like {kind}.",
            {"tool": call.tool, "kind": kind},
            "Keep it in the vault, and name it: orchestrator secrets set NAME --host HOST",
        )

    def _written(self, call: Call, texts: list[str]) -> Decision | None:
        """A key in a file of the project goes where the project goes."""
        paths = paths_of(call) if call.scope == "write" else []
        if not paths or any(is_private(path) or _TRIED.search(path) for path in paths):
            return None
        kind = next((kind for text in texts for kind in _ISSUED if _LOOKS[kind].search(text)), None)
        if kind is None:
            return None
        return Decision(
            "ask",
            self.name,
            "secret_written",
            f"{brief(paths[0])} would hold what looks like {kind}, and goes wherever the project goes.",
            {"tool": call.tool, "kind": kind, "path": brief(paths[0])},
            "Keep it in the vault, and name it: orchestrator secrets set NAME --host HOST",
        )

    def _deny(self, code: str, reason: str, details: dict[str, str], alternative: str) -> Decision:
        return Decision("deny", self.name, code, reason, details, alternative)

    def shape(self, call: Call) -> str | None:
        """Of this very call: what looks like a secret is asked each time."""
        decision = self.judge(call)
        return call_hash(call.tool, call.arguments) if decision and decision.verdict == "ask" else None


def _leaves(call: Call) -> bool:
    """Whether what the call says may come to somebody else."""
    command = command_of(call)
    told = call.category in _ELSEWHERE or "sends" in call.risks or url_of(call) is not None
    return told or bool(command and _LEAVES.search(command))


def _decoded(text: str) -> Iterator[str]:
    """What is written in a text as addresses encode, in base64 or in hexadecimal."""
    if "%" in text:
        yield unquote(text)
    for match in islice(_ENCODED.finditer(text), _MOST):
        word = match[0]
        with suppress(ValueError):
            yield bytes.fromhex(word).decode("ascii")
        with suppress(ValueError):
            yield b64decode(word + "=" * (-len(word) % 4), b"-_" if {"-", "_"} & set(word) else None).decode("ascii")


def _host(call: Call) -> str:
    url = url_of(call)
    parts = split(url) if url is not None else None
    return (parts.hostname or "") if parts else ""


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
