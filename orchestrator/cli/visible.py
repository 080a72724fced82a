"""Text of strangers on a person's terminal: nothing in it commands the terminal, hides, or reorders what is read."""

import re

# Control characters but tab and line feed; what reverses the direction of writing.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# And what shows nothing: two texts that read alike must be alike.
_INVISIBLE = re.compile(
    "[\u00a0\u00ad\u115f\u1160\u180e\u2000-\u200d\u202f\u2060-\u2065\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)


def harmless(text: str) -> str:
    """The text, with what would command the terminal written out (as JSON does, so that JSON stays the same JSON)."""
    return _COMMANDS.sub(_written, text.replace("\r\n", "\n"))


def exact(text: str) -> str:
    """The text, with every character that cannot be seen written out: for what a person decides about."""
    return _INVISIBLE.sub(_written, _COMMANDS.sub(_written, text))


def _written(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
