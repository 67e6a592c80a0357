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
    "first_median_us": "us first in half of the holds", "first_round_ns_each": "ns in the first round",
    "longest_wait_us": "us longest wait", "longest_held_us": "us of it held by Grove", "bare_wake_p50_us": "us p50 for a bare wake-up",
    "bare_touch_ns_each": "ns for the first touch of the memory alone, done before", "cpu_percent": "% CPU", "switches_per_s": "switches/s",
    "ops_per_s": "/s", "sqlite_edits_per_s": "/s by SQLite alone", "batch": "edits a commit", "commit_us": "us a commit",
    "p99_over_sqlite_commit": "of SQLite's own commits at p99", "busy_waits": "busy waits",
}


# Of these the worst run is shown, as it is judged.
WORST = {target.metric for target in TARGETS if target.kind == "never"} | {"longest_held_us"}


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


def by_count(runs, metric):
    """number of schedulers -> Grove's median"""
    found = {count: median(rows, metric) for (peer, count), rows in runs.items() if peer == "grove"}
    return {count: value for count, value in found.items() if value is not None}


def highest(runs, metric):
    """number of schedulers -> Grove's worst run"""
    return {count: max(row[metric] for row in runs["grove", count] if metric in row) for count in by_count(runs, metric)}


def worst(values, which):
    """(the worst of number of schedulers -> value, and where that was, if there were others); which: max or min."""
    count = which(values, key=values.get)
    return values[count], f" with {count}" if len(values) > 1 else ""


def within(target, runs, medians):
    """A bound: the worst number of schedulers counts, and for what is never exceeded its worst run."""
    got, where = worst(highest(runs, target.metric) if target.kind == "never" else medians, max)
    return number(got) + where, got <= target.value


def beside_other(target, medians, others):
    """With the same number of schedulers, or the difference could be theirs."""
    both = [count for count in medians if count in others]
    if not both:
        return target.other, None
    if target.kind == "of":
        got, where = worst({count: medians[count] / others[count] for count in both}, max)
        return f"{got:.2f}x{where}", got <= target.value
    got, where = worst({count: others[count] / medians[count] for count in both}, min)
    return f"{got:.2f}x{where}", got >= target.value


def reached(target, table):
    """(what was got, whether it is enough); (what is missing, None) where that cannot be said."""
    runs = table[target.workload]
    medians = by_count(runs, target.metric)
    if not medians:
        return "a figure of Grove's", None
    if target.kind in ("most", "never"):
        return within(target, runs, medians)
    if target.kind in ("of", "faster"):
        return beside_other(target, medians, by_count(table.get(target.other, {}), target.metric))
    if target.kind == "beam":
        got, form, missing = ratio(best(runs, BEAM, target.metric), min(medians.values())), ".1f", "the BEAM"
    else:
        got, form, missing = ratio(medians.get(1), medians.get(2)), ".2f", "1 and 2 schedulers"
    return (missing, None) if got is None else (f"{got:{form}}x", got >= target.value)


def further(runs):
    """Figures beside the time: Grove's, the largest number of schedulers first, and the BEAM's median."""
    beam = [row for (peer, _), rows in runs.items() if peer in BEAM for row in rows]
    shown = []
    for metric, unit in FURTHER.items():
        figures = (highest if metric in WORST else by_count)(runs, metric)
        if figures:
            text = " / ".join(number(figures[count]) for count in sorted(figures, reverse=True)) + f" {unit}"
            if any(metric in row for row in beam):
                text += f" (BEAM {number(median(beam, metric))})"
            shown.append(text)
    return "; ".join(shown)


def scaling(runs):
    """How much slower a second scheduler makes it; None where that was not measured."""
    medians = by_count(runs, "ns_per_op")
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


def most_runs(table):
    return max(len(rows) for runs in table.values() for rows in runs.values())


def runs_of(runs, most):
    """A word for a workload that was not always run as often as others."""
    counts = sorted({len(rows) for rows in runs.values()})
    if counts in ([], [most]):
        return ""
    return f" ({' or '.join(map(str, counts))} run{'' if counts == [1] else 's'})"


def lines_of(table):
    """The rows of the table, and what was reached and missed: (kind of wish, whether) -> workloads."""
    wishes = collections.defaultdict(list)
    for target in TARGETS:
        wishes[target.workload].append(target)
    verdicts = collections.defaultdict(list)
    rows = []
    most = most_runs(table)
    for workload, runs in list(table.items()):
        grove = best(runs, ("grove",))
        # A call of the runtime alone is compared with a call of gen_server, which does more.
        base = table[workload.removesuffix("_raw")] if workload.removesuffix("_raw") in table else runs
        got = ratio(best(base, BEAM), grove)
        beam_peer = "beam" if any(peer == "beam" for peer, _ in runs) else "elixir"
        texts, judged = [], []
        for target in wishes[workload]:
            found, is_enough = reached(target, table)
            texts.append(target.text())
            verdicts["target", is_enough].append(workload)
            if is_enough is None:
                judged.append(f"NOT JUDGED without {found}")
            else:
                judged.append(("reached" if is_enough else "MISSED") + f" ({found})")
        raced = race(runs)
        if raced:
            verdicts["race", not raced[1]].append(workload)
            judged += [f"BEHIND {name}" for name in raced[1]]
        slower = scaling(runs)
        if slower is not None:
            verdicts["scaling", slower <= 1.2].append(workload)
            if slower > 1.2:
                judged.append(f"SLOWER with 2 ({slower:.1f}x)")
        rows.append([workload + runs_of(runs, most), by_schedulers(runs, "grove"), by_schedulers(runs, beam_peer),
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
    if verdicts["target", None]:
        print(f"Not judged, as what they need was not measured: {', '.join(dict.fromkeys(verdicts['target', None]))}.")
    elsewhere = len(TARGETS) - sum(len(verdicts["target", verdict]) for verdict in (True, False, None))
    if elsewhere:
        print(f"Of {len(TARGETS)} targets, {elsewhere} are of workloads that were not run.")


HEAD = ["workload", "Grove ns/op", "BEAM ns/op", "BEAM / Grove", "others' best", "target", "verdict", "further"]


def print_table(table, markdown):
    rows, verdicts = lines_of(table)
    counts = sorted({count for runs in table.values() for _, count in runs}, reverse=True)
    most = most_runs(table)
    often = f"Medians of {most} runs [lowest–highest], or of as many as stand beside the name" if most > 1 else "One run each"
    print(f"{often}, with {' / '.join(map(str, counts))} schedulers where there are two figures; ratios between the better "
          "medians of each, bounds against the worse, guarantees against the worst run.\n")
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
