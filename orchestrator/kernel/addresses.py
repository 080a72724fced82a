"""How people write web addresses, read in one way by whoever judges one and whoever goes there."""

import re

_BARE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}(?::\d{1,5})?(?:[/?#].*)?", re.IGNORECASE)


def written_out(url: str) -> str:
    """`www.example.com/a` is `https://www.example.com/a`; anything else is left as it is."""
    return f"https://{url}" if _BARE.fullmatch(url) else url
