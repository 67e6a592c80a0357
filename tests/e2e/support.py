"""What the end-to-end tests share: the program, a virtual display with a window manager, and waiting with a limit."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("GROVE_PROGRAM", "")
LIMIT_S = 30


def wait_until(condition, what, limit_s=LIMIT_S):
    """The first true value of `condition`, looked at again and again: what is waited for lies in other programs."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(0.02)


class Case(unittest.TestCase):
    """A test with a home, a runtime folder and a data folder of its own, whose programs end with it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="grove-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = self.folder / "data"
        for name in ("home", "run"):
            (self.folder / name).mkdir(mode=0o700)
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if name not in ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "QT_QPA_PLATFORM", "DBUS_SESSION_BUS_ADDRESS")
               and not name.startswith("XDG_")},
            "HOME": str(self.folder / "home"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }

    def start(self, arguments, **options):
        """A program that runs on; ended, and its whole process group with it, when the test ends."""
        process = subprocess.Popen([str(a) for a in arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                   text=True, start_new_session=True, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        for number in (signal.SIGCONT, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

    def run_program(self, *arguments, limit_s=LIMIT_S, data=None):
        """A command-line verb on the data folder, to its end."""
        return subprocess.run([PROGRAM, "--data", str(data or self.data), *map(str, arguments)],
                              env=self.environment, stdin=subprocess.DEVNULL, text=True, capture_output=True,
                              timeout=limit_s, check=False)

    def entries(self, name):
        """The lines of a list; nothing where there is no such list or nobody answers yet."""
        result = self.run_program("--print", "--list", name)
        return result.stdout.splitlines() if result.returncode == 0 else []


class DisplayCase(Case):
    """A test with a virtual X display and a window manager."""

    def setUp(self):
        super().setUp()
        read_end, write_end = os.pipe()
        self.start(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
                   pass_fds=(write_end,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as numbers:
            self.environment["DISPLAY"] = ":" + numbers.readline().strip()
        ready = self.folder / "manager"
        self.start(["openbox", "--startup", f"touch {ready}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(ready.exists, "the window manager is up")

    def xdotool(self, *arguments):
        result = subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, text=True,
                                capture_output=True, timeout=LIMIT_S, check=False)
        return result.stdout.split() if result.returncode == 0 else []

    def start_window(self, *arguments):
        """The program with its window, which has the keyboard. Returns the process and the window's id."""
        process = self.start([PROGRAM, "--data", self.data, *arguments])
        return process, self.active_window(process)

    def active_window(self, process):
        def found():
            if process.poll() is not None:
                raise AssertionError(f"the program ended with status {process.returncode} before it had a window")
            active = self.xdotool("getactivewindow")
            return active[0] if active and self.xdotool("getwindowpid", active[0]) == [str(process.pid)] else None

        return wait_until(found, "the window is there and has the keyboard")

    def windows(self):
        return self.xdotool("search", "--onlyvisible", "--class", "grove")

    def type(self, text):
        self.xdotool("type", "--delay", "5", text)

    def keys(self, *names):
        self.xdotool("key", "--delay", "20", *names)


def main():
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        sys.exit("GROVE_PROGRAM does not name the program")
    unittest.main(verbosity=2)
