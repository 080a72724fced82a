"""One step at a time: a progress line, the output in a log, and advice when it fails."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

TAIL = 15  # lines of output shown after a failure

_ADVICE = (
    (
        r"ensurepip is not available|No module named '?(ensurepip|venv)",
        "This Python has no venv module. On Debian and Ubuntu: apt install python3-venv",
    ),
    (r"No space left|ENOSPC|Disk quota", "The disk is full. Free some space, then start again."),
    (
        r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|self.signed certificate|"
        r"UNABLE_TO_(GET_ISSUER_CERT|VERIFY)",
        "A certificate is not trusted. Behind an inspecting proxy, give its certificates in PIP_CERT or SSL_CERT_FILE, "
        "and in NODE_EXTRA_CA_CERTS for npm.",
    ),
    (
        r"\b407\b|Proxy Authentication|ProxyError|tunnel error",
        "The proxy refuses. Look at HTTPS_PROXY and its user name.",
    ),
    (r"\b(401|403)\b.*(Unauthorized|Forbidden)|E401|E403", "The package index refuses. Look at its address and key."),
    (
        r"name resolution|Name or service not known|getaddrinfo|ENOTFOUND|EAI_AGAIN|ENETUNREACH|ECONNREFUSED|"
        r"ETIMEDOUT|dns error|Network is unreachable|error sending request|tcp connect error|"
        r"Connection (refused|timed out|reset)",
        "The network cannot be reached. Is this machine offline, or behind a proxy (HTTPS_PROXY)? With your own "
        "package index: PIP_INDEX_URL. Without network: docs/install.md, “Offline”.",
    ),
    (
        r"Permission denied|EACCES|Read-only file system|EROFS",
        "A file cannot be written. Who owns this folder? It must be yours: do not mix sudo and plain starts.",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch|EINTEGRITY",
        "A package is not the one that was locked: it was refused. Is the index (or a cache between) trustworthy?",
    ),
    (
        r"No matching distribution|no wheels? (with|are usable)|not compatible with|no solution found",
        "A locked package is not made for this Python or this machine. Try Python 3.11, 3.12 or 3.13 on Linux.",
    ),
)


class SetupFailed(Exception):
    """A step did not succeed; what to do about it has been said in `advice`."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem)
        self.advice = advice


def advice(output: str) -> str:
    return next((text for pattern, text in _ADVICE if re.search(pattern, output, re.IGNORECASE)), "")


class Steps:
    """Runs commands one after the other, telling the person how it goes."""

    def __init__(self, log: Path, environ: Mapping[str, str], out: TextIO | None = None) -> None:
        self.log = log
        self.environ = dict(environ)
        self._out = out or sys.stderr

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def run(
        self,
        title: str,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        limit: float = 900.0,
    ) -> None:
        """Run to success, or raise SetupFailed with the end of the output shown."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            beginning = log.tell()
            code, seconds = self._watch(title, command, log.fileno(), cwd, {**self.environ, **(environ or {})}, limit)
        if code == 0:
            return
        output = self.log.read_bytes()[beginning:].decode("utf-8", "replace")
        for line in output.strip().splitlines()[-TAIL:]:
            self.say(f"      {line}")
        reason = f"took more than {limit:.0f} s and was stopped" if code is None else f"ended with code {code}"
        hint = advice(output) or ("Is the network very slow, or a proxy silent?" if code is None else "")
        raise SetupFailed(f"“{title}” {reason} after {seconds:.1f} s. All of its output: {self.log}", hint)

    def aside(
        self, title: str, command: Sequence[str | Path], *, cwd: Path, environ: Mapping[str, str]
    ) -> tuple[int, str]:
        """Run while something else has the terminal, for as long as it takes: its exit code, and all that it said."""
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=cwd, env={**self.environ, **environ}, text=True, encoding="utf-8", errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            said, _ = process.communicate()
        finally:
            if process.returncode is None:
                process.terminate()
        mark = "✗" if process.returncode else "✓"
        self.say(f"\n  {mark}  {title:<44}{time.monotonic() - started:6.1f} s")
        return process.returncode, said

    def _watch(
        self,
        title: str,
        command: Sequence[str | Path],
        log: int,
        cwd: Path | None,
        environ: Mapping[str, str],
        limit: float,
    ) -> tuple[int | None, float]:
        started = time.monotonic()
        live = self._out.isatty()
        if not live:
            self.say(f"  …  {title}")
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        except OSError as error:
            raise SetupFailed(f"“{title}”: {command[0]} cannot be started: {error}.", advice(str(error))) from error
        code: int | None = None
        try:
            while (seconds := time.monotonic() - started) < limit:
                if live:
                    print(f"\r  …  {title:<44}{seconds:6.1f} s", end="", file=self._out, flush=True)
                try:
                    code = process.wait(min(0.2 if live else 5.0, limit - seconds))
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if code is None:
                _end(process)
        seconds = time.monotonic() - started
        mark = "✓" if code == 0 else "✗"
        self.say(f"{chr(13) if live else ''}  {mark}  {title:<44}{seconds:6.1f} s")
        return code, seconds


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The whole group: npm and its children too."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(3)
            return
        except ProcessLookupError:
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue
