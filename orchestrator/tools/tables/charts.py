"""Charts as SVG, from nothing but text: bars, a line, or a pie."""

import math
from collections.abc import Sequence
from html import escape
from typing import Literal

from msgspec import Struct

Kind = Literal["bar", "line", "pie"]

_WIDTH, _HEIGHT = 800, 450
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 20, 50, 80
_COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e")
_LABELS = 16  # that fit below
_SLICES = 9
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Point(Struct, frozen=True):
    label: str
    value: float


def svg(points: Sequence[Point], kind: Kind, title: str, axis: str) -> str:
    """A picture that needs no other file. There is one point at least."""
    drawn = _pie(points) if kind == "pie" else _plane(points, kind, axis)
    heading = f'<text x="{_WIDTH / 2:g}" y="28" text-anchor="middle" font-size="18">{escape(title)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12" fill="#222">'
        f'<rect width="100%" height="100%" fill="#fff"/>{heading}{drawn}</svg>\n'
    )


def bars(points: Sequence[Point], width: int = 24) -> list[str]:
    """The same as lines of text: as long as what they stand for, nothing for what is below zero."""
    most = max((point.value for point in points), default=0.0)
    return [_bar(point.value / most * width) if most > 0 else "" for point in points]


def number(value: float) -> str:
    """As a person writes it: no more than six figures behind the point, spaces between thousands."""
    text = f"{value:,.0f}" if value == int(value) else f"{value:,.6g}" if abs(value) < 1000 else f"{value:,.2f}"
    return text.replace(",", "\u202f")


def _bar(length: float) -> str:
    if length <= 0:
        return ""
    whole, part = divmod(max(1, round(length * 8)), 8)
    return "█" * whole + (_EIGHTHS[part] if part else "")


def _plane(points: Sequence[Point], kind: Kind, axis: str) -> str:
    low, high, step = _scale([point.value for point in points])
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + tall * (high - value) / (high - low)

    pieces = []
    for count in range(round((high - low) / step) + 1):
        value = low + count * step
        pieces.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{number(round(value, 9))}</text>'
        )
    room = wide / len(points)
    middles = [_LEFT + room * (place + 0.5) for place in range(len(points))]
    if kind == "line":
        path = " ".join(f"{x:.1f},{y(point.value):.1f}" for x, point in zip(middles, points, strict=True))
        pieces.append(f'<polyline points="{path}" fill="none" stroke="{_COLOURS[0]}" stroke-width="2.5"/>')
    for x, point in zip(middles, points, strict=True):
        told = f"<title>{escape(point.label)}: {number(point.value)}</title>"
        if kind == "line":
            pieces.append(
                f'<circle cx="{x:.1f}" cy="{y(point.value):.1f}" r="3.5" fill="{_COLOURS[0]}">{told}</circle>'
            )
        else:
            top, bottom = sorted((y(point.value), y(0)))
            pieces.append(
                f'<rect x="{x - room * 0.4:.1f}" y="{top:.1f}" width="{room * 0.8:.1f}" height="{bottom - top:.1f}"'
                f' fill="{_COLOURS[0]}">{told}</rect>'
            )
    pieces.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#222"/>')
    every = math.ceil(len(points) / _LABELS)
    for x, point in list(zip(middles, points, strict=True))[::every]:
        at = f"{x:.1f} {_HEIGHT - _BOTTOM + 18}"
        pieces.append(
            f'<text transform="translate({at}) rotate(-35)" text-anchor="end">{escape(_short(point.label))}</text>'
        )
    middle = _TOP + tall / 2
    pieces.append(f'<text transform="translate(16 {middle:g}) rotate(-90)" text-anchor="middle">{escape(axis)}</text>')
    return "".join(pieces)


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """From where to where, in steps of 1, 2 or 5 times a power of ten; zero is always there."""
    low, high = min(0.0, *values), max(0.0, *values)
    if low == high:
        high = 1.0
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if rough <= power * factor)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _pie(points: Sequence[Point]) -> str:
    ranked = sorted((point for point in points if point.value > 0), key=lambda point: -point.value)
    if len(ranked) > _SLICES:
        rest = sum(point.value for point in ranked[_SLICES - 1 :])
        ranked = [*ranked[: _SLICES - 1], Point("…", rest)]
    whole = sum(point.value for point in ranked) or 1.0
    x, y, radius = 260.0, 245.0, 170.0
    pieces, angle = [], -math.pi / 2
    for place, point in enumerate(ranked):
        colour, share = _COLOURS[place % len(_COLOURS)], point.value / whole
        end = angle + share * 2 * math.pi
        if share > 0.9999:
            pieces.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>')
        else:
            start = f"{x + radius * math.cos(angle):.1f} {y + radius * math.sin(angle):.1f}"
            stop = f"{x + radius * math.cos(end):.1f} {y + radius * math.sin(end):.1f}"
            arc = f"M{x} {y}L{start}A{radius} {radius} 0 {int(share > 0.5)} 1 {stop}Z"
            pieces.append(f'<path d="{arc}" fill="{colour}" stroke="#fff"/>')
        angle, row = end, 100 + place * 30
        said = f"{escape(_short(point.label, 24))}: {number(point.value)} ({share:.1%})"
        square = f'<rect x="490" y="{row - 11}" width="14" height="14" fill="{colour}"/>'
        pieces.append(f'{square}<text x="512" y="{row}">{said}</text>')
    return "".join(pieces)


def _short(label: str, most: int = 16) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"
