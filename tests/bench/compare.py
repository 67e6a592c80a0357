#!/usr/bin/env python3
"""Prints the lines of grove_bench and its peers as a table: medians, ranges, ratios.

compare.py FILE: one JSON object a line, as grove_bench and the peers print them.
"""

import collections
import json
import statistics
import sys

MORE = ["rss_bytes_each", "ns_per_skipped", "p50_us", "p99_us", "cpu_ns_each", "start_ns_each", "cpu_percent",
        "context_switches"]


def read(path):
    """(workload, schedulers) -> peer -> list of objects."""
    table = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            table[row["workload"], row["schedulers"]][row["peer"]].append(row)
    return table


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cell(rows, key):
    """The median with its range."""
    values = [row[key] for row in rows if key in row]
    if not values:
        return "-"
    return f"{number(statistics.median(values))} [{number(min(values))}–{number(max(values))}]"


def main():
    table = read(sys.argv[1])
    best_peer = {}
    for (workload, _), peers in table.items():
        for peer, rows in peers.items():
            if peer != "grove":
                median = statistics.median(row["ns_per_op"] for row in rows)
                best_peer[workload] = min(best_peer.get(workload, median), median)
    print("| workload | schedulers | Grove ns/op | BEAM ns/op | best BEAM / Grove | further |")
    print("|---|---|---|---|---|---|")
    for (workload, schedulers), peers in table.items():
        grove = peers.get("grove", [])
        beam = peers.get("beam", []) or peers.get("elixir", [])
        ratio = "-"
        # A call of the runtime alone is compared with a call of gen_server, which does more.
        base = workload.removesuffix("_raw")
        if grove and base in best_peer:
            median = statistics.median(row["ns_per_op"] for row in grove)
            ratio = f"{best_peer[base] / median:.1f}x"
        further = "; ".join(f"{key} {cell(grove, key)}" + (f", BEAM {cell(beam, key)}" if cell(beam, key) != "-" else "")
                            for key in MORE if cell(grove, key) != "-")
        print(f"| {workload} | {schedulers} | {cell(grove, 'ns_per_op')} | {cell(beam, 'ns_per_op')} | {ratio} "
              f"| {further} |")


if __name__ == "__main__":
    main()
