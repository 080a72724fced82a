"""Code of other languages written inside a command: what is plainly harmless, and what is plainly not.

Harmless is only what is made of known names; not harmless is code that is decoded and then run, a shell handed to
somebody, and text that would be refused if a shell were given it. All else is asked.
"""

import re
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.addresses import is_metadata
from orchestrator.policy.shell import functions, javascript, lua, php, ruby, statements
from orchestrator.policy.shell.arguments import paths
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.grammar import Reading
from orchestrator.policy.shell.hostile import hostile
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import TILDE, each, shown, uncertain

_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
_RUNS = re.compile(
    r"\b(exec|eval|system|popen|spawn\w*|Function|instance_eval|(?:pickle|marshal|dill|joblib)\.loads?|(?<!asyncio\.)run|check_output|"
    r"call|execSync|runIn\w+|os\.execute|passthru|shell_exec|(?<!re\.)compile)\b"
)
_DECODES = re.compile(
    r"(b64decode|b32decode|base64|fromhex|unhexlify|decode_base64|fromCharCode|atob|pack\s*\(|codecs\.decode|"
    r"decompress|rot_?13|unpack|chr\s*\(.*chr\s*\(|"
    r"urlopen|requests\.get|http\.get|fetch\s*\(|Net::HTTP|LWP|open-uri|file_get_contents\s*\(\s*['\"]http)"
)
_HOST = re.compile(r"['\"`(/](?:https?://)?([\w.-]{7,60})(?=[/:'\"`])")
_SOCKET = re.compile(r"\b(socket|Socket|fsockopen|TCPSocket|IO::Socket|net\.connect|TCPServer|net\.Socket)\b")
_HANDS = re.compile(r"dup2|pty\b|/bin/(ba|z|k|da)?sh|\bsh -i|cmd\.exe|\b(exec|spawn|system|popen)\b")
_WORSE = each(
    "deletes_outside destructive_program fork_bomb piped_code reads_secret device raw_connection reverse_shell escape "
    "exfiltration guard metadata"
)

_GRAMMARS = {"node": javascript.read, "nodejs": javascript.read, "lua": lua.read, "php": php.read, "ruby": ruby.read}
_MOST = 50  # texts of one piece of code that are looked into

