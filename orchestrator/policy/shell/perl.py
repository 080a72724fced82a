"""Perl written inside a command, read token by token: a grammar for it that is small and sure there is not.

Known are texts and patterns in which nothing is evaluated, functions that do nothing to files, files that are opened
under their names, and programs that are started under theirs. Whatever could be read in two ways is a doubt.
"""

import re
from collections.abc import Callable

from orchestrator.policy.shell.grammar import Doubt, Opened, Reading, pieced
from orchestrator.policy.shell.words import each

_LONGEST = 3_000
_WORDS = each(
    "print printf say if unless and or not xor next last redo return length uc lc ucfirst lcfirst fc chomp chop "
    "reverse sort join split scalar eq ne lt gt le ge cmp END BEGIN keys values each delete exists defined undef "
    "close eof my our local state map grep for foreach while until else elsif substr index rindex abs int sprintf "
    "sum sum0 min max first any all none uniq uniqnum shuffle reduce product minstr maxstr pairs pairkeys "
    "pairvalues floor ceil fmod pow strftime mktime push pop shift unshift splice sqrt localtime gmtime time ord "
    "chr hex oct rand srand sin cos exp log atan2 exit die warn wantarray ref pos quotemeta pack unpack lock "
    "sleep usleep gettimeofday tv_interval Dumper STDIN STDOUT STDERR DATA looks_like_number blessed reftype "
    "dualvar refaddr decode_json encode_json to_json from_json encode decode decode_utf8 encode_utf8 md5_hex "
    "sha1_hex sha256_hex sha512_hex md5_base64 encode_base64 decode_base64 NFC NFD NFKC wrap fill timelocal "
    "timegm DBL_MAX INT_MAX UINT_MAX LONG_MAX bigint binmode vec study isdigit isatty tan acos asin pi deg2rad "
    "rad2deg caller lstat stat readline getc utime_ given when default autoflush strtol strtod round trunc "
    "tolower toupper isalpha setlocale LC_ALL PI E"
)
_BEFORE_TEXTS = each(
    "split grep if unless and or not while until return print printf say map join push xor ne eq any first all "
    "none die warn for foreach"
)
_BUILTINS = re.compile(  # that a function of the code itself does not take the place of
    r"system|exec|unlink|rename|rmdir|mkdir|chmod|chown|kill|fork|open\w*|sysopen|syswrite|require|do|eval|link|"
    r"symlink|truncate|"
    r"utime|chdir|chroot|syscall|ioctl|fcntl|socket\w*|connect|bind|listen|accept|send|recv|dbmopen|tie|readpipe|"
    r"qx|glob|exit|"
    r"dump|goto|local|use|no|package|format|write|select|pipe|setpgrp|umask|wait\w*|shm\w+|sem\w+|msg\w+|"
    r"get\w+ent|s|y|m|q|tr|qq|qw|qr"
)
_TERMS = each("STDIN STDOUT STDERR time localtime gmtime shift pop wantarray rand pi PI")  # behind which / may divide
_OPERATORS = each("x eq ne lt gt le ge cmp and or not xor")
_CLASSES = each(
    "Time::Piece Time::Seconds JSON::PP Digest::SHA Digest::MD5 Math::BigInt Math::BigFloat Math::BigRat "
    "Math::Complex STDIN STDOUT STDERR localtime gmtime"
)
_NEVER_METHODS = each("can import unimport open fdopen addfile sysopen system exec new_from_fd SUPER")
_USED = re.compile(
    r"(?:use\s+(?:strict|warnings|utf8|feature|integer|bigint|bignum|List::Util|Scalar::Util|POSIX|Data::Dumper|"
    r"Encode|JSON::PP|"
    r"Time::(?:Local|Piece|Seconds|HiRes)|Text::(?:Wrap|Abbrev|ParseWords|Tabs)|Math::(?:Trig|BigInt|BigFloat)|"
    r"Digest::(?:MD5|SHA)|MIME::Base64|Unicode::Normalize|v?5[\d._]*)|no\s+warnings)"
    r"(?:\s+(?:qw\s*(?:\([\w\s:-]*\)|/[\w\s:-]*/)|(?:[\"'][\w:-]+[\"']\s*,?\s*)+))?\s*;"
)
_LIBRARIES = r"(?:List::Util|Scalar::Util|POSIX|Time::HiRes|Encode|MIME::Base64|JSON::PP|Time::Local)::"
_INDEX = (
    r"(?:\{\s*-?\w+\s*\}|\{\s*\$\w+\s*\}|\{\"[^\"$@\\]*\"\}|\{'[^'\\]*'\}|\[\s*-?\d+\s*\]|"
    r"\[\s*-?\$#?\w+(?:\s*[-+]\s*\d+)?\s*\])"
)
_VARIABLE = rf"(?!ENV\b|SIG\b|INC\b)[A-Za-z_]\w*+(?!::|')(?:(?:->)?{_INDEX})*+(?![\[{{(]|->[\[{{(@$%])"
_PUT_IN = re.compile(
    rf"\\.|\$\$?{_VARIABLE}|\$\{{\w+\}}(?![\[{{]|->)|@\$?(?!ENV\b|INC\b)[A-Za-z_]\w*+(?!::)(?![\[{{]|->)|@\{{\$\w+(?:(?:->)?{_INDEX})*\}}"
    rf"|@\w+\{{qw\([\w\s]*\)\}}|\$(?:\d+|[&.,;!@0_])(?![\[{{]|->)|\$\+\{{\w+\}}|\$(?=[\s)|/]|$)|@(?![\w{{$:])|[^\\$@]",
    re.DOTALL,
)
_FOUND = re.compile(  # patterns: nothing in them is evaluated
    r"\\.|\$\$?(?!ENV\b)[A-Za-z_]\w*+(?![\[{]|->|::)|\$(?=[)|]|$)|\(\?(?:[:=!>|^imsx-]|<[=!\w])|\((?!\?)|"
    r"@(?![\w{$:])|[^\\$@(]",
    re.DOTALL,
)
_NAME = re.compile(rf"(?:{_LIBRARIES})?([A-Za-z_]\w*+)(?!::|')")
_CLASS = re.compile(r"([A-Za-z_]\w*(?:::\w+)+)(?=\s*->)")
_SPACE = re.compile(r"[^\S\n]+|\n|#[^\n]*")
_HEREDOC = re.compile(r"<<(~?)(?:\"(\w+)\"|'(\w+)'|([A-Z_]\w*))")
_NUMBER = re.compile(r"0[xX][\da-fA-F_]+|0[bB][01_]+|\d[\d_]*(?:\.(?!\.)\d*)?(?:[eE][-+]?\d+)?|\.\d+")
_SCALAR = re.compile(
    r"\$(?:#\$?\w+|#(?=\{)|Data::Dumper::\w+|Text::Wrap::\w+|\$*(?!ENV\b|SIG\b|INC\b)[A-Za-z_]\w*+(?!::|')|\d+|"
    r"\^[OTVW]\b|\+(?=\{\w+\})|\$(?!\w|\{)|"
    r"[_.,;&/\\|!@0\"](?!\w)|ENV\{(?!\w*(?:KEY|TOKEN|SECRET|PASS|CRED|AUTH))[A-Z_]+\}|"
    r"SIG\{\w+\}(?=\s*=\s*(?:sub\b|[\"'](?:IGNORE|DEFAULT)))|(?=\{))"
)
_MANY = re.compile(r"[@%](?:\$+(?!ENV\b)[A-Za-z_]\w*+|(?!ENV\b|INC\b|SIG\b)[A-Za-z_]\w*+(?!::)|\+(?!\w)|(?=\{))")
_OPENS = re.compile(
    r"open\s*\(?\s*(?:my\s+\$\w+|\$\w+|[A-Z]\w*)\s*,\s*([\"'])(\+?[<>]{1,2})\s*(?::[\w:()-]+)?\1\s*,\s*"
    r"(?:\"([^\"$@\\]+)\"|'([^'\\]+)'|(\$ARGV\[\d\]|shift(?:\s*@ARGV)?))(?=\s*(?:\)|or\b|\|\||;))"
)
_STARTS = re.compile(
    r"system\s*\(?\s*((?:\"[^\"$@\\]*\"|'[^'\\]*')(?:\s*,\s*(?:\"[^\"$@\\]*\"|'[^'\\]*'))*)"
    r"(?=\s*(?:\)|;|$|or\b|==|and\b))"
)
_LISTS = re.compile(r"(?:glob\s*\(?\s*|opendir\s*\(?\s*(?:my\s+)?\$?\w+\s*,\s*)(?:\"([^\"$@\\]+)\"|'([^'\\]+)')")
_METHOD = re.compile(r"->\s*([A-Za-z_]\w*+)(?!::)")
_TESTS = re.compile(r"-[edfrwxszlMAC](?=\s+[\"'$(]|\s*[\"'$])(?!\s*=>)")
_ARGV_CHANGES = re.compile(
    r"(?:push|unshift|splice|local)\s*\(?\s*[@$]ARGV|[@$]ARGV(?:\[[^\]]*\])?\s*(?:=(?![=~])|=~\s*(?:s|tr|y)\b|"
    r"\.=)|\(\s*@ARGV\s*\)\s*="
)
_CALLED = re.compile(
    r"system|exec|kill|unlink|remove|rename|rmdir|open|creat|abort|fork|pipe|dup|chmod|chown|::|ENV|ARGV"
)
_LOOPS = re.compile(
    r"\b(?:while|until)\s*\(\s*(?:1|0|!0|!1|\"?1\"?)?\s*\)|\bfor\s*\([^;()]*;\s*;|\bwhile\s+1\b|\buntil\s+0\b"
)
_INDENT = r"[ \t]*"
_CLOSES = {"(": ")", "[": "]", "{": "}", "<": ">"}


