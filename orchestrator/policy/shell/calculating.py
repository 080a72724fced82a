"""Julia, Groovy and Elixir written inside a command: what calculates and prints with known words, and nothing else."""

import re
from collections.abc import Callable

from orchestrator.policy.shell.grammar import Reading
from orchestrator.policy.shell.words import each

_LONGEST = 600
_TOKEN = re.compile(
    r"'[^'\\`$]*'|\"(?:[^\"\\`$#]|\\[nt\"\\])*\"|(?P<word>[A-Za-z_]\w*[!?]?)|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d{1,2})?|"
    r"[\s;,.()\[\]{}=<>+*/%^|&!:?-]"
)
_ENDLESS = re.compile(r"\bwhile\b|\d{10}|[eE]\+?\d{2}|\^\s*\d{4}|\*\*\s*\d{4}")
_OWN = re.compile(r"\b([a-z]\w?)\b")  # names of one or two letters, as x and xs

_JULIA = each(
    "using import Pkg test instantiate precompile status println print show display sum prod sqrt cbrt abs abs2 "
    "round floor ceil trunc pi exp log log2 log10 sin cos tan mod div rem gcd lcm factorial binomial isprime "
    "maximum minimum max min extrema length size sort reverse unique collect map filter reduce zip enumerate "
    "range step for in end if else elseif true false nothing VERSION versioninfo string uppercase lowercase "
    "titlecase split join strip parse Int Int64 Float64 BigInt big Rational Complex Statistics mean std median "
    "var cor quantile LinearAlgebra det inv tr norm eigvals transpose rand randn Random seed coverage function "
    "return begin let do ones zeros sumsq count any all first last digits"
)
_GROOVY = each(
    "println print printf def it each collect findAll sum inject join sort reverse unique size max min "
    "toUpperCase toLowerCase split tokenize trim length contains startsWith endsWith replace substring Math sqrt "
    "pow abs round floor ceil PI times upto step in if else for return true false null int long double String "
    "BigDecimal GroovySystem version groupBy countBy any every first last take drop eachWithIndex collectEntries "
    "toInteger toDouble isNumber format"
)
_ELIXIR = each(
    "IO puts inspect Enum map sum reduce filter each sort reverse uniq count max min join zip with_index group_by "
    "frequencies take drop at sort_by chunk_every flat_map all any member to_list String upcase downcase length "
    "split trim replace capitalize contains slice Integer parse digits gcd pow to_string Float round Map new get "
    "put keys values merge List first last flatten Kernel rem div abs fn do end if else true false nil when case "
    "for Date utc_today Range"
)


def _reader(words: frozenset[str]) -> Callable[[str], Reading]:
    """Of code that is made of these words."""

    def read(code: str) -> Reading:
        at = 0
        while at < len(code) and (match := _TOKEN.match(code, at)):
            word = match["word"]
            if word and word not in words and not _OWN.fullmatch(word):
                return Reading(f"it uses {word}")
            at = match.end()
        plain = at == len(code) and at <= _LONGEST and not _ENDLESS.search(code)
        return Reading() if plain else Reading("not every word in it is known")

    return read


julia, groovy, elixir = _reader(_JULIA), _reader(_GROOVY), _reader(_ELIXIR)
