"""Texts of people who do not write UTF-8: Windows-1252, in which Western Europe wrote for thirty years."""

import re

WINDOWS = "cp1252"
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def encoding_of(data: bytes) -> str:
    """`WINDOWS` where nothing beyond ASCII is a letter in UTF-8 and all of it is one there; else utf-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        told = data.decode("utf-8", "ignore")
        return WINDOWS if told.isascii() and not _CONTROLS.search(data) and _is_windows(data) else "utf-8"
    return "utf-8"


def text_of(data: bytes) -> str:
    return data.decode(encoding_of(data), "replace")


def _is_windows(data: bytes) -> bool:
    try:
        data.decode(WINDOWS)
    except UnicodeDecodeError:
        return False
    return True
