"""The curves as an SVG: recall to the right, queries per second upwards, a panel a client count.

The recall axis is logarithmic in 1 - recall, because that is where the differences are;
the speed axis is logarithmic. No library, no script, no font of its own.
"""

import math
from xml.sax.saxutils import escape

PANEL_WIDTH, PANEL_HEIGHT = 560, 400
LEFT, RIGHT, TOP, BOTTOM, GAP = 76, 24, 84, 58, 84
LEGEND_LINE, LEGEND_COLUMN = 22, 280
RECALL_TICKS = (0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
MOST_RECALL = 0.9992
# Okabe and Ito's colours, which the colour-blind can tell apart; dark first.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5a5a5a")
MARKS = ("circle", "square", "triangle", "diamond")


def recall_place(recall):
    return -math.log10(1 - min(recall, MOST_RECALL))


class Scale:
    """A linear map from one interval to another."""

    def __init__(self, low, high, start, end):
        self.low, self.start = low, start
        self.factor = (end - start) / (high - low)

    def __call__(self, value):
        return self.start + (value - self.low) * self.factor


def mark(kind, x, y, colour):
    style = f'fill="{colour}" stroke="#fff" stroke-width="1"'
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.2" {style}/>'
    corners = {"square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
               "triangle": ((0, -5.2), (5, 4), (-5, 4)),
               "diamond": ((0, -5.6), (5.6, 0), (0, 5.6), (-5.6, 0))}[kind]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" {style}/>'


def text(x, y, content, anchor="middle", size=12, colour="#333", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{colour}" {extra}>{escape(content)}</text>')


def line(x1, y1, x2, y2, colour="#e4e4e4", width=1, extra=""):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}" {extra}/>')


def short(value):
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def speed_ticks(low, high):
    """1, 2 and 5 of each decade that are inside."""
    ticks = [step * 10 ** power for power in range(-2, 8) for step in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def panel_lines(systems, clients):
    """(style number, name, points by rising recall) of each system measured so."""
    lines = []
    for number, system in enumerate(systems):
        points = [(point["recall"], point["medians"][clients]["qps"])
                  for point in system.get("curve", [])
                  if point.get("medians", {}).get(clients)]
        if points:
            lines.append((number, system["name"], sorted(points)))
    return lines


def limits(panels, floors):
    recalls = [recall for lines in panels for _, _, points in lines for recall, _ in points]
    speeds = [speed for lines in panels for _, _, points in lines for _, speed in points] + floors
    worst = max((tick for tick in (0, *RECALL_TICKS) if tick <= min(recalls)), default=0)
    low, high = math.log10(min(speeds)), math.log10(max(speeds))
    room = max(0.08, 0.06 * (high - low))
    return recall_place(worst), recall_place(MOST_RECALL) + 0.05, low - room, high + room


def draw_axes(left, x, y, low, high, title):
    """Frame, grid, ticks and the names of both axes."""
    bottom, right = TOP + PANEL_HEIGHT, left + PANEL_WIDTH
    frame = f'<rect x="{left}" y="{TOP}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}"'
    out = [f'{frame} fill="#fff"/>']
    for tick in RECALL_TICKS:
        at = x(recall_place(tick))
        if left - 0.5 <= at <= right:
            out += [line(at, TOP, at, bottom), text(at, bottom + 18, f"{tick:g}")]
    for tick in speed_ticks(10 ** low, 10 ** high):
        at = y(math.log10(tick))
        out += [line(left, at, right, at), text(left - 8, at + 4, short(tick), "end")]
    out.append(f'{frame} fill="none" stroke="#8a8a8a"/>')
    middle = TOP + PANEL_HEIGHT / 2
    out += [text(left + PANEL_WIDTH / 2, bottom + 42, "recall (scale: log of 1 - recall)", size=13),
            text(left - 54, middle, "queries per second", size=13,
                 extra=f'transform="rotate(-90 {left - 54:.1f} {middle:.1f})"'),
            text(left + PANEL_WIDTH / 2, TOP - 12, title, size=14, extra='font-weight="600"')]
    return out


def draw_floor(number, left, y, name, speed):
    """Servers on one machine have nearly the same: their names stand at either end."""
    at = y(math.log10(speed))
    x, anchor = ((left + PANEL_WIDTH - 6, "end"), (left + 6, "start"))[number % 2]
    return [line(left, at, left + PANEL_WIDTH, at, "#777", 1.2, 'stroke-dasharray="6 4"'),
            text(x, at - 5, f"point query by key, {name}", anchor, 11, "#666")]


def draw_curve(number, points, x, y):
    colour, kind = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
    places = [(x(recall_place(recall)), y(math.log10(speed))) for recall, speed in points]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2" '
            'stroke-linejoin="round"/>', *(mark(kind, px, py, colour) for px, py in places)]


def draw_legend(names, top, width):
    """Rows of as many columns as fit."""
    columns = max(1, min(len(names), (width - LEFT - RIGHT) // LEGEND_COLUMN))
    out = []
    for position, (number, name) in enumerate(names):
        x = LEFT + position % columns * LEGEND_COLUMN
        y = top + position // columns * LEGEND_LINE
        colour = COLOURS[number % len(COLOURS)]
        out += [line(x, y, x + 30, y, colour, 2.2),
                mark(MARKS[number % len(MARKS)], x + 15, y, colour),
                text(x + 38, y + 4.5, name, "start", 13)]
    return out, math.ceil(len(names) / columns) * LEGEND_LINE


def machine_line(machine):
    return f"{machine['cpu']}, {machine['processors']} processors"


def render(result):
    """The whole document, or None when nothing was measured."""
    systems, data = result["systems"], result["dataset"]
    chosen = [(clients, panel_lines(systems, clients)) for clients in ("1", "2")]
    chosen = [(clients, lines) for clients, lines in chosen if lines]
    if not chosen:
        return None
    floors = {clients: [(server["name"], server["floor"][clients]["qps"])
                        for server in result["servers"] if server["floor"].get(clients)]
              for clients, _ in chosen}
    left_edge, right_edge, low, high = limits(
        [lines for _, lines in chosen], [qps for some in floors.values() for _, qps in some])
    width = LEFT + len(chosen) * PANEL_WIDTH + (len(chosen) - 1) * GAP + RIGHT
    legend, legend_height = draw_legend([(number, name) for number, name, _ in chosen[0][1]],
                                        TOP + PANEL_HEIGHT + BOTTOM + 14, width)
    height = TOP + PANEL_HEIGHT + BOTTOM + legend_height + 14
    title = (f"{data['name']}: {data['indexed_rows']:,} x {data['dims']}, {data['metric']}, "
             f"{result['options']['type']}, recall@{result['options']['k']}")
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" font-family="system-ui, Helvetica, Arial, sans-serif">',
           f'<title>{escape(title)}</title>',
           f'<rect width="{width}" height="{height}" fill="#fafafa"/>',
           text(LEFT, 34, title, "start", 18, "#111", 'font-weight="600"'),
           text(LEFT, 54, machine_line(result["machine"]), "start", 12, "#666")]
    for number, (clients, lines) in enumerate(chosen):
        left = LEFT + number * (PANEL_WIDTH + GAP)
        x = Scale(left_edge, right_edge, left, left + PANEL_WIDTH)
        y = Scale(low, high, TOP + PANEL_HEIGHT, TOP)
        out += draw_axes(left, x, y, low, high, f"{clients} client{'s' * (clients != '1')}")
        for server, (name, speed) in enumerate(floors[clients]):
            out += draw_floor(server, left, y, name, speed)
        for style, _, points in lines:
            out += draw_curve(style, points, x, y)
    return "\n".join([*out, *legend, "</svg>", ""])