_PLAIN = {  # names by which short code of other languages calculates and prints
    "php": each(
        "echo print printf sprintf date time strtotime mktime checkdate microtime phpversion strlen strtoupper "
        "strtolower strrev ucfirst ucwords lcfirst trim ltrim rtrim str_pad str_split str_contains str_starts_with "
        "str_ends_with strpos stripos strrpos substr substr_count str_replace nl2br wordwrap similar_text "
        "levenshtein soundex metaphone mb_strlen mb_substr mb_strtoupper mb_strtolower count implode explode join "
        "range json_encode json_decode json_last_error_msg max min round floor ceil sqrt pi abs pow intdiv fmod log "
        "exp sin cos tan rand mt_rand random_int number_format str_repeat var_dump var_export print_r md5 sha1 crc32 "
        "hash bin2hex password_hash password_verify uniqid array_sum array_product array_keys array_values "
        "array_merge array_unique array_reverse array_slice array_flip array_fill array_combine array_column "
        "array_count_values array_diff array_intersect array_key_exists array_search array_chunk array_pad "
        "array_rand array_map array_filter array_reduce array_walk in_array sort rsort asort arsort ksort krsort "
        "usort uasort uksort compact preg_match preg_match_all preg_replace preg_split preg_quote "
        "preg_replace_callback str_getcsv intval floatval strval boolval gettype is_array is_string is_int "
        "is_numeric is_null memory_get_usage memory_get_peak_usage filesize file_exists is_file is_dir file "
        "file_get_contents file_put_contents scandir basename dirname pathinfo ctype_digit ctype_alpha array_push "
        "array_pop array_shift array_unshift iterator_to_array extension_loaded ini_get if else elseif for foreach "
        "as while do break continue return fn function use true false null isset empty unset list array and or not "
        "int string float bool mixed match default static"
    ),
    "lua": each(
        "print math floor ceil sqrt pi abs max min string upper lower len reverse table concat sort tostring "
        "tonumber for in pairs ipairs do end local x i k v n if then else elseif while repeat until not and or "
        "function return nil true false _VERSION io lines write stdout l line s t c sum count total key value name "
        "format rep sub byte char insert remove unpack select type next random floor fmod huge gsub find match "
        "gmatch r m j a b e f g h w o"
    ),
    "Rscript": each(
        "print mean sum c seq median sd var summary round sqrt length max min cat paste paste0 rev sort head tail "
        "table quantile cor rnorm runif set.seed read.csv read.csv2 read.delim read.table write.csv write.csv2 "
        "write.table names nrow ncol dim str colnames rownames aggregate tapply sapply lapply apply merge order with "
        "data.frame subset factor levels unique which is.na na.omit any all ifelse if for while function return "
        "invisible png pdf svg jpeg dev.off plot hist boxplot barplot lines points abline legend par as.numeric "
        "as.character as.integer as.Date format nchar toupper tolower substr sprintf message cut diff cumsum "
        "colMeans colSums rowSums rowMeans t lm predict coef anova t.test chisq.test wilcox.test shapiro.test aov "
        "matrix list unlist signif ceiling floor abs exp log log2 log10 scale IQR mad range rank prop.table "
        "sessionInfo Sys.time Sys.Date date getwd packageVersion nlevels by split stack seq_len "
        "suppressPackageStartupMessages suppressWarnings suppressMessages library interactive glm nls solve det diag "
        "crossprod binomial poisson residuals fitted confint vcov AIC BIC cor.test kruskal.test TukeyHSD p.adjust "
        "prcomp kmeans hclust dist cutree rbind cbind array mapply vapply Map Filter Reduce rep rowsum expand.grid "
        "outer complete.cases is.numeric trimws startsWith endsWith rbinom rpois rexp sample choose factorial dnorm "
        "pnorm qnorm dbinom pbinom qt pt readline readLines writeLines file.exists list.files basename group_by "
        "summarise summarize mutate filter select arrange count n distinct slice_head slice_max left_join inner_join "
        "pull rename pivot_longer pivot_wider ggplot aes geom_point geom_line geom_bar geom_col geom_histogram "
        "geom_boxplot geom_smooth facet_wrap facet_grid labs theme_minimal theme_bw ggsave read_csv write_csv "
        "arr.ind which.max which.min tabulate ecdf lowess loess spline approx optimize integrate seq_along gsub sub "
        "grepl regmatches strsplit is.null stopifnot identical density layout text title axis"
    ),
}
_RUBY = each(
    "$_ select reject inject reduce first last uniq count split gsub sub strip round floor to_f chars even odd puts "
    "print p each map times inspect minmax fdiv divmod gcd lcm abs ceil pow digits bytes each_char each_line "
    "each_cons STDIN dig fetch key? values_at partition max_by min_by sum step product combination permutation "
    "flatten rotate take drop delete_if none any all one to_s to_i do end upto join sort min max length size upcase "
    "downcase reverse true false nil x i n l r s k v a b if unless then else JSON parse pretty_generate generate "
    "File read readlines foreach CSV Date Time now today strftime headers each_with_index group_by sort_by tally "
    "transform_values values keys to_a to_h flat_map compact find_all include? start_with? end_with? match? zip "
    "each_slice push format ljust rjust center symbolize_names ERROR lines line row data h t"
)
# Perl is read token by token: texts and patterns in which nothing is evaluated, substitutions without e, known words.
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


def inline(judge: Judging, segment: Segment, why: str = "") -> Finding:
    told = f" ({why})" if why else ""
    reason = f"{segment.program} would run code written inside the command{told}."
    return judge.ask(segment, "inline_code", reason, "Save the code to a file of the workspace and run that.")


