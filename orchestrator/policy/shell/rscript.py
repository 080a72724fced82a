"""R written inside a command: what is called, and the functions that are handed to others to be called."""

import re
from collections.abc import Collection, Iterator, Mapping

from orchestrator.policy.places import is_automatic
from orchestrator.policy.shell.grammar import Opened, Reading
from orchestrator.policy.shell.words import each

_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
_NAMED = re.compile(r"\s*(?:FUN|f)\s*=(?!=)\s*(.*)", re.DOTALL)
_KEYWORD = re.compile(r"\s*[\w.]+\s*(?:=(?![=>])|:(?!:)(?=\s*['\"$\w]))")
_WRITTEN_OUT = re.compile(r"\s*(?:static\s+)?(?:function\b|fn\b|\\\()")
_TAKERS: Mapping[str, int] = {  # where the function stands among what they are given
    "sapply": 1, "lapply": 1, "vapply": 1, "tapply": 2, "apply": 2, "aggregate": 2, "by": 2, "outer": 2, "mapply": 0,
    "Map": 0, "Filter": 0, "Reduce": 0, "integrate": 0, "optimize": 0,
}  # fmt: skip
_KNOWN = each(
    "scan weighted.mean cummax cummin cumprod rle duplicated regexpr gregexpr chartr months weekdays difftime "
    "ISOdate strftime strptime as.POSIXct as.logical as.factor as.vector as.matrix as.data.frame as.list "
    "is.character is.factor is.logical inherits interaction max.col mahalanobis cov cov2cor var.test "
    "mcnemar.test fisher.test binom.test prop.test bartlett.test friedman.test ks.test oneway.test "
    "pairwise.t.test power.t.test fivenum stem deviance logLik nobs formula relevel reorder droplevels unstack "
    "reshape transform within NROW NCOL dimnames aperm kronecker qr svd eigen chol fft polyroot smooth.spline "
    "acf pacf arima HoltWinters decompose stl ts window lag cmdscale biplot screeplot pairs matplot contour "
    "image persp mosaicplot pie dotchart stripchart polygon segments arrows rect grid mtext rgb rainbow "
    "heat.colors xor isTRUE isFALSE all.equal gamma beta lgamma trunc sign sinh cosh tan sin cos asin acos atan "
    "atan2 expm1 log1p strrep replace setdiff union intersect is.element append str_detect str_replace "
    "str_split str_to_upper tibble glimpse slice across everything case_when if_else fct_reorder ymd year month "
    "day "
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
)
_HIDES = re.compile(r"`|#|%[^\w\s]|\b[rR]['\"]|::")
_WRITES = re.compile(
    r"\b(?:write\w*|ggsave|png|pdf|svg|jpeg|tiff|sink|dput|dump|cat|save\w*|fwrite|write_\w+)(?:\.\w+)?\s*\((.*)",
    re.DOTALL,
)
_PACKAGES = re.compile(  # of which a function is known by its own name
    r"\b(?:base|stats|utils|graphics|grDevices|dplyr|tidyr|ggplot2|stringr|readr|tibble|lubridate|forcats|scales)::(?=[a-zA-Z])"
)
_ENDLESS = re.compile(r"\bwhile\s*\(?\s*(?:1|TRUE|T)\b|\brepeat\b|\d[eE]\d{2}")
_PROJECT = re.compile(
    r"\b(?:testthat::test_(?:local|dir|file|package)|devtools::(?:test|check|document|load_all|build)|lintr::lint\w*|"
    r"styler::style_\w+|rmarkdown::render|knitr::knit|roxygen2::roxygeni[sz]e|covr::package_coverage|targets::tar_make|"
    r"renv::status|pkgdown::build_site|readr::read_\w+|dplyr::\w+|tidyr::\w+|ggplot2::\w+)\b"
)
_CALLED = re.compile(
    r"\s*(system2?|shell\w*|eval\w*|parse|source|unlink|file\..+|load\w*|readRDS|dyn\.load|library|require\w*|Sys\..+|m?get|"
    r"exec\w*|pipe|url|download\.file|socket\w*|install\.packages|do\.call|assign|rm|remove|quit|q|setwd|\w*Namespace|\.\w+)\s*"
)


def read(code: str) -> Reading:
    code = _PACKAGES.sub("", _PROJECT.sub("print", code))
    left = _TEXT.sub(lambda match: "`" if match[0][0] == "`" else '""', code)
    hides = _HIDES.search(re.sub(r"%(?:in|o|[%*/>])%", "+", left))
    if hides or _ENDLESS.search(code) or len(code) > 800 or not _plain(code) or not handed(code, _TAKERS, _KNOWN):
        return Reading("not every name in it is known")
    texts = [text for match in _TEXT.finditer(code) for text in match.groups() if text is not None]
    if any("|" in text or "://" in text or _CALLED.fullmatch(text) for text in texts):
        return Reading("it names an address, a command or a function in a text")
    named = [text for text in texts if re.search(r"/|^\.|^~", text) and " " not in text]
    written = {path for call in _WRITES.findall(code) for path in named if path in call or is_automatic(path)}
    opened = [Opened("write" if path in written else "use", path) for path in named]
    return Reading("", tuple(opened), (), tuple(texts))


def _plain(code: str) -> bool:
    """Whether it calls nothing but what is known by its name."""
    left = _TEXT.sub('""', code)  # columns have any name; what is called, and what could be, has not
    names = set(re.findall(r"[A-Za-z_.][\w.]*", left))
    called = set(re.findall(r"([A-Za-z_.][\w.]*)\s*\(", left))
    return called <= _KNOWN and not any(map(_CALLED.fullmatch, names - _KNOWN))


def given(code: str, function: str) -> Iterator[list[str]]:
    """What a function is given, every time that it is called."""
    for match in re.finditer(rf"(?<![\w.$]){re.escape(function)}\s*\(", code, re.IGNORECASE):
        at, depth, parts = match.end(), 0, [""]
        while at < len(code):
            text = _TEXT.match(code, at)
            piece = text[0] if text else code[at]
            at += len(piece)
            if depth == 0 and piece in ")]}":
                break
            depth += (piece in "([{") - (piece in ")]}") if len(piece) == 1 else 0
            if depth == 0 and piece == ",":
                parts.append("")
            else:
                parts[-1] += piece
        yield parts


def handed(code: str, takers: Mapping[str, int], known: Collection[str]) -> bool:
    """Whether every function that is handed to another is known, or written out there."""
    for taker, place in takers.items():
        for parts in given(code, taker):
            named = [match[1] for part in parts if (match := _NAMED.match(part))]
            if not named and any(map(_KEYWORD.match, parts[: place + 1])):
                return False  # which of them is the function then, R alone knows
            for part in named or parts[place : place + 1]:
                name = part.strip().strip("'\"")
                own = re.search(rf"(?<![\w.]){re.escape(name)}\s*(?:<-|=)\s*(?:function\b|\\\()", code)
                if not (name in known or own or name == "null" or _WRITTEN_OUT.match(part)):
                    return False
    return True
