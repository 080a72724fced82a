"""Charts as SVG, from nothing but text: bars, a line, or a pie."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal

from msgspec import Struct

from orchestrator.kernel.answers import grouped

Kind = Literal["bar", "line", "pie"]

_WIDTH, _HEIGHT = 800, 450
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 20, 60, 80
_COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e")
_LABELS = 16  # that fit below
_SLICES = 9
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Point(Struct, frozen=True):
    label: str
    value: float
    series: str = ""

    @property
    def name(self) -> str:
        return f"{self.label}, {self.series}" if self.series else self.label


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
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{grouped(round(value, 9))}</text>'
        )
    labels = list(dict.fromkeys(point.label for point in points))
    parts = list(dict.fromkeys(point.series for point in points))
    room = wide / len(labels)
    middles = {label: _LEFT + room * (place + 0.5) for place, label in enumerate(labels)}
    for place, part in enumerate(parts):
        own = [(middles[point.label], y(point.value), _told(point)) for point in points if point.series == part]
        colour = _COLOURS[place % len(_COLOURS)]
        if kind == "line":
            pieces.append(_line(own, colour))
        else:
            pieces += _columns(own, colour, y(0), room * 0.8 / len(parts), place - len(parts) / 2)
    pieces.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#222"/>')
    for label in labels[:: math.ceil(len(labels) / _LABELS)]:
        at = f"{middles[label]:.1f} {_HEIGHT - _BOTTOM + 18}"
        pieces.append(f'<text transform="translate({at}) rotate(-35)" text-anchor="end">{escape(_short(label))}</text>')
    middle = _TOP + tall / 2
    pieces.append(f'<text transform="translate(16 {middle:g}) rotate(-90)" text-anchor="middle">{escape(axis)}</text>')
    return "".join([*pieces, _legend(parts) if parts != [""] else ""])


def _told(point: Point) -> str:
    return f"<title>{escape(point.name)}: {grouped(point.value)}</title>"


def _line(own: Sequence[tuple[float, float, str]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in own)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}">{told}</circle>' for x, y, told in own]
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>{"".join(dots)}'


def _columns(
    own: Sequence[tuple[float, float, str]], colour: str, floor: float, width: float, place: float
) -> Iterator[str]:
    for x, y, told in own:
        top, bottom = sorted((y, floor))
        yield (
            f'<rect x="{x + place * width:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}"'
            f' fill="{colour}">{told}</rect>'
        )


def _legend(parts: Sequence[str]) -> str:
    room = (_WIDTH - _LEFT - _RIGHT) / len(parts)
    pieces = []
    for place, part in enumerate(parts):
        x = _LEFT + place * room
        pieces.append(
            f'<rect x="{x:.1f}" y="37" width="10" height="10" fill="{_COLOURS[place % len(_COLOURS)]}"/>'
            f'<text x="{x + 14:.1f}" y="46" font-size="11">{escape(_short(part, max(4, int(room / 7) - 2)))}</text>'
        )
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
        said = f"{escape(_short(point.label, 24))}: {grouped(point.value)} ({share:.1%})"
        square = f'<rect x="490" y="{row - 11}" width="14" height="14" fill="{colour}"/>'
        pieces.append(f'{square}<text x="512" y="{row}">{said}</text>')
    return "".join(pieces)


def _short(label: str, most: int = 16) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"
