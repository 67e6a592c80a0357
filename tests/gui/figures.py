"""Figures of the window: python3 tests/gui/figures.py PROGRAM [SECONDS]

With 10,000 entries in a list, on a virtual display with a window manager: how long after the start of the program the
window is painted with them (five starts), and how much of one core the program uses in SECONDS (60) while nobody
touches it, with the observer open at its default refresh: split with the tree, the tree with the inspector, drawn, and
the table of processes. Use a build with optimization on a machine that does nothing else.
"""

import os
import re
import statistics
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import support
from support import DisplayCase, wait_until

ENTRIES = 10_000
STARTS = 5
SETTLE_S = 5  # after a start, before it counts as idle
VIEWS = {
    "split: list and tree": {"split": "true"},
    "tree and inspector": {"listOnTop": "false", "inspector": "true"},
    "drawn tree": {"listOnTop": "false", "drawn": "true"},
    "table of processes": {"listOnTop": "false", "page": "processes"},
}


def cpu_seconds(pid):
    """Exact: the ticks in /proc/PID/stat miss what runs for less than one."""
    return time.clock_gettime(~pid << 3 | 2)


def threads(pid):
    """Seconds by thread name."""
    used = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        used[name] = used.get(name, 0) + int((task / "schedstat").read_text().split()[0]) / 1e9
    return used


class Figures(DisplayCase):
    seconds = 60

    def setUp(self):
        super().setUp()
        file = self.folder / "everything.csv"
        days = [f"202{7 + i % 3}-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(ENTRIES)]
        file.write_text("".join(f"{day},Something to do {i}\n" for i, day in enumerate(days)))
        result = self.run_program("--import", file, "--list", "Everything", limit_s=120)
        self.assertEqual(result.returncode, 0, result.stderr)

    def show(self, view):
        drawn = view.get("drawn", "false")
        lines = ["[window]", "version=1", "size=@Size(1280 800)", "list=2"]
        lines += [f"{key}={value}" for key, value in view.items() if key != "drawn"]
        (self.data / "window.ini").write_text("\n".join([*lines, "[page-tree]", f"drawn={drawn}", ""]))

    def test_start(self):
        self.environment["GROVE_START_TIMES"] = "1"
        times = []
        for _ in range(STARTS):
            self.show({"listOnTop": "true"})
            with open(self.folder / "start", "w+") as said:
                program = self.start([support.PROGRAM, "--data", self.data, "--list", "Everything"], stderr=said)
                found = wait_until(lambda said=said: re.search(rf"painted (\d+) ms after the start, with {ENTRIES} entries",
                                                               Path(said.name).read_text()), "the entries are painted")
                times.append(int(found[1]))
                self.end(program)
        print(f"painted with {ENTRIES:,} entries: {statistics.median(times):.0f} ms after the start "
              f"(median of {STARTS}: {sorted(times)})")

    def test_idle(self):
        for name, view in VIEWS.items():
            self.show(view)
            program, _ = self.start_window()
            time.sleep(SETTLE_S)
            before, by_thread = cpu_seconds(program.pid), threads(program.pid)
            time.sleep(self.seconds)
            used = cpu_seconds(program.pid) - before
            parts = {thread: all_ - by_thread.get(thread, 0) for thread, all_ in threads(program.pid).items()}
            busiest = ", ".join(f"{thread} {seconds / self.seconds:.3%}"
                                for thread, seconds in sorted(parts.items(), key=lambda part: -part[1])[:4] if seconds)
            print(f"idle, {name}: {used / self.seconds:.2%} of one core ({busiest})", flush=True)
            self.end(program)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    support.PROGRAM = str(Path(sys.argv[1]).resolve())
    Figures.seconds = int(sys.argv[2]) if len(sys.argv) > 2 else Figures.seconds
    names = sys.argv[3:]
    unittest.main(argv=[sys.argv[0], *[f"Figures.{name}" for name in names]], verbosity=0)
