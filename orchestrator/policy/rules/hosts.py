"""Rule: addresses on the network. Loopback, private and metadata addresses are denied however they are written.

Judges the address as written; a name that resolves to a private address is refused by the tool,
which resolves once and connects to what it resolved.
"""

import re
from typing import ClassVar
from urllib.parse import unquote

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.addresses import address_of, is_local_name, is_loopback, is_metadata, listed, split
from orchestrator.policy.base import Call, Decision

_ADDRESSES = ("url", "uri", "endpoint", "host")
# A part of a name that is nothing but hexadecimal or base32: what is looked up is told to who answers for the rest.
_CARRIES = re.compile(r"[0-9a-f]{32,}|(?=[a-z]*[2-7])[a-z2-7]{40,}|[a-z0-9_-]{60,}")
# Tools whose results are what anybody may read, and what tells nothing of the person.
_PUBLIC = frozenset({"read_page", "web_search", "find_tools", "describe_tool", "get_datetime", "calculate"})
# A tool that keeps here what an address shows, and those of its arguments that nobody there is told.
DOWNLOAD = "download_file"
_KEPT_HERE = {DOWNLOAD: frozenset({"path", "overwrite"})}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Hosts:
    name: ClassVar[str] = "hosts"

    def __init__(self, settings: Policy) -> None:
        self._hosts = tuple(host.lower().rstrip(".") for host in settings.hosts)
        self._allow_loopback = settings.allow_loopback

    def judge(self, call: Call) -> Decision | None:
        url = url_of(call)
        if url is None:
            return None
        parts = split(url)
        if parts is None or not parts.hostname:
            return self._deny(
                "invalid_address",
                f"{url[:200]!r} is not an address that can be read for certain.",
                url,
                "",
                "Write a plain https address.",
            )
        if parts.scheme not in ("http", "https"):
            return self._deny(
                "scheme",
                f"{parts.scheme} is not a way to reach a web server.",
                url,
                parts.hostname,
                "Use an http or https address.",
            )
        if parts.username is not None or parts.password is not None:
            return self._deny(
                "userinfo",
                "The address hides a name or a password before the host.",
                url,
                parts.hostname,
                "Write the address without it.",
            )
        return self._judge_host(call, url, parts.hostname)

    def _judge_host(self, call: Call, url: str, host: str) -> Decision:
        name = unquote(host).lower().rstrip(".")
        address = address_of(name)
        known = listed(name, self._hosts)
        if is_metadata(name):
            return self._deny("metadata", f"{host} gives away the credentials of this machine.", url, host)
        if is_loopback(name):
            if not self._allow_loopback:
                return self._deny(
                    "loopback", f"{host} is this machine itself.", url, host, "The owner may set policy.allow_loopback."
                )
        elif not known:
            if address and (not address.is_global or address.is_multicast):
                return self._deny(
                    "private_address",
                    f"{host} is on a private network.",
                    url,
                    host,
                    "The owner may name it in policy.hosts.",
                )
            if not address and is_local_name(name):
                return self._deny(
                    "private_address",
                    f"{host} is a name of a private network.",
                    url,
                    host,
                    "The owner may name it in policy.hosts.",
                )
        details = {"host": host, "url": url, "method": method_of(call)}
        if known:
            return Decision(
                "allow", self.name, "known_host", f"{host} is among the hosts that may be reached unasked.", details
            )
        if not host.isascii() or "xn--" in host:
            return Decision(
                "ask",
                self.name,
                "lookalike_host",
                f"{host} is written with letters that may look like others.",
                details,
                "Check it letter by letter.",
            )
        if carries := self._carries(name, host, details):
            return carries
        if self._named_by_user(call, details["method"]):
            return Decision(
                "allow", self.name, "users_address", f"The user wrote this address: {host} is only read.", details
            )
        if self._public(call, details["method"]):
            reason = f"A public page names this address, and nothing but public pages was read: {host} is only read."
            return Decision("allow", self.name, "named_in_public", reason, details)
        return Decision(
            "ask",
            self.name,
            "new_host",
            f"{call.tool} would send a {details['method']} request to {host}.",
            details,
            "The owner may name it in policy.hosts.",
        )

    def _carries(self, name: str, host: str, details: dict[str, str]) -> Decision | None:
        label = next((part for part in name.split(".") if _CARRIES.fullmatch(part)), None)
        if label is None:
            return None
        reason = f"A part of {host} is as long as what is smuggled out in a name: {label}."
        return Decision("ask", self.name, "carries_data", reason, details, "Check what it says.")

    def _named_by_user(self, call: Call, method: str) -> bool:
        """Whether it only reads what the user's own words name, and sends nothing along."""
        if method not in _READING or call.sources is None:
            return False
        address, untold = url_argument(call), _KEPT_HERE.get(call.tool, frozenset())
        return address is not None and all(
            sources <= {"user"} if name != address else sources == {"user"}
            for name, sources in call.sources.items()
            if name not in untold
        )

    def _public(self, call: Call, method: str) -> bool:
        """Whether it only follows a link, which a page shows, where nothing was read that such a page may not know."""
        address = url_argument(call)
        if method not in _READING or call.scope != "read" or address is None or call.sources is None:
            return False
        if call.read is None or not call.read <= _PUBLIC or "file" in call.origins or "memory" in call.origins:
            return False
        return call.sources[address] == {"web"}

    def _deny(
        self, code: str, reason: str, url: str, host: str, alternative: str = "Use a public address."
    ) -> Decision:
        return Decision("deny", self.name, code, reason, {"url": url[:500], "host": host}, alternative)

    def shape(self, call: Call) -> str | None:
        url = url_of(call)
        if url is None:
            return None
        parts = split(url)
        if parts is None or not parts.hostname or not parts.hostname.isascii():
            return call_hash(call.tool, call.arguments)
        port = f":{parts.port}" if parts.port else ""
        kind = "read" if method_of(call) in _READING else "change"
        return f"{kind} {parts.scheme}://{parts.hostname.lower()}{port}"


def url_of(call: Call) -> str | None:
    name = url_argument(call)
    if name is None:
        return None
    value: str = call.arguments[name]
    if name == "host":  # without a scheme: judged as if it were a web server
        return f"https://[{value}]" if ":" in value and not value.startswith("[") else f"https://{value}"
    return written_out(value)


def url_argument(call: Call) -> str | None:
    """The argument that is an address."""
    for name in _ADDRESSES:
        if isinstance(call.arguments.get(name), str):
            return name
    return None


def method_of(call: Call) -> str:
    method = call.arguments.get("method", "GET")
    return method.upper() if isinstance(method, str) else "GET"
