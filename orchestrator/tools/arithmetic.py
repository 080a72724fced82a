"""Arithmetic from text: a tokenizer, a precedence climber, a table of functions.

Fractions are exact until a function such as sin needs a float. Every number is bounded before it
is computed, so that no expression takes more than a few milliseconds. Nothing is run as code.

A comma between digits is a decimal comma, except between the arguments of a function, unless those
are set apart by `;`. `%` before a number or a parenthesis is the remainder, else it is percent.
"""

import math
import re
from collections.abc import Callable
from fractions import Fraction

Number = Fraction | float

_LENGTH = 1000  # characters of an expression
_DEPTH = 50
_BITS = 14_000  # of an integer: some 4,200 digits
_FACTORIAL = 1500
_EXPONENT = 400  # of a number as written: 1e400

_NUMBER = re.compile(
    r"(?P<whole>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d*)(?:[.,](?P<part>\d+))?(?:[eE](?P<power>[+-]?\d+))?"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?![\d,])")
_WORD = re.compile(r"[^\W\d_]\w*")
_SIGN = re.compile(r"\*\*|//|[-+*/%^()!;,×÷·:−²³√]")

_PHRASES = (
    (re.compile(r"\bdivis(?:é|ée|és|e|ed|ion)\s+(?:by|par)\b|\bdivided\s+by\b", re.I), "/"),
    (re.compile(r"\bmultipli(?:é|ée|és|e|ed)\s+(?:by|par)\b", re.I), "*"),
    (re.compile(r"\b(?:square\s+root|racine(?:\s+carr[ée]e)?)(?:\s+(?:of|de|du))?\b", re.I), "sqrt"),
    (re.compile(r"\b(?:au\s+carr[ée]|squared)(?!\w)", re.I), "^2"),
    (re.compile(r"\bpou?r\s*cent\b|\bper\s*cent\b", re.I), "%"),
    (re.compile(r"(?<=\d)\s*[xX]\s*(?=[\d(])"), "*"),
)
_WORDS = {
    "plus": "+", "minus": "-", "moins": "-", "times": "*", "fois": "*", "over": "/", "sur": "/",
    "modulo": "mod", "of": "of", "de": "of", "du": "of",
    "ln": "log", "racine": "sqrt", "arrondi": "round", "moyenne": "mean", "pgcd": "gcd", "ppcm": "lcm",
}  # fmt: skip
_SIGNS = {"×": "*", "·": "*", "÷": "/", ":": "/", "−": "-", "**": "^", "√": "sqrt", ";": ","}
_POWERS = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2, "mod": 2, "of": 2, "^": 4}
_UNARY = 3
_CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau}


class BadExpression(ValueError):
    """Says, for a person, what is wrong with an expression."""


