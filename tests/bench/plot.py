"""The figures of `make bench` as a picture: python3 tests/bench/plot.py build/bench.json tests/bench/bench.svg"""
import json
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

PANELS = [  # the beginning of a table's title, the heading
    ("file size", "Size of the file, bytes (tini, dumb-init and curl: without libraries)"),
    ("resident memory", "Memory of an idle PID 1 (VmRSS), kB"),
    ("wakeups", "Wakeups in 10 idle seconds"),
    ("time added", "Time added to the start of PROGRAM, µs"),
    ("CPU of PID 1 for each of 1000 orphans that wait", "CPU for each reaped orphan, µs"),
    ("SIGTERM at PID 1", "SIGTERM at PID 1 to PROGRAM's handler, µs"),
    ("one HTTP probe, CPU", "CPU of one HTTP probe, ms"),
    ("one HTTP probe, peak", "Peak memory of one HTTP probe, kB"),
]


def panel(axes, heading, values):
    numbers = [v[0] if isinstance(v, list) else v for v in values.values()]
    places = range(len(numbers), 0, -1)
    axes.barh(places, numbers, color=["#b3261e" if name == "kinglet" else "#9aa0a6" for name in values], height=0.7)
    axes.set_yticks(places, values, fontsize=9)
    axes.set_title(heading, fontsize=10, loc="left")
    axes.set_xlim(0, max(numbers) * 1.25 or 1)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    for place, number in zip(places, numbers):
        text = f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"
        axes.text(number + max(numbers) * 0.02, place, text, va="center", fontsize=9)


def main(source, target):
    with open(source, encoding="utf-8") as f:
        tables = json.load(f)
    # the same file for the same figures, and letters as letters
    plt.rcParams.update({"svg.hashsalt": "kinglet", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure, grid = plt.subplots((len(PANELS) + 1) // 2, 2, figsize=(10, 9), layout="constrained")
    for axes, (title, heading) in zip(grid.flat, PANELS):
        panel(axes, heading, next(table["values"] for name, table in tables.items() if name.startswith(title)))
    figure.savefig(target, metadata={"Date": None, "Title": "Kinglet beside its peers"})


main(sys.argv[1], sys.argv[2])
