"""What a terminal or a mail program would not show: control sequences, overwritten lines, encoded bytes.

Not lossless: part of `balanced` and `aggressive`. Of bytes in base64 or hexadecimal stays how many there were.
"""

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|[@-Z\\-_])")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{200,}={0,2}")
_ENCODED_LINE = re.compile(r"\s*[A-Za-z0-9+/]{56,}={0,2}\s*$")
_BYTES_LEAST = 3  # lines of base64 in a row


def shown(line: str) -> str:
    """The line as a terminal leaves it."""
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if "\r" in line:
        line = line.rstrip("\r")
        line = line[line.rfind("\r") + 1 :]
    return line.rstrip(" ")


def left_out(line: str) -> str:
    """The line, long runs of encoded bytes said by their length."""
    return _ENCODED.sub(_said, line) if len(line) >= 200 else line


def _said(found: re.Match[str]) -> str:
    run = found[0]
    return f"[{len(run)} characters of encoded bytes left out]" if _mixed(run) else run


def _mixed(run: str) -> bool:
    """Capitals, small letters and digits all through it, or hexadecimal: no words, no path, no rule of dashes."""
    piece = run[:200]
    digits = sum(c.isdigit() for c in piece)
    if not piece.strip("0123456789abcdef") or not piece.strip("0123456789ABCDEF"):
        return digits * 4 > len(piece) > digits
    capitals, small = sum(c.isupper() for c in piece), sum(c.islower() for c in piece)
    return digits * 20 > len(piece) and min(capitals, small) * 5 > len(piece)


def clean(lines: list[str]) -> list[str]:
    """The lines of one text, shown as they would be."""
    out: list[str] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and _ENCODED_LINE.match(lines[end]):
            end += 1
        if end - at >= _BYTES_LEAST and _mixed("".join(lines[at:end])):
            if end < len(lines) and re.fullmatch(r"\s*[A-Za-z0-9+/]{4,}={0,2}\s*", lines[end]) and "=" in lines[end]:
                end += 1  # the short last line
            size = sum(len(line.strip()) for line in lines[at:end])
            out.append(f"[{size} characters of encoded bytes left out]")
            at = end
            continue
        line = left_out(shown(lines[at]))
        if line or not (out and not out[-1]):  # of several empty lines, one
            out.append(line)
        at += 1
    return out
