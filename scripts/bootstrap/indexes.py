"""Give uv the package indexes, folders and certificates that pip is configured with on this machine."""

import ast
from collections.abc import Mapping

# pip's option -> uv's variable. pip looks in all indexes for the best version; uv must be told to.
_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
    "cert": "SSL_CERT_FILE",
}
_SECTIONS = ("global", "install", ":env:")  # the later one wins, as in pip
_LISTS = {"UV_EXTRA_INDEX_URL": " ", "UV_INSECURE_HOST": " ", "UV_FIND_LINKS": ","}


def read_pip(listing: str) -> dict[str, str]:
    """The options in `pip config list`, the environment's over the files'."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in listing.splitlines():
        name, _, quoted = line.partition("=")
        section, _, option = name.rpartition(".")
        if section in found and quoted[:1] in "'\"":
            found[section][option] = str(ast.literal_eval(quoted))
    return {option: value for section in _SECTIONS for option, value in found[section].items()}


def for_uv(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Variables to add for uv. What a person has already set for uv is left alone."""
    chosen = any(name in environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_CONFIG_FILE"))
    added: dict[str, str] = {}
    for option, variable in _VARIABLES.items():
        value = pip.get(option, "").strip()
        if not value or variable in environ or (chosen and "INDEX" in variable):
            continue
        if variable == "UV_NO_INDEX":
            if value.lower() not in ("0", "no", "false", "off"):
                added[variable] = "1"
            continue
        added[variable] = _LISTS.get(variable, " ").join(value.split())
    if "UV_EXTRA_INDEX_URL" in added:
        added["UV_INDEX_STRATEGY"] = environ.get("UV_INDEX_STRATEGY", "unsafe-best-match")
    return added


def for_npm(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Node trusts only its own certificates unless it is told."""
    certificates = environ.get("NODE_EXTRA_CA_CERTS") or environ.get("SSL_CERT_FILE") or pip.get("cert", "")
    return {"NODE_EXTRA_CA_CERTS": certificates} if certificates else {}