def evaluate(text: str) -> int | float:
    """The value of an expression, an int wherever it is whole. Raises BadExpression."""
    if len(text) > _LENGTH:
        raise BadExpression(f"The expression is too long: {len(text)} characters, at most {_LENGTH}.")
    try:
        value = _Parser(_tokens(text)).whole()
        if isinstance(value, Fraction):
            return value.numerator if value.denominator == 1 else float(value)
    except ZeroDivisionError:
        raise BadExpression("This divides by zero, which has no value.") from None
    except OverflowError:
        raise BadExpression("The result is too large.") from None
    if not math.isfinite(value):
        raise BadExpression("The result is not a finite number.")
    rounded = float(f"{value:.15g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _tokens(text: str) -> list[str | Fraction]:
    for pattern, replacement in _PHRASES:
        text = pattern.sub(f" {replacement} ", text)
    text = text.strip().rstrip("=? \u00a0\u202f.").removeprefix("=")
    tokens: list[str | Fraction] = []
    calls: list[bool] = []  # for every open parenthesis: whether it is a function's
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        found = _WORD.match(text, place) or _SIGN.match(text, place)
        if found is None or (found[0] == "," and text[place + 1 : place + 2].isdigit() and not any(calls)):
            separated = bool(calls and calls[-1]) and ";" not in text
            value, place = _number(text, place, separated)
            tokens.append(value)
            continue
        place = found.end()
        token = _SIGNS.get(found[0]) or _WORDS.get(found[0].lower(), found[0].lower())
        if token == "(":
            calls.append(_is_function_of_many(tokens[-1] if tokens else None))
        elif token == ")" and calls:
            calls.pop()
        tokens.append(token)
    if not tokens:
        raise BadExpression("There is no expression to compute.")
    return tokens


def _is_function_of_many(token: str | Fraction | None) -> bool:
    return isinstance(token, str) and token in FUNCTIONS and FUNCTIONS[token][2] > 1


def _number(text: str, place: int, separated: bool) -> tuple[Fraction, int]:
    if not separated and (grouped := _THOUSANDS.match(text, place)):
        if grouped[0].count(",") == 1:
            whole, part = grouped[0].split(",")
            raise BadExpression(f"{grouped[0]} can be read in two ways: write {whole}{part} or {whole}.{part}.")
        end = grouped.end()
        return Fraction(grouped[0].replace(",", "")), end
    limit = text.find(",", place) if separated and "," in text[place:] else len(text)
    found = _NUMBER.match(text, place, limit)
    if found is None or not (found["whole"] or found["part"]):
        raise BadExpression(f"{text[place:].split()[0][:20]!r} is not part of arithmetic.")
    power = int((found["power"] or "0")[:9])
    if abs(power) > _EXPONENT:
        raise BadExpression(f"{found[0]} is too large or too small (at most e{_EXPONENT}).")
    whole = re.sub(r"\s", "", found["whole"]) or "0"
    return Fraction(f"{whole}.{found['part'] or 0}") * Fraction(10) ** power, found.end()


class _Parser:
    def __init__(self, tokens: list[str | Fraction]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> Number:
        value = self._expression(0)
        if (left := self._next()) is not None:
            raise BadExpression(f"{_shown(left)} was not expected there.")
        return value

    def _next(self) -> str | Fraction | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _takes(self, token: str) -> bool:
        taken = self._next() == token
        self._place += taken
        return taken

    def _expression(self, least: int) -> Number:
        self._depth += 1
        if self._depth > _DEPTH:
            raise BadExpression(f"The expression is nested too deeply: at most {_DEPTH} levels.")
        left = self._operand()
        while isinstance(sign := self._next(), str) and (power := _POWERS.get(sign, 0)) > least:
            self._place += 1
            right = self._expression(_UNARY if sign == "^" else power)
            left = _combined(sign, left, right)
        self._depth -= 1
        return left

    def _operand(self) -> Number:
        if self._takes("-"):
            return -self._expression(_UNARY)
        if self._takes("+"):
            return self._expression(_UNARY)
        value = self._atom()
        while True:
            if self._takes("!"):
                value = _factorial(value)
            elif self._next() == "%" and self._is_percent():
                self._place += 1
                value = _combined("/", value, Fraction(100))
            elif self._takes("²"):
                value = _combined("^", value, Fraction(2))
            elif self._takes("³"):
                value = _combined("^", value, Fraction(3))
            else:
                return value

    def _is_percent(self) -> bool:
        after = self._tokens[self._place + 1] if self._place + 1 < len(self._tokens) else None
        return not (isinstance(after, Fraction) or after == "(" or after in _CONSTANTS or after in FUNCTIONS)

    def _atom(self) -> Number:
        token = self._next()
        if token is None:
            raise BadExpression("The expression ends too early.")
        self._place += 1
        if isinstance(token, Fraction):
            return token
        if token == "(":
            value = self._expression(0)
            if not self._takes(")"):
                raise BadExpression("A parenthesis is not closed.")
            return value
        if token in _CONSTANTS:
            return _CONSTANTS[token]
        if token in FUNCTIONS:
            return _applied(token, self._arguments())
        raise BadExpression(f"{_shown(token)} is not a number, a constant or a function that is known here.")

    def _arguments(self) -> list[Number]:
        if not self._takes("("):
            return [self._expression(_UNARY)]
        if self._takes(")"):
            return []
        found = [self._expression(0)]
        while self._takes(","):
            found.append(self._expression(0))
        if not self._takes(")"):
            raise BadExpression("A parenthesis is not closed.")
        return found


def _shown(token: str | Fraction) -> str:
    return f"{token[:20]!r}" if isinstance(token, str) else f"{float(token):g}"


def _bounded(value: Number) -> Number:
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > _BITS:
        raise BadExpression("The result is too large: some 4,200 digits at most.")
    return value


def _combined(sign: str, left: Number, right: Number) -> Number:
    if sign == "^":
        return _power(left, right)
    exact: dict[str, Callable[[Number, Number], Number]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "of": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "//": lambda a, b: Fraction(a // b),
        "%": lambda a, b: a % b,
        "mod": lambda a, b: a % b,
    }
    return _bounded(exact[sign](left, right))


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits > 1 and bits * abs(exponent.numerator) > 2 * _BITS:
            raise BadExpression("The result is too large: some 4,200 digits at most.")
        if abs(base) == 1:
            exponent = exponent % 2
        return _bounded(Fraction(base**exponent.numerator))
    if base < 0:
        raise BadExpression("A negative number to a power that is not whole has no real value.")
    return math.pow(base, exponent)


def _whole(value: Number, name: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = Fraction(value)
    if isinstance(value, float) or value.denominator != 1:
        raise BadExpression(f"{name} needs whole numbers.")
    return value.numerator


def _factorial(value: Number) -> Fraction:
    number = _whole(value, "factorial")
    if not 0 <= number <= _FACTORIAL:
        raise BadExpression(f"factorial is known here from 0 to {_FACTORIAL}.")
    return Fraction(math.factorial(number))


def _rounded(value: Number, digits: Number = Fraction(0)) -> Number:
    places = _whole(digits, "round")
    if abs(places) > 300:
        raise BadExpression("round keeps at most 300 digits.")
    return Fraction(round(Fraction(value), places))


def _root(value: Number) -> Number:
    if value < 0:
        raise BadExpression("The square root of a negative number has no real value.")
    if isinstance(value, Fraction):
        top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if top * top == value.numerator and bottom * bottom == value.denominator:
            return Fraction(top, bottom)
    return math.sqrt(value)


def _chosen(total: Number, taken: Number) -> Fraction:
    n, k = _whole(total, "comb"), _whole(taken, "comb")
    if not (k >= 0 and 0 <= n <= _FACTORIAL):
        raise BadExpression(f"comb is known here from 0 to {_FACTORIAL}.")
    return Fraction(math.comb(n, k))


def _integers(function: Callable[..., int], name: str) -> Callable[..., Fraction]:
    return lambda *values: Fraction(function(*(_whole(value, name) for value in values)))


def _applied(name: str, values: list[Number]) -> Number:
    function, least, most = FUNCTIONS[name]
    if not least <= len(values) <= most:
        wanted = str(least) if least == most else f"at least {least}" if most > 9 else f"{least} or {most}"
        raise BadExpression(f"{name} takes {wanted} number(s), not {len(values)}.")
    try:
        return _bounded(function(*values))
    except BadExpression:
        raise
    except ValueError:
        raise BadExpression(f"{name} has no value there.") from None


FUNCTIONS: dict[str, tuple[Callable[..., Number], int, int]] = {
    "sqrt": (_root, 1, 1),
    "cbrt": (math.cbrt, 1, 1),
    "exp": (math.exp, 1, 1),
    "log": (math.log, 1, 2),
    "log10": (math.log10, 1, 1),
    "log2": (math.log2, 1, 1),
    "sin": (math.sin, 1, 1),
    "cos": (math.cos, 1, 1),
    "tan": (math.tan, 1, 1),
    "asin": (math.asin, 1, 1),
    "acos": (math.acos, 1, 1),
    "atan": (math.atan, 1, 1),
    "sinh": (math.sinh, 1, 1),
    "cosh": (math.cosh, 1, 1),
    "tanh": (math.tanh, 1, 1),
    "degrees": (math.degrees, 1, 1),
    "radians": (math.radians, 1, 1),
    "hypot": (math.hypot, 1, 99),
    "round": (_rounded, 1, 2),
    "floor": (lambda value: Fraction(math.floor(value)), 1, 1),
    "ceil": (lambda value: Fraction(math.ceil(value)), 1, 1),
    "abs": (abs, 1, 1),
    "min": (min, 1, 99),
    "max": (max, 1, 99),
    "sum": (lambda *values: sum(values, Fraction(0)), 1, 99),
    "mean": (lambda *values: sum(values, Fraction(0)) / len(values), 1, 99),
    "factorial": (_factorial, 1, 1),
    "comb": (_chosen, 2, 2),
    "gcd": (_integers(math.gcd, "gcd"), 1, 99),
    "lcm": (_integers(math.lcm, "lcm"), 1, 9),
}
