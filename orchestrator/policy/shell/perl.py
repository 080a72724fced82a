"""Perl written inside a command, read token by token: a grammar for it that is small and sure there is not.

Known are texts and patterns in which nothing is evaluated, substitutions without e, functions that do nothing to files.
"""

import re

from orchestrator.policy.shell.grammar import Reading

_ENDLESS = re.compile(r"\b1 while 1\b|\bwhile\s*\(?\s*1\b|\bwhile 1\s*;?$|\d[eE]\d{2}")
_SCALAR = r"\$(?:(?!ENV\b)[a-zA-Z]\w*+|[_.,;&/\\1-9]|\+\{\w+\})"
_PATTERN = r"(?:[^/\\$@(]|\\.|\$(?=[/)|])|@(?=[(\[\\])|\((?!\?)|\(\?[:=!<])"
_BRACED = r"\{(?:[^{}\\$@(]|\\.|\{\d+,?\d*\}|\$(?=[})|])|@(?=[(\[\\])|\((?!\?)|\(\?[:=!<])*\}"
_PUT_IN = r"\{(?:[^{}\\$@]|\\.|\$(?:\d|&))*\}"
_SWAPPED = (
    r"(?:(?!(?P=d))[^\\$@(]|\\.|\$(?=(?P=d)|[)|])|\((?!\?)|\(\?[:=!<])*(?P=d)"
    r"(?:(?!(?P=d))[^\\$@]|\\.|\$(?:\d|&))*(?P=d)"
)
_PERL = re.compile(
    rf"(?:\b(?:s|tr|y)(?P<d>[/#|,!]){_SWAPPED}[gimsxcdr]*(?!\w)|\bs{_BRACED}{_PUT_IN}[gimsxr]*(?!\w)|\bm{_BRACED}[gimsx]*(?!\w)|"
    rf"\buse\s+(?:strict|warnings|utf8|List::Util|POSIX|Data::Dumper|Time::(?:Local|Piece|HiRes))(?:\s+qw\s*\([\w\s]*\))?\s*;|"
    rf"\bqw\s*\([\w\s.,-]*\)|\b[A-Za-z]\w*(?=[ ]*=>)|"
    rf"(?:^\s*|\b(?:if|unless|and|or|not|grep|split|while|for|foreach)\s*+(?:\(\s*+)?|[=!]~\s*|[(;{{!&|,]\s*+|\.\.\s*)/{_PATTERN}*/[gimsx]*(?!\w)|"
    r"\b(?:print|printf|say|if|unless|and|or|not|next|last|length|uc|lc|chomp|reverse|sort|join|split|scalar|eq|ne|lt|gt|le|ge|"
    r"END|BEGIN|keys|values|close|ARGV|eof|my|our|map|grep|for|foreach|while|else|elsif|defined|exists|substr|index|abs|int|"
    r"sprintf|sum0?|max|min|first|uniq|floor|ceil|strftime|push|shift|pop|ucfirst|lcfirst|sqrt|x|localtime|gmtime|time|delete|each|splice|ord|chr|hex|oct|rindex|rand|srand|sin|cos|exp|log|exit|shuffle|minstr|maxstr|product|Dumper|STDIN|STDOUT|STDERR|cmp)\b|"
    rf"{_SCALAR}|[@%](?!ENV\b)[a-zA-Z]\w*+|@_|\d+|'[^'\\]*'|"
    rf"\"(?:[^\"$@\\]|\\[ntr\\\"$@.]|(?:{_SCALAR})(?:\[-?\w+\]|{{[$\w]\w*}})?+(?!\[|{{|->)|@(?!ENV\b)[A-Za-z_]\w*+(?!\[|{{|->|::))*\"|"
    r"&&|(?<=[\w)\]}])\s*/(?=\s*[\w$@(])|[\s;,.(){}\[\]<>=!+*%?:|~^-])+"
)


_PERL_SWAPS = re.compile(rf"(?<![$@%&{{\w>-])s(?P<d>[/|]){_SWAPPED}[gimsxr]*(?!\w)")
_PERL_FOLLOWS = re.compile(r"->|[$@%]\s*\{|<\s*[$\"']")  # a reference, or the name of a file


def read(code: str) -> Reading:
    plain = len(code) <= 800 and not _ENDLESS.search(code) and _PERL.fullmatch(code)
    if not plain or _PERL_FOLLOWS.search(_PERL_SWAPS.sub(" ", code)):
        return Reading("not every word in it is known")
    return Reading()