def read(code: str) -> Reading:
    reader = _Reader(code)
    try:
        if len(code) > _LONGEST or re.search(r"^=[A-Za-z]|\r|\0", code, re.MULTILINE):
            raise Doubt("it cannot be read for certain")
        reader.code()
        reader.whole()
    except Doubt as doubt:
        return Reading(str(doubt), texts=tuple(reader.texts))
    return Reading("", tuple(reader.opened), tuple(reader.commands), tuple(reader.texts))


class _Reader:
    def __init__(self, code: str) -> None:
        self.text, self.at = code, 0
        self.term = False  # whether the token before is a value, so that an operator follows
        self.word = ""  # the word before, if it is one
        self.open: list[str] = []  # brackets: "block", or "index" behind a value
        self.waiting: list[tuple[str, bool, bool]] = []  # heredocs: their ends, whether set in, whether put into
        self.texts: list[str] = []
        self.opened: list[Opened] = []
        self.commands: list[str | tuple[str, ...]] = []
        self.own = set(re.findall(r"\bsub\s+(\w+)|\buse\s+constant\s+(\w+)\s*=>|\b([A-Z]+):(?!:)", code))
        self.names = {name for groups in self.own for name in groups if name}
        self.calls = False
        if any(map(_BUILTINS.fullmatch, self.names)):
            self.names = set()

    def code(self) -> None:
        steps: tuple[Callable[[], bool], ...] = (
            self.space, self.quoted, self.pattern, self.statement, self.variable, self.number, self.name, self.sign,
        )  # fmt: skip
        while self.at < len(self.text):
            if not any(step() for step in steps):
                raise Doubt("not every word in it is known")
        if self.waiting or self.open:
            raise Doubt("it cannot be read for certain")

    def whole(self) -> None:
        """What shows only when everything is read."""
        if any("::" in text for text in self.texts) and re.search(r"[\w\])}\"']\s*->\s*\w", self.text):
            raise Doubt("what it calls is known only when it runs")
        every = "".join(self.texts)
        if self.calls and not re.search(r"\bsub\b", self.text):
            raise Doubt("what it calls is known only when it runs")
        if self.calls and any(_CALLED.search(way) for way in (every, every[::-1])):
            raise Doubt("what it calls is known only when it runs")
        if re.search(r"[@%$]\{|[@%]\$|\$\$", self.text) and any(
            "ENV" in way or "ARGV" in way for way in (every, every[::-1])
        ):
            raise Doubt("which variable it uses is known only when it runs")
        if _ARGV_CHANGES.search(self.text) or ("ARGV" in self.text and pieced(self.texts, True)):
            raise Doubt("it changes what it is given")
        loop = _LOOPS.search(self.text) or re.search(r"\b1 while 1\b", self.text)
        if loop and not re.search(r"\b(?:last|return|exit|die)\b", self.text):
            raise Doubt("it never ends")
        if re.search(r"(?:\bx\s*|\.\.\s*)(?:\d{10}|\d[eE]\+?(?:9|\d{2}))|\d{13}|\d[eE]\+?\d{2}", self.text):
            raise Doubt("it takes longer than anybody waits")

    def took(self, match: re.Match[str] | None, term: bool) -> bool:
        if match is None:
            return False
        self.at, self.term, self.word = match.end(), term, ""
        return True

    def match(self, pattern: "re.Pattern[str] | str") -> re.Match[str] | None:
        return re.compile(pattern).match(self.text, self.at)

    # One token each

    def space(self) -> bool:
        match = self.match(_SPACE)
        if match is None or (match[0][0] == "#" and self.at and self.text[self.at - 1] not in " \n\t;{}(,"):
            return False
        self.at = match.end()
        while match[0] == "\n" and self.waiting:
            self.heredoc(*self.waiting.pop(0))
        return True

    def heredoc(self, end: str, indented: bool, put_in: bool) -> None:
        found = re.compile(rf"^{_INDENT if indented else ''}{end}$", re.MULTILINE).search(self.text, self.at)
        if found is None:
            raise Doubt("it cannot be read for certain")
        body = self.text[self.at : found.start()]
        self.said(body, put_in)
        self.at = found.end()

    def said(self, text: str, put_in: bool) -> None:
        if put_in and re.fullmatch(rf"(?:{_PUT_IN.pattern})*+", text, re.DOTALL) is None:
            raise Doubt("it puts code into a text")
        self.texts.append(re.sub(r"\\(?:x([0-9a-fA-F]{2})|(.))", _letter, text))

    def quoted(self) -> bool:
        here = self.text[self.at]
        if here == "`" or (here in "\"'"):
            return self.delimited(self.at, here, "x" if here == "`" else here)
        if not self.term and (match := self.match(_HEREDOC)):
            self.sure()
            self.waiting.append((match[2] or match[3] or match[4], bool(match[1]), not match[3]))
            return self.took(match, True)
        match = self.match(r"(qq|q|qw|qx)(?=[\s]*[(\[{/|!<])\s*(?!=>)") if not self.after_index() else None
        return match is not None and self.delimited(
            match.end(), self.text[match.end()], match[1].removeprefix("q") or "'"
        )

    def delimited(self, at: int, opens: str, kind: str) -> bool:
        body, self.at = self.until(at + 1, _CLOSES.get(opens, opens))
        if opens in _CLOSES and opens in body:
            raise Doubt("it cannot be read for certain")
        if kind == "x":
            if re.search(r"[$@\\]", body):
                raise Doubt("which program it starts is known only when it runs")
            self.commands.append(body)
        elif kind == "w":
            self.texts += body.split()
        else:
            self.said(body, kind in ('"', "q"))
        self.term, self.word = True, ""
        return True

    def until(self, at: int, closes: str) -> tuple[str, int]:
        match = re.compile(rf"((?:[^\\{re.escape(closes)}]|\\.)*+){re.escape(closes)}", re.DOTALL).match(self.text, at)
        if match is None:
            raise Doubt("it cannot be read for certain")
        if self.waiting and "\n" in match[1]:
            raise Doubt("it cannot be read for certain")
        return match[1], match.end()

    def after_index(self) -> bool:
        """{s} and {y} are names, and so is s =>"""
        return bool(re.compile(r"\w+\s*(?:=>|\})").match(self.text, self.at)) or self.text[self.at - 1 : self.at] in (
            "$",
            "@",
            "%",
            "&",
        )

    def sure(self) -> None:
        """Behind most words, and behind a block, the sign that begins a text could be an operator."""
        if self.word and self.word not in _BEFORE_TEXTS:
            raise Doubt("it cannot be read for certain")

    def pattern(self) -> bool:
        if self.text[self.at] == "/" and not self.term:
            self.sure()
            return self.finds(self.at, "/")
        match = self.match(r"(s|tr|y|m|qr)\s*(?=[/|,!{(\[#])(?!\s+[#=,])(?!,\s)")
        if match is None or self.after_index() or (self.term and match[1] in ("s", "y")):
            return False
        at, opens = match.end(), self.text[match.end()]
        if match[1] in ("m", "qr"):
            return self.finds(at, opens)
        found, at = self.until(at + 1, _CLOSES.get(opens, opens))
        at += len(self.text[at:]) - len(self.text[at:].lstrip()) + 1 if opens in _CLOSES else 0
        if opens in _CLOSES and self.text[at - 1] not in _CLOSES:
            raise Doubt("it cannot be read for certain")
        into, at = self.until(at, _CLOSES.get(self.text[at - 1], opens) if opens in _CLOSES else opens)
        flags = re.compile(r"\w*").match(self.text, at)
        letters = flags[0] if flags else ""
        if any(open_ in found + into for open_ in _CLOSES if opens == open_):
            raise Doubt("it cannot be read for certain")
        if match[1] == "s":
            self.replaces(found, into, letters)
        self.at, self.term, self.word = at + len(letters), True, ""
        return True

    def replaces(self, found: str, into: str, flags: str) -> None:
        self.checked(found)
        if "e" not in flags:
            self.said(into, True)
        elif flags.count("e") == 1:
            inner = _Reader(into)
            inner.names = self.names
            inner.code()
            self.texts += inner.texts
            self.commands += inner.commands
            self.opened += inner.opened
            self.calls = self.calls or inner.calls
        else:
            raise Doubt("it runs what it finds")

    def finds(self, at: int, opens: str) -> bool:
        body, self.at = self.until(at + 1, _CLOSES.get(opens, opens))
        self.checked(body)
        flags = re.compile(r"[msixpodualngc]*").match(self.text, self.at)
        self.at, self.term, self.word = (flags.end() if flags else self.at), True, ""
        return True

    def checked(self, pattern: str) -> None:
        if re.fullmatch(rf"(?:{_FOUND.pattern})*+", pattern, re.DOTALL) is None:
            raise Doubt("a pattern in it may run code")

    def statement(self) -> bool:
        """What is known by more than one word."""
        if match := self.match(_OPENS):
            path = match[3] or match[4]
            if path is None and match[2] != "<":
                raise Doubt("which file it writes is known only when it runs")
            self.opened += [Opened("read" if match[2] == "<" else "write", path)] if path else []
        elif match := self.match(_STARTS):
            words = [first or second for first, second in re.findall(r"\"([^\"]*)\"|'([^']*)'", match[1])]
            self.commands.append(words[0] if len(words) == 1 else tuple(words))
        elif match := self.match(_LISTS):
            self.opened.append(Opened("read", match[1] or match[2]))
        else:
            return self.took(self.match(_USED) or self.match(r"use\s+constant\b"), False)
        self.open += ["block"] if "(" in match[0].partition("my")[0][:12] else []
        return self.took(match, True)

    def variable(self) -> bool:
        if (match := self.match(_SCALAR)) or (not self.term and (match := self.match(_MANY))):
            return self.took(match, True)
        return False

    def number(self) -> bool:
        return self.took(self.match(_NUMBER), True)

    def name(self) -> bool:
        if not self.term and (match := self.match(_TESTS)):
            return self.took(match, False)
        match = self.match(_NAME) or self.match(_CLASS)
        if match is None:
            return False
        word, behind = match[1], self.text[match.end() :].lstrip()
        of_class = word in _CLASSES and behind.startswith("->")
        key = behind.startswith("=>") or self.text[: self.at].rstrip()[-3:] == "sub"
        block = word in ("do", "eval", "sub") and behind.startswith("{")
        known = word in _WORDS or word in self.names or word == "sub" or (word == "x" and self.term)
        if not (block or key or of_class or known):
            raise Doubt(f"it uses {word}")
        self.took(match, key or of_class or (word in _TERMS and word.isupper()))
        self.word = word
        return True

    def sign(self) -> bool:
        here, before = self.text[self.at], self.text[self.at - 1 : self.at]
        if here == "-" and (match := self.match(_METHOD)):
            if match[1] in _NEVER_METHODS:
                raise Doubt(f"it uses {match[1]}")
            return self.took(match, True)
        if here == "-" and (match := self.match(r"->(?=[\[{(])|->[@%$](?:#?\*)")):
            self.calls = self.calls or self.text[match.end() : match.end() + 1] == "("
            return self.took(match, True)
        if here == "<" and not self.term:
            return self.took(self.match(r"<(?:[A-Z]*|\$\w+|<>)>"), True)
        if here in "([{":
            return self.opening(here, before)
        if here in ")]}":
            kind = self.open.pop() if self.open else "block"
            self.took(self.match(r"."), here != "}" or kind == "index")
            self.word = "" if self.term else "}"
            return True
        if here in "?*&" and not self.term and not (here == "&" and self.match("&&")):
            return False
        if here == "\\" and (self.term or not self.match(r"\\\s*(?:my\b|[@%$\"'(])")):
            return False
        return self.took(self.match(r"\.{2,3}|\*\*|&&|[;,.=!+*%?:|~^<>&/\\-]"), False)

    def opening(self, here: str, before: str) -> bool:
        glued = before in (")", "]", "}") or before.isalnum() or before in ("_", ">", "+")
        if here == "(" and self.term and before in ("]", "}"):
            self.calls = True
        if here == "{" and self.term and glued and (match := self.match(r"\{\s*-?\w+\s*\}")):
            return self.took(match, True)
        sigil = before in ("@", "%", "$", "#")
        self.open.append("index" if here == "{" and ((self.term and glued) or sigil) else "block")
        return self.took(self.match(r"."), False)


def _letter(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]
