"""How people write web addresses, read in one way by whoever judges one and whoever goes there."""

import ipaddress
import re
from urllib.parse import unquote, urlsplit

_BARE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}(?::\d{1,5})?(?:[/?#].*)?", re.IGNORECASE)

_UNFIT = re.compile(r"[/\\\x00-\x1f\x7f]")
_LONGEST = 100  # characters of a name


def written_out(url: str) -> str:
    """`www.example.com/a` is `https://www.example.com/a`; anything else is left as it is."""
    return f"https://{url}" if _BARE.fullmatch(url) else url


def file_name(url: str) -> str:
    """The name under which what an address shows is kept: its last part, else its host's."""
    try:
        parts = urlsplit(written_out(url))
    except ValueError:
        return "download"
    name = _UNFIT.sub("_", unquote(parts.path.rstrip("/").rpartition("/")[2])).strip()
    return name[-_LONGEST:] if name.strip(".") else f"{parts.hostname or 'page'}.html"


def is_here(host: str) -> bool:
    """Whether a host is plainly this machine, so that nobody listens on the way to it: unlike what policy denies as
    loopback, no name that somebody may answer otherwise, and no number in disguise."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
