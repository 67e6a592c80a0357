#!/usr/bin/env python3
"""Prints the lines of grove_bench and its peers as a table: medians, ranges, ratios, targets.

compare.py [--markdown] FILE         the table, for a terminal or for the README
compare.py --curves FOLDER FILE      pictures of the workloads curve_…

FILE: one JSON object a line, as grove_bench and the peers print them.
"""

import argparse
import collections
import json
import statistics
import sys

import curves
from targets import TARGETS

BEAM = ("beam", "elixir")
OTHERS = {"caf": "CAF", "go": "Go"}
# Figures beside the time, of which less is better, as they are shown.
FURTHER = {
    "rss_bytes_each": "B each", "kill_ns_each": "ns to kill", "list_ns_each": "ns to list", "rss_back_s": "s until memory is back",
    "rss_after_ratio": "times the memory before, then", "rss_growth_bytes": "B growth", "ns_per_skipped": "ns per skipped", "start_ns_each": "ns to start",
    "cpu_ns_each": "ns CPU each", "p50_us": "us p50", "p99_us": "us p99", "first_us": "us first",
    "longest_wait_us": "us longest wait", "longest_held_us": "us of it held by Grove", "bare_wake_p50_us": "us p50 for a bare wake-up",
    "bare_touch_ns_each": "ns for the first touch of the memory alone, done before", "cpu_percent": "% CPU", "switches_per_s": "switches/s",
    "ops_per_s": "/s", "sqlite_edits_per_s": "/s by SQLite alone", "batch": "edits a commit", "commit_us": "us a commit",
    "busy_waits": "busy waits",
}


def read(path):
    """workload -> (peer, schedulers) -> list of objects. What is no such line is said and passed over."""
    table = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                workload = row["workload"] + ("_observed" if row.get("observed") else "")
                table[workload][row["peer"], row["schedulers"]].append(row)
            except (ValueError, KeyError, TypeError):
                print(f"compare.py: line {number} is no result: {line.strip()[:100]}", file=sys.stderr)
    return table


def median(rows, metric):
    values = [row[metric] for row in rows if metric in row]
    return statistics.median(values) if values else None


def best(runs, peers, metric="ns_per_op"):
    """The least median of these peers, over all numbers of schedulers."""
    medians = [median(rows, metric) for (peer, _), rows in runs.items() if peer in peers]
    return min((value for value in medians if value is not None), default=None)


def number(value):
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.3g}M" if abs(value) < 1e8 else f"{value / 1e6:,.0f}M"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cell(rows, metric="ns_per_op"):
    """The median, with its range when there were several runs."""
    values = [row[metric] for row in rows if metric in row]
    if not values:
        return "-"
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} [{number(min(values))}–{number(max(values))}]"


def by_schedulers(runs, peer):
    """The cells of one peer, the largest number of schedulers first."""
    cells = [cell(rows) for (who, _), rows in sorted(runs.items(), key=lambda run: -run[0][1]) if who == peer]
    return " / ".join(cells) or "-"


def ratio(worse, better):
    if worse is None or better is None or better <= 0:
        return None
    return worse / better


def reached(target, table):
    """(what was got, whether it is enough); None where it was not measured."""
    runs = table[target.workload]
    grove = best(runs, ("grove",), target.metric)
    if grove is None:
        return None
    if target.kind == "most":
        return number(grove), grove <= target.value
    if target.kind == "beam":
        got = ratio(best(runs, BEAM, target.metric), grove)
        return got and (f"{got:.1f}x", got >= target.value)
    if target.kind == "schedulers":
        medians = {count: median(rows, target.metric) for (peer, count), rows in runs.items() if peer == "grove"}
        got = ratio(medians.get(1), medians.get(2))
        return got and (f"{got:.2f}x", got >= target.value)
    # With the same numbers of schedulers, or the difference could be theirs.
    both = {run for run in runs if run in table[target.other]}
    grove = best({run: runs[run] for run in both}, ("grove",), target.metric)
    other = best({run: table[target.other][run] for run in both}, ("grove",), target.metric)
    got = ratio(grove, other) if target.kind == "of" else ratio(other, grove)
    return got and (f"{got:.2f}x", got <= target.value if target.kind == "of" else got >= target.value)


def further(runs):
    grove = [row for (peer, _), rows in runs.items() if peer == "grove" for row in rows]
    beam = [row for (peer, _), rows in runs.items() if peer in BEAM for row in rows]
    shown = []
    for metric, unit in FURTHER.items():
        if any(metric in row for row in grove):
            text = f"{number(median(grove, metric))} {unit}"
            if any(metric in row for row in beam):
                text += f" (BEAM {number(median(beam, metric))})"
            shown.append(text)
    return "; ".join(shown)