def judge(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    """Code given to node, ruby, perl and their like."""
    if segment.program in _GRAMMARS:
        return read(judge, segment, code, _GRAMMARS[segment.program](code))
    if (places := _harmless(segment.program, code)) is not None:
        reach = judge.reach(segment)
        obeyed = [one for one in reach.each("write", places) if one.code == "automatic"]
        return reach.each("use", places) + obeyed + (reach.each("read", places) if segment.program == "php" else [])
    return [*denials(judge, segment, code), inline(judge, segment)]


def read(judge: Judging, segment: Segment, code: str, reading: Reading) -> list[Finding]:
    """What is against code that was read with its own grammar."""
    reach = judge.reach(segment)
    found = [one for opened in reading.opened for one in reach.each(opened.mode, [_home(opened.path)])]
    for command in reading.commands:
        if isinstance(command, str):
            found += judge.text(command, segment, 2)
        else:
            plain = structs.replace(segment, program=command[0], arguments=command[1:], stdin="", feeders=(), fed=None)
            found += judge.segment(plain, 2)
    for text in reading.texts:
        if text.startswith(("/", "~")) or ".." in text.split("/"):
            outside = reach.each("read", [_home(text)]) if " " not in text else []
            found += [one for one in outside if one.code != "outside" or text.count("/") > 1 or ".." in text]
    planted = any(_RUNS.search(text) and _DECODES.search(text) for text in reading.texts if len(text) > 20)
    doubt = reading.doubt or ("it writes down code that is decoded when it runs" if planted else "")
    if doubt:
        found += [*denials(judge, segment, code), inline(judge, segment, doubt)]
    return found


_ENDLESS = re.compile(r"\b1 while 1\b|\bwhile\s*\(?\s*(?:1|true|TRUE)\b|\brepeat\s*\{|\bwhile 1\s*;?$|\d[eE]\d{2}")


def _harmless(program: str, code: str) -> list[str] | None:
    """The files that it may open, where every part of it is known; None where one is not."""
    program = "Rscript" if program == "R" else program
    if program == "Rscript":
        code = _R_PROJECT.sub("print", code)
    if _ENDLESS.search(code):
        return None
    if len(code) > 800 or not (program in _PLAIN or _calculates(program, code)):
        return None
    if program not in (*_PLAIN, "ruby"):
        return []
    if program == "php":
        return functions.php(code, _PLAIN["php"])
    hides = re.sub(r"%(?:in|o|[%*/>])%", "+", _left(code)) if program == "Rscript" else code
    if program in _PLAIN and (_HIDES[program].search(hides) or not _plain(code, program)):
        return None
    if program == "Rscript" and not functions.handed(code, functions.OF_R, _PLAIN[program]):
        return None
    texts = [text for match in _TEXT.finditer(code) for text in match.groups() if text is not None]
    if any("|" in text or "://" in text or _CALLED.fullmatch(text) for text in texts):
        return None  # an address, a command, or a function named by a text
    return [_home(text) for text in texts if re.search(r"/|^\.|^~", text) and " " not in text]


def _left(code: str) -> str:
    """Without what its texts say; names in backticks stay to be seen."""
    return _TEXT.sub(lambda match: "`" if match[0][0] == "`" else '""', code)


_CALLED = re.compile(
    r"\s*(system2?|shell\w*|eval\w*|parse|source|unlink|file\..+|load\w*|readRDS|dyn\.load|library|require\w*|Sys\..+|m?get|"
    r"exec\w*|pipe|url|download\.file|socket\w*|install\.packages|do\.call|assign|rm|remove|quit|q|setwd|\w*Namespace|\.\w+)\s*"
)


def _home(path: str) -> str:
    return TILDE + path[1:] if path.startswith("~") else path


def _calculates(program: str, code: str) -> bool:
    if program == "perl":
        return bool(_PERL.fullmatch(code)) and not _PERL_FOLLOWS.search(_PERL_SWAPS.sub(" ", code))
    if program == "ruby":
        code = re.sub(r"\b(?:Hash|Set|Date|Time)\.new\b", "p", _TEXT.sub(_put_in, code))
    if program != "ruby" or "\\" in code or _RUBY_HIDES.search(code) or "[" in re.sub(r"\[[\w\s,.'\"-]*\]", "", code):
        return False
    plain = re.sub(r"(?<=[\s(])/(?:[^/\\\n#]|\\.)*/[imx]*(?=\s|$|\))", '""', _TEXT.sub('""', code))
    own = {name for groups in _RUBY_NAMED.findall(plain) for name in re.findall(r"[a-z]\w*", " ".join(groups))}
    called = r"[.:&]\s*{0}\b|\b{0}\b(?!\s+(?:if|unless|and|or|do|then|end)\b)\s*[\w({{\":]"
    own = {name for name in own - _RUBY_CALLS if not re.search(called.format(name), plain)}
    return set(re.findall(r"[A-Za-z_$@]\w*", plain)) <= _RUBY | own


_RUBY_NAMED = re.compile(r"\b([a-z]\w*)\s*=(?![=~>])|\|([\w\s,]*)\|")  # names of the code itself
_RUBY_CALLS = each("fork exit abort binding gets loop system exec spawn eval send open load require sleep trap syscall")
_RUBY_PUT_IN = re.compile(r"#\{([\w\s.+*/%()-]*)\}")


def _put_in(match: re.Match[str]) -> str:
    """A text of Ruby, with what it puts in behind it."""
    inside = _RUBY_PUT_IN.findall(match[2] or "")
    return _RUBY_PUT_IN.sub("", match[0]) + "".join(f",({one})" for one in inside) if inside else match[0]


# A comment, or a quote of another kind, in which a quotation mark would stand for none.
_RUBY_HIDES = re.compile(r"`|/[*/]|#|--|\[=*\[|<<<|\?>|%[qQwWiI]?[^\w\s]|\?['\"]|/[^/]*['\"]")
_HIDES = {
    "lua": re.compile(r"`|--|\[=*\["),
    "Rscript": re.compile(r"`|#|%[^\w\s]|\b[rR]['\"]|::"),
}


# What R is asked to do with the project itself; its code is run, as by a script.
_R_PROJECT = re.compile(
    r"\b(?:testthat::test_(?:local|dir|file|package)|devtools::(?:test|check|document|load_all|build)|lintr::lint\w*|"
    r"styler::style_\w+|rmarkdown::render|knitr::knit|roxygen2::roxygeni[sz]e|covr::package_coverage|targets::tar_make|"
    r"renv::status|pkgdown::build_site|readr::read_\w+|dplyr::\w+|tidyr::\w+|ggplot2::\w+)\b"
)


def _plain(code: str, program: str) -> bool:
    """Whether it calls nothing but what is known by its name."""
    known = _PLAIN[program]
    left = _TEXT.sub('""', code)
    if program == "Rscript":  # columns have any name; what is called, and what could be, has not
        names = set(re.findall(r"[A-Za-z_.][\w.]*", left))
        return set(re.findall(r"([A-Za-z_.][\w.]*)\s*\(", left)) <= known and not any(
            map(_CALLED.fullmatch, names - known)
        )
    called = re.search(r"[$\\]|\"\"\s*[(.:]", left)
    return not called and set(re.findall(r"[A-Za-z_]\w*", left)) <= known


def denials(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    """What makes code worse than unknown."""
    if _RUNS.search(code) and _DECODES.search(code):
        reason = f"{segment.program} would run code that is decoded or fetched first, which nobody has seen."
        return [judge.deny(segment, "piped_code", reason, "Write the code out.")]
    if _SOCKET.search(code) and _HANDS.search(code):
        reason = f"{segment.program} would hand a shell to another machine."
        return [judge.deny(segment, "reverse_shell", reason, "Say what should be reached, and use http_request.")]
    if any(is_metadata(match[1].lower()) for match in _HOST.finditer(code)):
        reason = f"{segment.program} would ask for the credentials of this machine."
        return [judge.deny(segment, "metadata", reason, "Use a public address.")]
    if segment.program in ("perl", "ruby", "php") and re.search(r"exec\s*\(?\s*['\"]/bin/\w*sh( -i)?['\"]", code):
        reason = f"{segment.program} would become a shell that nobody reads."
        return [judge.deny(segment, "reverse_shell", reason, "Write the commands themselves.")]
    if found := hostile(judge, segment, code):
        return found
    texts = [text for match in _TEXT.finditer(code) for text in match.groups() if text is not None]
    for text in [text for text in texts if " " in text or "\t" in text][:_MOST]:
        found += worse(judge, segment, text)
    if not found and " " in code:
        found = worse(judge, segment, code) if not re.search(r"[;{}()]\s*$|import |^\s*\w+\s*=", code) else []
    return found


def worse(judge: Judging, segment: Segment, text: str) -> list[Finding]:
    """What a shell would be refused, if it were given this text."""
    if uncertain(text) or len(text) > 2000:
        return []
    plain = Segment(segment.program, (), segment.text, segment.folders)
    return [found for found in judge.text(shown(text), plain, 2) if found.verdict == "deny" and found.code in _WORSE]


_QUOTED_NAME = re.compile(r"\[[^\]]*['\"]")  # a name in brackets, as sqlite3 alone reads them, in which a quote is none
_DOTS = re.compile(
    r"\.(tables|schema|headers?|mode|indexes|indices|databases|width|separator|nullvalue|timer|show|fullschema|"
    r"help|dump|dbinfo|stats|print)\b[\w ,.-]*"
)
_IMPORT = re.compile(r"\.import (?:--csv )?(?:--skip \d+ )?([\w./-]+) \w+")  # a table out of a file
_SQL_VALUED = each("-separator -cmd -newline -nullvalue -c -s -init")


def sql(judge: Judging, segment: Segment) -> list[Finding]:
    """sqlite3 and duckdb: a file of the workspace, and questions to it."""
    words = segment.arguments
    if words and all(word in ("--version", "-version", "--help", "-help") for word in words):
        return []
    reach = judge.reach(segment)
    if {"-init", "--init", "-A", "-unsigned"} & set(words):
        return [inline(judge, segment)]
    dotted = [shown(after) for word, after in pairwise(words) if word in ("-cmd", "--cmd")]
    imported = [match[1] for text in dotted if (match := _IMPORT.fullmatch(text.strip()))]
    if any(not (_DOTS.fullmatch(text.strip()) or _IMPORT.fullmatch(text.strip())) for text in dotted):
        return [inline(judge, segment)]
    words = tuple(word for before, word in pairwise(("", *words)) if "-cmd" not in (before[-4:], word[-4:]))
    named = [word for word in paths(segment.program, words) if word not in _SQL_VALUED]
    plain = [shown(word) for word in named]
    asked = [text for text in plain if " " in text or text.startswith(".")]
    files = [word for word in named if shown(word) not in asked and ":memory:" not in word]
    found = reach.each("read", [*files, *imported])
    aside = plain[:1] == [":memory:"] and not files
    for text in asked:
        if segment.program == "duckdb" and (into := statements.copied(text)) is not None and "://" not in into[1]:
            found += reach.each("write", [into[1]])
            text = into[0]
        if text.startswith("."):
            looks, named = bool(_DOTS.fullmatch(text.strip())), []
        else:
            looks, named = statements.only_looks(text, aside), statements.files(text) or []
            looks = looks and not (segment.program == "sqlite3" and _QUOTED_NAME.search(text))
            looks = looks and statements.files(text) is not None and not any("://" in one for one in named)
        found += reach.each("read", [one for one in named if "://" not in one])
        if not looks:
            reason = f"{segment.program} would change data, or do more than look at it."
            return [*found, judge.ask(segment, "changes_data", reason, "Look with SELECT first, and keep a copy.")]
    if not asked and (not files or segment.stdin):
        reason = f"What {segment.program} would do comes from its input."
        return [*found, judge.ask(segment, "inline_code", reason, "Give the statement as a word.")]
    return found
