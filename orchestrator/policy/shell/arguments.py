"""The words behind a program's name: options, their values, and what may be paths."""

from collections.abc import Collection
from itertools import pairwise

from orchestrator.policy.shell.programs import VALUED
from orchestrator.policy.shell.words import TILDE, marked, uncertain

# Long options whose next word is an expression or a text, and no path.
_SPOKEN = {
    "tshark": ("-z", "-Y", "-T", "-e", "-E", "-R", "-d", "-c", "-t", "-u", "-N", "-a"),
    "xmllint": ("--xpath", "--pattern"), "jq": ("--indent",),
    "pandoc": ("-V", "-M", "--metadata", "--variable", "-t", "-f"),
    "rg": ("--glob", "--replace"), "fold": ("--width",), "sort": ("--key",), "gh": ("--jq",),
}  # fmt: skip


def paths(program: str, arguments: tuple[str, ...], patterns: int = 0) -> list[str]:
    """The words that may name files: no options, no values of options, `patterns` first words left out."""
    valued = VALUED.get(program, "")
    found: list[str] = []
    skip = literal = False
    for word in arguments:
        if skip:
            skip = False
        elif word == "--" and not literal:
            literal = True
        elif word.startswith("-") and len(word) > 1 and not literal:
            if word in _SPOKEN.get(program, ()):
                skip = True
            elif word.startswith("--"):
                name, _, value = word.partition("=")
                if (
                    value
                    and ("/" in value or marked(value))
                    and name not in ("--include", "--exclude", "--glob", "--exclude-dir", "--format", "--pretty")
                ):
                    found.append(value)
            elif word[1] in valued:
                skip = len(word) == 2
            elif word[-1] in valued and word[1:].isalpha():
                skip = True
            elif "/" in word or TILDE in word:
                found.append(word[min(index for index in (word.find("/"), word.find(TILDE)) if index >= 0) :])
        elif patterns:
            patterns -= 1
        else:
            found.append(word)
    return found


def options(arguments: tuple[str, ...], names: Collection[str]) -> list[str]:
    """The words that give one of these options, alone, with =value, or with the value attached."""
    return [word for word in arguments if any(_gives(word, name) for name in names)]


_WHOLE = frozenset(
    {"--text", "--checkpoint", "--file", "--files", "--exec", "--output", "--pdf-engine"}
)  # others only begin like these


def _gives(word: str, name: str) -> bool:
    """Whether a word gives an option, which may be cut short where it is a long one."""
    if not name.startswith("--"):
        return word == name or word.startswith(name)
    given = word.partition("=")[0]
    return given == name or (len(given) > 5 and given not in _WHOLE and name.startswith(given))


def letters(arguments: tuple[str, ...]) -> str:
    """The one-letter options, run together."""
    return "".join(word[1:] for word in arguments if word.startswith("-") and not word.startswith("--"))


def like_a_path(word: str) -> bool:
    """Whether it could name a file that is not beneath the folder it is used in."""
    return not uncertain(word) and (word.startswith(("/", TILDE)) or ".." in word or (marked(word) and "/" in word))


def values_of(words: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    """The values of options, given apart, attached, or behind =."""
    found = [after for option, after in pairwise(words) if option in names]
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            found += [value] if equals and name in names else []
        elif word[:2] in names and len(word) > 2:
            found.append(word[2:])
    return found