def scaling(runs):
    """How much slower a second scheduler makes it; None where that was not measured."""
    medians = {count: median(rows, "ns_per_op") for (peer, count), rows in runs.items() if peer == "grove"}
    return ratio(medians.get(2), medians.get(1))


# Figures in which Grove is to be ahead of the other peers.
RACES = {"ns_per_op": "", "rss_bytes_each": " B each"}


def race(runs):
    """(what the other peers reach, those of them that are not behind Grove); None where there are none."""
    shown, ahead = [], []
    for metric, unit in RACES.items():
        grove = best(runs, ("grove",), metric)
        for peer in OTHERS:
            value = best(runs, (peer,), metric)
            if value is None or grove is None:
                continue
            name = f"{OTHERS[peer]} {number(value)}{unit}"
            shown.append(name)
            if value <= grove:
                ahead.append(name)
    return (shown, ahead) if shown else None


def lines_of(table):
    """The rows of the table, and what was reached and missed: (kind of wish, whether) -> workloads."""
    wishes = collections.defaultdict(list)
    for target in TARGETS:
        wishes[target.workload].append(target)
    verdicts = collections.defaultdict(list)
    rows = []
    for workload, runs in list(table.items()):
        grove = best(runs, ("grove",))
        # A call of the runtime alone is compared with a call of gen_server, which does more.
        base = table[workload.removesuffix("_raw")] if workload.removesuffix("_raw") in table else runs
        got = ratio(best(base, BEAM), grove)
        beam_peer = "beam" if any(peer == "beam" for peer, _ in runs) else "elixir"
        texts, judged = [], []
        for target in wishes[workload]:
            found = reached(target, table)
            texts.append(target.text())
            if found:
                verdicts["target", found[1]].append(workload)
                judged.append(("reached" if found[1] else "MISSED") + f" ({found[0]})")
            else:
                judged.append("not measured")
        raced = race(runs)
        if raced:
            verdicts["race", not raced[1]].append(workload)
            judged += [f"BEHIND {name}" for name in raced[1]]
        slower = scaling(runs)
        if slower is not None:
            verdicts["scaling", slower <= 1.2].append(workload)
            if slower > 1.2:
                judged.append(f"SLOWER with 2 ({slower:.1f}x)")
        rows.append([workload, by_schedulers(runs, "grove"), by_schedulers(runs, beam_peer),
                     "-" if got is None else f"{got:.1f}x", ", ".join(raced[0]) if raced else "-",
                     "; ".join(texts) or "-", "; ".join(judged) or "-", further(runs) or "-"])
    return rows, verdicts


def sum_up(verdicts):
    """A sentence for each kind of wish."""
    for kind, words in {"target": "Targets reached", "race": "Ahead of CAF and Go, where they run it, too",
                        "scaling": "With 2 schedulers at most 1.2 times what it takes with 1"}.items():
        yes, no = verdicts[kind, True], verdicts[kind, False]
        if yes or no:
            missed = f"; not: {', '.join(dict.fromkeys(no))}" if no else ""
            print(f"{words}: {len(yes)} of {len(yes) + len(no)}{missed}.")


HEAD = ["workload", "Grove ns/op", "BEAM ns/op", "BEAM / Grove", "others' best", "target", "verdict", "further"]


def print_table(table, markdown):
    rows, verdicts = lines_of(table)
    counts = sorted({count for runs in table.values() for _, count in runs}, reverse=True)
    print(f"Medians [lowest–highest], with {' / '.join(map(str, counts))} schedulers where there are two figures; "
          "ratios between the better medians of each.\n")
    if markdown:
        for row in [HEAD, ["---"] * len(HEAD), *rows]:
            print("| " + " | ".join(row) + " |")
    else:
        widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD) - 1)]
        for row in [HEAD, *rows]:
            print("  ".join([*(text.ljust(width) for text, width in zip(row, widths)), row[-1]]).rstrip())
    print()
    sum_up(verdicts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--curves", metavar="FOLDER")
    parser.add_argument("file")
    options = parser.parse_args()
    table = read(options.file)
    if not table:
        sys.exit("compare.py: there are no lines in that file")
    if options.curves:
        for path in curves.write(table, options.curves):
            print(path)
    else:
        print_table(table, options.markdown)


if __name__ == "__main__":
    main()
