"""Line charts as SVG, drawn by hand: no more than the documentation needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 36, 44
COLOURS = ("#1f5f8b", "#b5472f", "#3c7a3c", "#7a4b94", "#8a6d1f")
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
        parts.append(f'<line x1="{x:.1f}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>')
        parts.append(_text(8, y + 4, f"{value:.2f}", 11))
    for x in sorted(set(xs)):
        parts.append(_text(place(x, low)[0] - 8, HEIGHT - BOTTOM + 16, f"{x:g}", 11))
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        dashes = ' stroke-dasharray="6 4"' if number % 2 else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(_text(WIDTH - RIGHT + 8, TOP + 18 * number + 8, name, 12, colour))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
    body = "\n".join(parts)
    return (
        f'{head} aria-label="{escape(title)}" font-family="sans-serif">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, size: int, colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
