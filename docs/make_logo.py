"""Make the logo and the favicon: ``python docs/make_logo.py``, at once and without a library.

The mark is what the library does: a window slides over a series. The page of a dark theme gets
lighter colours.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from math import cos, pi
from pathlib import Path

STATIC = Path(__file__).parent / "_static"
BLUE, ORANGE = "#0072b2", "#d55e00"
SKY, AMBER = "#56b4e9", "#f0a060"
MARK = """\
  <path d="{curve}" fill="none" stroke="{line}" stroke-width="5" stroke-linecap="round"/>
  <rect x="{left}" y="5" width="{width}" height="54" rx="7" fill="{line}" fill-opacity="0.18"
    stroke="{line}" stroke-width="4"/>
  <circle cx="{x}" cy="{y}" r="6.5" fill="{dot}"/>
"""
WORD = """\
  <text x="74" y="43" font-family="Helvetica, Arial, sans-serif" font-size="34"
    font-weight="bold" fill="{ink}">sklstm</text>
"""


def height(x):
    """Return how high the series is at x."""
    return 32 + 16 * cos(2 * pi * x / 40)


def mark(line, dot):
    """Draw the series, its window, and the value that follows the window."""
    points = [f"{x},{height(x):.1f}" for x in range(4, 61, 2)]
    return MARK.format(
        curve="M" + " L".join(points), line=line, dot=dot, left=9, width=32,
        x=53, y=round(height(53), 1),
    )  # fmt: skip


def svg(width, *parts):
    """Put parts into an SVG file that is 64 units high."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 64">\n'
    return head + "".join(parts) + "</svg>\n"


def main():
    """Write the three files."""
    files = {
        "logo_light.svg": svg(200, mark(BLUE, ORANGE), WORD.format(ink="#222832")),
        "logo_dark.svg": svg(200, mark(SKY, AMBER), WORD.format(ink="#ced6dd")),
        "favicon.svg": svg(64, mark(BLUE, ORANGE)),
    }
    for name, text in files.items():
        (STATIC / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
