"""Draws measured growth as SVG, both axes logarithmic, so that what is proportional is a straight line that rises by one decade in one; and prints the tables."""
import json
import math
import os

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 380, 64, 210, 40, 50
COLOURS = ["#1b6ca8", "#c8553d", "#3a7d44", "#7b4b94", "#946c00", "#444444"]
FONT = 'font-family="sans-serif" font-size="12"'
# name, title, what the x axis counts, rows of that axis, what the y axis shows, its unit, [(label, operation, key)]
CHARTS = [
    ("growth-files-cpu", "CPU time against files of 40 bytes", "files", "seconds",
     [("first, agent", "first", "agent_cpu"), ("unchanged, agent", "unchanged", "agent_cpu"), ("restore, agent", "restore", "agent_cpu"),
      ("first, four daemons", "first", "daemons_cpu"), ("ls of one path", "ls path", "command_cpu"), ("restore of one path", "restore path", "agent_cpu")]),
    ("growth-files-memory", "peak anonymous memory against files of 40 bytes", "files", "MiB",
     [("first, agent", "first", "agent_memory"), ("unchanged, agent", "unchanged", "agent_memory"), ("restore, agent", "restore", "agent_memory"),
      ("first, one daemon", "first", "daemon_memory"), ("ls of one path (all pages)", "ls path", "command_memory"),
      ("restore of one path", "restore path", "agent_memory")]),
    ("growth-bytes-cpu", "CPU time against bytes that repeat", "bytes", "seconds",
     [("first, agent", "first", "agent_cpu"), ("unchanged, agent", "unchanged", "agent_cpu"), ("restore, agent", "restore", "agent_cpu"),
      ("first, four daemons", "first", "daemons_cpu")]),
    ("growth-bytes-memory", "peak anonymous memory against bytes that repeat", "bytes", "MiB",
     [("first, agent", "first", "agent_memory"), ("unchanged, agent", "unchanged", "agent_memory"), ("restore, agent", "restore", "agent_memory"),
      ("first, one daemon", "first", "daemon_memory")]),
]
SMALLEST = {"seconds": 0.01, "MiB": 1.0}      # what is less cannot be measured, and is drawn there


def rows_of(path):
    """The last measurement of each operation."""
    rows = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            rows[row["axis"], row["count"], row["operation"]] = row
    return rows


def value_of(row, key):
    return row[key] / 2**20 if key.endswith("memory") else row[key]


def decades(values):
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


class Scale:
    def __init__(self, values, begin, end):
        self.low, self.high = decades(values)
        self.begin, self.end = begin, end

    def at(self, value):
        return self.begin + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.begin)

    def marks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def mark_text(value):
    power = round(math.log10(value))
    return f"{value:g}" if -3 <= power <= 3 else f"10<tspan dy='-5' font-size='9'>{power}</tspan>"


def svg(title, axis, unit, series):
    across = Scale([x for _, points in series for x, _ in points], LEFT, WIDTH - RIGHT)
    up = Scale([y for _, points in series for _, y in points], HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="22" font-size="14">{title}</text>']
    for mark in across.marks():
        out.append(f'<line x1="{across.at(mark):.1f}" x2="{across.at(mark):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>'
                   f'<text x="{across.at(mark):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{mark_text(mark)}</text>')
    for mark in up.marks():
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up.at(mark):.1f}" y2="{up.at(mark):.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 8}" y="{up.at(mark) + 4:.1f}" text-anchor="end">{mark_text(mark)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{axis}</text>'
               f'<text x="16" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2})">{unit}</text>')
    for number, (label, points) in enumerate(series):
        colour, line = COLOURS[number], TOP + 12 + 18 * number
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in points)}"/>')
        out += [f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        out.append(f'<line x1="{WIDTH - RIGHT + 10}" x2="{WIDTH - RIGHT + 26}" y1="{line - 4}" y2="{line - 4}" stroke="{colour}" stroke-width="2"/>'
                   f'<text x="{WIDTH - RIGHT + 30}" y="{line}" font-size="11">{label}</text>')
    return "\n".join(out) + "\n</svg>\n"


def print_table(rows, axis):
    print(f"\n| {axis} | operation | wall s | agent CPU s | agent MiB | daemons CPU s | daemon MiB | command CPU s | read by daemons MB |\n" + "| --- " * 9 + "|")
    for (of, count, operation), row in sorted(rows.items(), key=lambda item: item[0][1]):
        if of == axis:
            print(f"| {count:,} | {operation} | {row['wall']:.2f} | {row['agent_cpu']:.2f} | {value_of(row, 'agent_memory'):.0f} | {row['daemons_cpu']:.2f} | "
                  f"{value_of(row, 'daemon_memory'):.0f} | {row['command_cpu']:.2f} | {row['read'] / 1e6:.2f} |")


def draw(measured, docs):
    rows = rows_of(measured)
    for name, title, axis, unit, lines in CHARTS:
        series = []
        for label, operation, key in lines:
            points = sorted((count, max(SMALLEST[unit], value_of(row, key))) for (of, count, did), row in rows.items() if of == axis and did == operation)
            if points:
                series.append((label, points))
        with open(os.path.join(docs, name + ".svg"), "w", encoding="utf-8") as file:
            file.write(svg(title, axis, unit, series))
    for axis in sorted({axis for axis, _, _ in rows}):
        print_table(rows, axis)
