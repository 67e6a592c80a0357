"""Pictures of the workloads curve_KIND_SIZE: cost per operation against the number of processes, both logarithmic."""

import math
import pathlib
import statistics

TITLES = {
    "ring": "One hop of a token around a ring of processes",
    "send": "A message to a random process, and its answer",
    "spawn": "A process spawned, until it waits (after a first round)",
}
PEERS = {"grove": "Grove", "beam": "Erlang/OTP"}
WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 84, 130, 56, 62

# Legible on light and on dark pages: the reader's preference decides.
STYLE = """
  text { font: 14px "DejaVu Sans", Verdana, sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: bold; }
  .back { fill: #ffffff; }
  .grid { stroke: #d8dee4; }
  .axis { stroke: #57606a; }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  .grove { stroke: #0f6b3a; fill: #0f6b3a; }
  .beam { stroke: #a3320b; fill: #a3320b; }
  .range { stroke-width: 1.5; opacity: 0.6; }
  .value { stroke: #ffffff; stroke-width: 4; paint-order: stroke; }
  .name { stroke: none; font-weight: bold; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .back { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .axis { stroke: #8b949e; }
    .grove { stroke: #56d38b; fill: #56d38b; }
    .beam { stroke: #ff9d6e; fill: #ff9d6e; }
    .value { stroke: #0d1117; }
    .name { stroke: none; }
  }
"""


class Scale:
    """A logarithmic axis: whole decades, from `low` to `high` points of the picture."""

    def __init__(self, values, low, high):
        self.first = math.floor(math.log10(min(values)) + 1e-9)
        self.last = max(math.ceil(math.log10(max(values)) - 1e-9), self.first + 1)
        self.low, self.high = low, high

    def at(self, value):
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return self.low + share * (self.high - self.low)

    def decades(self):
        return [10.0**power for power in range(self.first, self.last + 1)]


def points(table, kind, peer):
    """[(processes, median, lowest, highest)] by number of processes."""
    found = []
    for workload, runs in table.items():
        if not workload.startswith(f"curve_{kind}_"):
            continue
        costs = [row["ns_per_op"] for (who, _), rows in runs.items() if who == peer for row in rows]
        if costs:
            found.append((int(workload.rsplit("_", 1)[1]), statistics.median(costs), min(costs), max(costs)))
    return sorted(found)


def picture(title, series):
    """The SVG of {peer: points}."""
    x = Scale([point[0] for line in series.values() for point in line], LEFT, WIDTH - RIGHT)
    y = Scale([cost for line in series.values() for point in line for cost in point[1:]], HEIGHT - BOTTOM, TOP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
        f"<style>{STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="32">{title}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">processes</text>',
        f'<text transform="translate(20 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
        "ns per operation</text>",
    ]
    for value in x.decades():
        out.append(f'<path class="grid" d="M{x.at(value):.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{x.at(value):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{value:,.0f}</text>')
    for value in y.decades():
        out.append(f'<path class="grid" d="M{LEFT} {y.at(value):.1f}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y.at(value) + 5:.1f}" text-anchor="end">{value:,.0f}</text>')
    out.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    for peer, line in series.items():
        way = "L".join(f"{x.at(size):.1f} {y.at(cost):.1f}" for size, cost, _, _ in line)
        out.append(f'<path class="line {peer}" style="fill: none" d="M{way}"/>')
        for size, cost, lowest, highest in line:
            out.append(f'<path class="range {peer}" d="M{x.at(size):.1f} {y.at(lowest):.1f}V{y.at(highest):.1f}"/>')
            out.append(f'<circle class="{peer}" cx="{x.at(size):.1f}" cy="{y.at(cost):.1f}" r="4"/>')
            # The first stands beside the axis, not on its figures.
            shift, anchor = (6, "start") if size == line[0][0] else (0, "middle")
            out.append(f'<text class="value" x="{x.at(size) + shift:.1f}" y="{y.at(cost) - 10:.1f}" '
                       f'text-anchor="{anchor}">{cost:,.0f}</text>')
        size, cost = line[-1][:2]
        out.append(f'<text class="name {peer}" x="{x.at(size) + 26:.1f}" y="{y.at(cost) + 5:.1f}">{PEERS[peer]}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def write(table, folder):
    """Writes a picture for each kind that was measured. Returns: their paths."""
    written = []
    for kind, title in TITLES.items():
        series = {peer: line for peer in PEERS if (line := points(table, kind, peer))}
        if not series:
            continue
        path = pathlib.Path(folder) / f"{kind}.svg"
        path.write_text(picture(title, series), encoding="utf-8")
        written.append(path)
    return written
