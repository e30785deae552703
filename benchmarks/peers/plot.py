"""The picture: how collab compares with each peer, as dots on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from benchmarks.peers.aims import AIMS, OURS, Aim
from benchmarks.peers.figures import Figures
from benchmarks.peers.peers import PEERS

LEFT, WIDTH, ROW, TOP, BOTTOM, RIGHT = 235, 460, 24, 84, 34, 20
LEGEND_COLUMN = 230
LEAST, MOST = 0.1, 1000.0
"""Ratios at the ends of the axis; what lies beyond is drawn there."""

SHAPES = {
    "hocuspocus": '<circle class="hocuspocus" cx="{x:.1f}" cy="{y:.1f}" r="5"/>',
    "y-websocket": '<rect class="y-websocket" x="{x0:.1f}" y="{y0:.1f}" width="9" height="9"/>',
    "sharedb": '<path class="sharedb" d="M{x:.1f} {y1:.1f} l5.5 10 h-11 z"/>',
    "sharedb-postgres": '<path class="sharedb-postgres" d="M{x0:.1f} {y0:.1f} l9 9 m0 -9 l-9 9"/>',
    "pycrdt": '<path class="pycrdt" d="M{x:.1f} {y2:.1f} l6 6 l-6 6 l-6 -6 z"/>',
}
"""A shape for each peer, so that nobody needs to tell colours apart."""

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de } .even { stroke: #24292f; stroke-width: 1.5 }
.hocuspocus { fill: #0969da } .y-websocket { fill: #bf5700 } .sharedb { fill: #8250df } .pycrdt { fill: #1a7f37 }
.sharedb-postgres { stroke: #cf222e; stroke-width: 2.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 }
  .grid { stroke: #3d444d } .even { stroke: #e6edf3 }
  .hocuspocus { fill: #58a6ff } .y-websocket { fill: #f0883e } .sharedb { fill: #bc8cff } .pycrdt { fill: #3fb950 }
  .sharedb-postgres { stroke: #ff7b72 }
}
"""

SHOWN = (
    *(
        "S1 edit → other client, p50",
        "S2, 4 writers",
        "S2, 16 writers",
        "S2, 64 writers",
        "S2, 16 writers, 8 in flight",
    ),
    *(
        "S2, 64 writers: CPU an edit",
        "S3 200 documents, p99",
        "S3 CPU",
        "S4 last of 10, p50",
        "S4 last of 100, p50",
    ),
    *(
        "S4 last of 500, p50",
        "S4 CPU with 500",
        "S5 cold join",
        "S5 warm join",
        "S5 on the wire",
        "S5 loading",
    ),
    *("S7 storage, 10,000 edits", "S7 storage, 259,778 edits, packed", "Idle connection"),
)


def plot(figures: Figures) -> str:
    """An SVG picture. To the right of the line collab is better, to the left the peer."""
    rows = [(aim, found) for aim in AIMS if aim.title in SHOWN and (found := advantages(aim, figures))]
    height = TOP + ROW * len(rows) + BOTTOM
    width = LEFT + WIDTH + RIGHT
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-labelledby="title">'
        ),
        '<title id="title">How many times better collab is than each peer, for each figure</title>',
        f"<style>{STYLE}</style>",
        *_legend(),
        *_grid(len(rows)),
    ]
    for number, (aim, found) in enumerate(rows):
        y = TOP + ROW * number + ROW / 2
        parts.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(aim.title)}</text>')
        parts += [
            _dot(peer, _x(ratio), y, f"{PEERS[peer].title}: × {ratio:.2f}") for peer, ratio in found.items()
        ]
    return "\n".join([*parts, "</svg>", ""])


def advantages(aim: Aim, figures: Figures) -> dict[str, float]:
    """For each peer how many times better collab is: 2 is twice as fast, or half as much."""
    ours = figures.get(aim.case, OURS, aim.path)
    found = {}
    for peer in SHAPES:
        theirs = figures.get(aim.case, peer, aim.path)
        if ours is not None and theirs is not None and ours.median > 0 and theirs.median > 0:
            ratio = ours.median / theirs.median
            found[peer] = ratio if aim.more else 1 / ratio
    return found


def _x(ratio: float) -> float:
    place = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + WIDTH * place


def _dot(peer: str, x: float, y: float, title: str) -> str:
    shape = SHAPES[peer].format(x=x, y=y, x0=x - 4.5, y0=y - 4.5, y1=y - 5.5, y2=y - 6)
    return f"<g><title>{escape(title)}</title>{shape}</g>"


def _legend() -> Sequence[str]:
    parts = []
    for number, peer in enumerate(SHAPES):
        x, y = 16 + LEGEND_COLUMN * (number % 3), 16 + 22 * (number // 3)
        parts.append(_dot(peer, x, y, PEERS[peer].title))
        parts.append(f'<text x="{x + 12}" y="{y + 4}">{escape(PEERS[peer].title)}</text>')
    y = TOP - 18
    parts.append(f'<text class="small" x="{_x(1) + 8:.0f}" y="{y}">collab is better →</text>')
    parts.append(f'<text class="small" x="{_x(1) - 8:.0f}" y="{y}" text-anchor="end">← the peer is</text>')
    return parts


def _grid(rows: int) -> Sequence[str]:
    bottom, parts = TOP + ROW * rows, []
    for tick in (0.1, 0.5, 1.0, 2.0, 10.0, 100.0, 1000.0):
        kind = "even" if tick == 1 else "grid"
        x = _x(tick)
        parts.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom}"/>')
        parts.append(
            f'<text class="small" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">× {tick:g}</text>'
        )
    return parts
