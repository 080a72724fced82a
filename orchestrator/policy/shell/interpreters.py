"""The options of interpreters: which of their words are code, libraries, folders of these, and a script."""

import re

from msgspec import Struct, field

from orchestrator.policy.shell.words import each, shown, uncertain

_CODE_LETTERS = {"perl": "eE", "node": "ep", "nodejs": "ep", "php": "rBRE", "julia": "eE", "python": "c", "pypy": "c"}
_CODE_WORDS = each("--eval --print --execute --command")
_VALUED = {  # letters behind which the rest of the word is a value, and those that take the next word for one
    "perl": ("iFIMmCDx", "I"), "ruby": ("iFIExCWKTr", "IECr"), "python": ("WXm", "WX"), "pypy": ("WXm", "WX"),
    "php": ("dczfFSt", "dczfFSt"), "node": ("rC", "rC"), "nodejs": ("rC", "rC"), "lua": ("l", "l"), "R": ("f", "f"),
    "julia": ("LJCtpHOgW", "LJCtpHOgW"),
}  # fmt: skip
_FLAGS = re.compile(  # that take no word behind them
    r"--(?:vanilla|no-\w[\w-]*|quiet|slave|silent|verbose|save|restore|enable-[\w-]+|trace-[\w-]+|test|watch|"
    r"experimental-(?!loader)[\w-]+|check|syntax|version|help|\w[\w-]*=.*)"
)
_PRELOADS = ("--require", "--import", "--loader", "--experimental-loader", "--init-file", "--rcfile")
_WORDY = each("Rscript groovy elixir scala octave tclsh osascript")  # their options are words, not letters
_GOES_ON = each("perl ruby lua Rscript R node nodejs php")  # options behind the code are options still
_STAYS_OPEN = each("python pypy lua node nodejs julia")
_LIBRARIES = re.compile(  # of perl
    r"(?:List::Util|Scalar::Util|POSIX|Data::Dumper|Time::(?:Local|Piece|Seconds|HiRes)|JSON::PP|Encode|utf8|strict|"
    r"warnings|feature|bigint|bignum|integer|Text::(?:Wrap|Abbrev|ParseWords|Tabs)|Math::(?:Trig|BigInt|BigFloat)|"
    r"Digest::(?:MD5|SHA)|MIME::Base64|Unicode::Normalize|open|charnames)(?:=[\w,:()-]+)?"
)
_SETTINGS_OF_PHP = re.compile(
    r"(?:display_errors|error_reporting|memory_limit|precision|serialize_precision|date\.timezone|zend\.assertions|"
    r"assert\.\w+|max_execution_time|short_open_tag|default_charset|opcache\.enable\w*|xdebug\.mode|pcov\.enabled|"
    r"phar\.readonly|html_errors|log_errors|mbstring\.\w+|intl\.\w+)(?:=[\w./~|& -]*)?"
)


class Told(Struct):
    """What the words of an interpreter say."""

    behind: list[str]  # a script and what it is given, or what code is given
    codes: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)  # lines of code that load libraries
    folders: list[str] = field(default_factory=list)  # of libraries
    doubt: str = ""
    module: bool = False  # python -m
    in_place: bool = False
    serves: bool = False
    ended: bool = False  # whether what follows is no option
    unsure: bool = False  # whether the word behind an option may be its value


def told(name: str, words: tuple[str, ...]) -> Told:
    read = Told(list(words))
    while read.behind and read.behind[0].startswith("-") and read.behind[0] != "-":
        if read.ended or read.module:
            break
        _option(read, name, read.behind.pop(0))
    if read.unsure and any(_may_be_code(name, word) for word in read.behind):
        read.doubt = "which of its words are code cannot be told"
    return read


def _may_be_code(name: str, word: str) -> bool:
    letters = _CODE_LETTERS.get(name, "e")
    return word.split("=")[0] in _CODE_WORDS or bool(re.match(rf"-\w*[{letters}]", word)) or uncertain(word)


def _option(read: Told, name: str, word: str) -> None:
    if word == "--":
        read.ended = True
    elif uncertain(word) or word.startswith(_PRELOADS):
        read.doubt = "what it loads first is not known"
    elif word.split("=")[0] in _CODE_WORDS:
        _code(read, name, word.partition("=")[2])
    elif word.startswith("--"):
        read.unsure = read.unsure or not _FLAGS.fullmatch(word)
    elif name in _WORDY and word != "-e":
        read.unsure = True
    else:
        _letters(read, name, word)


def _letters(read: Told, name: str, word: str) -> None:
    """The letters of one word: -lane, -Ilib, -W ignore."""
    valued, takes_next = _VALUED.get(name, ("", ""))
    for at, letter in enumerate(word[1:], 2):
        if letter == "i" and name in _STAYS_OPEN:
            read.doubt = "it stays open"
        if letter in _CODE_LETTERS.get(name, "e"):
            _code(read, name, word[at:])
            return
        if letter == "m" and name in ("python", "pypy"):
            read.module = True
            read.behind[:0] = [word[at:]] if word[at:] else []
            return
        if letter in valued:
            takes = not word[at:] and letter in takes_next and read.behind
            _valued(read, name, letter, read.behind.pop(0) if takes else word[at:])
            return


def _code(read: Told, name: str, attached: str) -> None:
    if attached or read.behind:
        read.codes.append(attached or read.behind.pop(0))
    read.ended = name not in _GOES_ON


def _valued(read: Told, name: str, letter: str, value: str) -> None:
    plain = shown(value)
    if name == "ruby" and letter == "r" and re.fullmatch(r"[\w./-]+", plain):
        read.loads.append(f'require "{plain}"')
    elif name == "lua" and letter == "l" and re.fullmatch(r"[\w.]+", plain):
        read.loads.append(f'require("{plain}")')
    elif name in ("ruby", "perl") and letter == "I":
        read.folders += value.split(":")
        read.loads += [f'$:.unshift "{folder}"' for folder in plain.split(":") if name == "ruby"]
    elif name in ("ruby", "perl") and letter == "i":
        read.in_place = True
    elif name == "php" and letter in "fF":
        read.behind.insert(0, value)
        read.ended = True
    elif name == "php" and letter in "St":
        read.serves = True
        read.folders += [value] if letter == "t" else []
    elif name == "php" and letter == "d" and not _SETTINGS_OF_PHP.fullmatch(plain):
        read.doubt = "a setting may load code"
    elif name == "perl" and letter in "Mm" and _LIBRARIES.fullmatch(plain):
        return
    elif letter in "rMmxLJzc" or (name == "ruby" and letter == "C"):
        read.doubt = "what it loads first is not known"
