"""The program without a window and without a display: importing, printing, and saying what is wrong."""

import os
import re
import signal
import subprocess
import unittest

from support import PROGRAM, Case, main


class CommandLine(Case):
    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def import_file(self, content, name="Work"):
        return self.run_program("--import", self.write("todos.csv", content), "--list", name)

    def test_imports_and_prints(self):
        result = self.import_file("2023-12-19,Dentist\n2023-12-18,Shopping\n2023-12-19,Movies\n")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, "imported 3, rejected 0\n")
        printed = self.run_program("--print", "--list", "Work")
        self.assertEqual((printed.returncode, printed.stderr), (0, ""))
        self.assertEqual(printed.stdout, "2023-12-18,Shopping\n2023-12-19,Dentist\n2023-12-19,Movies\n")

    def test_understands_what_spreadsheets_write(self):
        result = self.import_file('\ufeffdate,title\r\n2023/12/19,"Dentist, ""the good one"""\r\n\r\n2023-12-20,Größe\r\n')
        self.assertEqual((result.returncode, result.stdout), (0, "imported 2, rejected 0\n"))
        self.assertEqual(self.entries("Work"), ['2023-12-19,"Dentist, ""the good one"""', "2023-12-20,Größe"])

    def test_what_it_prints_it_imports_again(self):
        self.import_file('2023-12-19,"a, ""b"""\n2023-12-19,c\n')
        printed = self.run_program("--print", "--list", "Work").stdout
        self.assertEqual(self.import_file(printed, "Copy").stdout, "imported 2, rejected 0\n")
        self.assertEqual(self.run_program("--print", "--list", "Copy").stdout, printed)

    def test_output_that_cannot_be_written_is_no_success(self):
        self.import_file("2023-12-19,Dentist\n")
        with open("/dev/full", "w") as full:
            printed = self.start([PROGRAM, "--data", self.data, "--print", "--list", "Work"], stdout=full,
                                 stderr=subprocess.PIPE)
            self.assertIn("could not be written", printed.stderr.read())
            self.assertEqual(printed.wait(timeout=30), 1)

    def test_a_display_that_has_gone_is_no_display(self):
        self.environment["DISPLAY"] = ":47110"
        result = self.run_program()
        self.assertEqual(result.returncode, 1)
        self.assertIn("No display found", result.stderr)

    def test_names_the_lines_that_are_no_entries(self):
        result = self.import_file("2023-12-19,Dentist\n2023-02-30,Never\nno comma here\n2023-12-20,\nsoon,Later\n\n")
        self.assertEqual((result.returncode, result.stdout), (0, "imported 1, rejected 4\n"))
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 4)
        for line, number, reason in zip(lines, (2, 3, 4, 5),
                                        ("There is no 30 February", "No comma", "No title after the comma",
                                         "Not a date: 'soon'")):
            self.assertRegex(line, rf"\b{number}\b")
            self.assertIn(reason, line)

    def test_imports_ten_thousand_lines(self):
        lines = "".join(f"2024-{1 + i % 12:02}-{1 + i % 28:02},Entry {i}\n" for i in range(10_000))
        self.assertEqual(self.import_file(lines).stdout, "imported 10000, rejected 0\n")
        self.assertEqual(len(self.entries("Work")), 10_000)

    def import_measured(self, path):
        """Imports a file. Returns: status, what it said last on standard output, all of standard error, peak KB."""
        with open(self.folder / "out", "w+") as out, open(self.folder / "err", "w+") as err:
            process = self.start([PROGRAM, "--data", self.data, "--import", path, "--list", path.stem],
                                 stdout=out, stderr=err)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            return process.returncode, out.read(), err.read(), used.ru_maxrss

    def test_a_file_larger_than_a_list_can_hold_fills_it_and_costs_bounded_memory(self):
        small = self.import_measured(self.write("small.csv", "2024-01-01,Entry\n"))
        self.assertEqual(small[:3], (0, "imported 1, rejected 0\n", ""))
        large = self.write("large.csv", "".join(f"2024-01-{1 + i % 28:02},Call the plumber about pipe number {i}\n"
                                                for i in range(160_000)))
        status, out, err, kilobytes = self.import_measured(large)
        self.assertEqual((status, out), (1, "imported 150000, rejected 0\n"))
        self.assertEqual(err, "Stopped after line 150000. The list large is full: it holds 150,000 entries, the most a "
                              "list can hold. Use another list for more.\n")
        self.assertLess(kilobytes - small[3], 50_000)
        wrong = self.write("wrong.csv", "".join(f"2024-02-30,Call the plumber about pipe number {i}\n"
                                                for i in range(160_000)))
        status, out, err, kilobytes = self.import_measured(wrong)
        self.assertEqual((status, out), (1, "imported 0, rejected 160000\n"))
        self.assertEqual(len(err.splitlines()), 10_002)
        self.assertIn("\nand 150000 more lines\n", err)
        self.assertLess(kilobytes - small[3], 50_000)

    def test_an_unknown_list_is_named_with_the_lists_there_are(self):
        self.import_file("2023-12-19,Dentist\n")
        result = self.run_program("--print", "--list", "Home")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        for name in ("Home", "Inbox", "Work"):
            self.assertIn(name, result.stderr)

    def test_a_file_that_cannot_be_imported_is_named_and_nothing_is_imported(self):
        for what, path in (("missing", self.folder / "missing.csv"), ("folder", self.folder),
                           ("empty", self.write("empty.csv", "")),
                           ("binary", self.write("binary.csv", bytes(range(256)) * 64))):
            with self.subTest(what=what):
                result = self.run_program("--import", path, "--list", "Work")
                self.assertEqual(result.returncode, 1)
                self.assertIn(path.name, result.stderr)

    def test_wrong_arguments_end_with_status_2(self):
        for arguments in (["--import", "x.csv"], ["--print"], ["--nonsense"], ["todos.csv"]):
            with self.subTest(arguments=arguments):
                result = self.run_program(*arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(result.stderr.count("grove --help"), 1, result.stderr)

    def test_help_and_version_need_nothing(self):
        for option, pattern in (("--help", r"--import FILE --list NAME"), ("--version", r"^grove \d+\.\d+\.\d+\n$")):
            result = subprocess.run([PROGRAM, option], env={"PATH": ""}, text=True, capture_output=True, check=False)
            self.assertEqual(result.returncode, 0)
            self.assertTrue(re.search(pattern, result.stdout), result.stdout)

    def test_without_a_display_it_says_what_else_there_is(self):
        result = self.run_program()
        self.assertEqual(result.returncode, 1)
        self.assertIn("No display found. In a terminal: grove --print --list NAME. From another computer: "
                      "sh app/run.sh --vnc. Virtual: xvfb-run sh app/run.sh.", result.stderr)

    def test_a_folder_that_is_a_file_is_named(self):
        path = self.write("file", "x")
        result = self.run_program("--print", "--list", "Inbox", data=path)
        self.assertEqual(result.returncode, 1)
        self.assertIn(str(path), result.stderr)

    def test_a_database_that_is_none_is_left_as_it_is(self):
        self.data.mkdir()
        (self.data / "grove.db").write_text("these are not the lists you are looking for" * 100)
        before = (self.data / "grove.db").read_bytes()
        result = self.run_program("--print", "--list", "Inbox")
        self.assertEqual(result.returncode, 1)
        self.assertIn("is not a Grove database", result.stderr)
        self.assertEqual((self.data / "grove.db").read_bytes(), before)

    def test_an_import_that_is_killed_can_be_made_again_on_the_same_folder(self):
        lines = "".join(f"2024-01-01,Entry {i}\n" for i in range(200_000))
        importing = self.start([PROGRAM, "--data", self.data, "--import", self.write("big.csv", lines), "--list", "Big"],
                               stdout=subprocess.DEVNULL)
        while importing.poll() is None and not (self.data / "grove.db-wal").exists():
            pass
        importing.send_signal(signal.SIGKILL)
        importing.wait()
        self.assertEqual(self.import_file("2023-12-19,Dentist\n").stdout, "imported 1, rejected 0\n")
        check = subprocess.run(["sqlite3", self.data / "grove.db", "PRAGMA integrity_check"], text=True,
                               capture_output=True, check=True)
        self.assertEqual(check.stdout, "ok\n")


if __name__ == "__main__":
    main()
