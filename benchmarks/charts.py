"""Line charts as SVG, drawn by hand: no more than the documentation needs. They follow the reader's light or
dark setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 36, 44
LETTER = 6.5  # width of a digit on the axis
COLOURS = (("#1f5f8b", "#7fb8e6"), ("#b5472f", "#f0977f"), ("#3c7a3c", "#8fcf8f"), ("#7a4b94", "#c9a3e0"))
DASHES = ("", ' stroke-dasharray="6 4"', ' stroke-dasharray="2 3"')
Points = Sequence[tuple[float, float]]


def line_chart(title: str, across: str, lines: Mapping[str, Points], low: float, high: float) -> str:
    """An SVG of named lines; y between `low` and `high`, x from the data."""
    xs = [x for points in lines.values() for x, _ in points]
    first, last = min(xs), max(*xs, min(xs) + 1e-9)

    def place(x: float, y: float) -> tuple[float, float]:
        inside = min(max(y, low), high)
        return (
            LEFT + (x - first) / (last - first) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (inside - low) / (high - low) * (HEIGHT - TOP - BOTTOM),
        )

    parts = [_text(LEFT, 20, title, 14), _text(LEFT, HEIGHT - 8, across, 12)]
    for step in range(5):
        value = low + step * (high - low) / 4
        x, y = place(first, value)
        parts.append(f'<line x1="{x:.1f}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(_text(8, y + 4, f"{value:.2f}", 11))
    free = 0.0  # where the next label on the axis may begin
    for x in sorted(set(xs)):
        begin = place(x, low)[0] - 8
        if begin >= free:
            parts.append(_text(begin, HEIGHT - BOTTOM + 16, f"{x:g}", 11))
            free = begin + LETTER * (len(f"{x:g}") + 1)
    for number, (name, points) in enumerate(lines.items()):
        kind = f"c{number % len(COLOURS)}"
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        dashes = DASHES[number % len(DASHES)]
        parts.append(f'<polyline points="{path}" class="line {kind}"{dashes}/>')
        parts.append(_text(WIDTH - RIGHT + 8, TOP + 18 * number + 8, name, 12, kind))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    body = "\n".join(parts)
    return (
        f'{head} aria-label="{escape(title)}" font-family="sans-serif">\n'
        f'<style>{_style()}</style>\n<rect width="{WIDTH}" height="{HEIGHT}" class="paper"/>\n'
        f"{body}\n</svg>\n"
    )


def _style() -> str:
    """Colours of both settings, each with enough contrast on its paper."""
    return (
        f"{_colours(0, '#ffffff', '#222222', '#cccccc')} .line {{ fill: none; stroke-width: 2 }} "
        f"@media (prefers-color-scheme: dark) {{ {_colours(1, '#15191e', '#e6e6e6', '#444c56')} }}"
    )


def _colours(setting: int, paper: str, ink: str, grid: str) -> str:
    lines = " ".join(
        f"polyline.c{n} {{ stroke: {pair[setting]} }} text.c{n} {{ fill: {pair[setting]} }}"
        for n, pair in enumerate(COLOURS)
    )
    return f".paper {{ fill: {paper} }} text {{ fill: {ink} }} .grid {{ stroke: {grid} }} {lines}"


def _text(x: float, y: float, text: str, size: int, kind: str = "ink") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" class="{kind}">{escape(text)}</text>'
