"""app/run.sh: what it says before it does anything, how fast a second start is, and who can reach a virtual display."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from support import PROGRAM, TOP, Case, main, wait_until


def descendants(pid):
    """`pid` and every process below it."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = set(), [pid]
    while todo:
        current = todo.pop()
        found.add(current)
        todo += children.get(current, [])
    return found


def listening_addresses(pids):
    """(address, port) on which these processes take network connections, over IPv4 and IPv6."""
    inodes = set()
    for pid in pids:
        try:
            for link in Path(f"/proc/{pid}/fd").iterdir():
                match = re.match(r"socket:\[(\d+)\]", os.readlink(link))
                if match:
                    inodes.add(match.group(1))
        except OSError:
            continue
    found = set()
    for name, family, width in (("tcp", socket.AF_INET, 8), ("tcp6", socket.AF_INET6, 32)):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address[i:i + 8])[::-1] for i in range(0, width, 8)]
                found.add((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return found


class ScriptCase(Case):
    def setUp(self):
        super().setUp()
        self.environment["GROVE_BUILD_DIR"] = str(Path(PROGRAM).parents[1])

    def run_script(self, *arguments):
        return subprocess.run(["sh", TOP / "app/run.sh", *arguments], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)


class StartScript(ScriptCase):
    def test_help_tells_all(self):
        result = self.run_script("--help")
        self.assertEqual(result.returncode, 0)
        for word in ("--vnc", "--build-only", "--import", "--print", "--data", "--schedulers"):
            self.assertIn(word, result.stdout)

    def test_without_a_display_it_names_the_ways_before_it_builds(self):
        self.environment["GROVE_BUILD_DIR"] = str(self.folder / "nothing built")
        result = self.run_script()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, "No display found. In a terminal: grove --print --list NAME. From another "
                                        "computer: sh app/run.sh --vnc. Virtual: xvfb-run sh app/run.sh.\n")
        self.assertFalse((self.folder / "nothing built").exists())

    def test_a_second_start_takes_less_than_two_seconds_and_passes_arguments_on(self):
        self.run_script("--build-only")
        todos = self.folder / "todos.csv"
        todos.write_text("2023-12-19,Dentist\n")
        began = time.monotonic()
        result = self.run_script("--data", self.data, "--import", todos, "--list", "Bob's list")
        self.assertLess(time.monotonic() - began, 2.0)
        self.assertEqual((result.returncode, result.stdout), (0, "imported 1, rejected 0\n"))
        self.assertEqual(self.run_script("--data", self.data, "--print", "--list", "Bob's list").stdout,
                         "2023-12-19,Dentist\n")

    def test_the_script_ends_with_the_status_of_the_program(self):
        self.assertEqual(self.run_script("--data", self.data, "--print").returncode, 2)

    def test_missing_packages_are_counted_and_one_line_to_install_them_is_printed(self):
        tools = self.folder / "bin"
        tools.mkdir()
        for name, text in (("dpkg-query", "exit 1"), ("apt-get", "echo \"'http://x/y' y 41000000 z\""),
                           ("id", "echo 1000"), ("sudo", "exit 1")):
            (tools / name).write_text(f"#!/bin/sh\n{text}\n")
            (tools / name).chmod(0o755)
        self.environment["PATH"] = f"{tools}:{self.environment['PATH']}"
        result = self.run_script("--build-only")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"^Ahead: \d+ packages and what they need \(41 MB to download\), then \d+ files "
                                        r"to build: about \d+ min on \d+ cores\.\n$")
        line = result.stderr.splitlines()[-1]
        self.assertTrue(line.startswith("sudo apt-get install --no-install-recommends clang-19 "), line)
        self.assertIn(" qt6-wayland", line)
        self.assertNotIn("x11vnc", line)


class VirtualDisplay(ScriptCase):
    @staticmethod
    def terminate(script):
        """The servers of the display have sessions of their own: it is the script that ends them."""
        if script.poll() is None:
            script.send_signal(signal.SIGTERM)
            script.wait(timeout=30)

    def start_vnc(self):
        script = self.start(["sh", TOP / "app/run.sh", "--vnc", "--data", self.data], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
        self.addCleanup(self.terminate, script)
        for line in script.stdout:
            match = re.match(r"Grove's window is served on 127\.0\.0\.1:(\d+), on this computer only\. Password: (\w+)$",
                             line)
            if match:
                return script, int(match.group(1)), match.group(2)
        raise AssertionError("the script ended before it said where the window is")

    def test_nothing_listens_but_on_this_computer(self):
        script, port, password = self.start_vnc()
        wait_until(lambda: any(Path(f"/proc/{p}/comm").read_text() == "grove\n" for p in descendants(script.pid)
                               if Path(f"/proc/{p}/comm").exists()), "the program is up")
        self.assertEqual(listening_addresses(descendants(script.pid)), {("127.0.0.1", port)})
        self.assertEqual(len(password), 8)
        for pid in descendants(script.pid):
            command = Path(f"/proc/{pid}/cmdline")
            if command.exists():
                self.assertNotIn(password, command.read_text())

    def test_a_viewer_is_asked_for_the_password(self):
        _, port, _ = self.start_vnc()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as viewer, viewer.makefile("rb") as stream:
            version = stream.read(12)
            self.assertTrue(version.startswith(b"RFB 003."))
            viewer.sendall(b"RFB 003.008\n")
            count = stream.read(1)[0]
            offered = set(stream.read(count))
            self.assertNotIn(1, offered, "security type 1 is none at all")
            self.assertIn(2, offered)
            viewer.sendall(b"\x02")
            stream.read(16)
            viewer.sendall(b"wrong answer 16b")
            self.assertNotEqual(stream.read(4), b"\0\0\0\0")

    def test_its_end_leaves_nothing_behind(self):
        script, _, _ = self.start_vnc()
        below = descendants(script.pid) - {script.pid}
        self.assertGreaterEqual(len(below), 3)
        script.send_signal(signal.SIGTERM)
        self.assertEqual(script.wait(timeout=30), 143)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "every process has ended")
        self.assertEqual(list((self.folder / "run").glob("grove-vnc.*")), [])


if __name__ == "__main__":
    main()
