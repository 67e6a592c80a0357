"""The program with its window, on a display with a window manager, used by keyboard as a person would."""

import os
import signal
import subprocess
import time

from support import PROGRAM, DisplayCase, main, wait_until

WELCOME = "Welcome to Grove"


class Window(DisplayCase):
    def test_an_entry_added_by_keyboard_is_there_after_quitting(self):
        program, _ = self.start_window()
        self.type("Buy milk")
        self.keys("Return")
        wait_until(lambda: any(line.endswith(",Buy milk") for line in self.entries(WELCOME)),
                   "the entry is on disk, as the window itself says to another start")
        self.keys("ctrl+q")
        self.assertEqual(program.wait(timeout=30), 0)
        lines = self.entries(WELCOME)
        self.assertEqual(sum(line.endswith(",Buy milk") for line in lines), 1)
        self.assertEqual(len(lines), 8)

    def test_a_second_start_brings_the_first_to_the_front(self):
        program, window = self.start_window()
        over = self.start(["xmessage", "-geometry", "600x400", "something in front"])
        wait_until(lambda: self.xdotool("getactivewindow") not in ([], [window]), "another window is in front")
        second = self.start([PROGRAM, "--data", self.data])
        self.assertEqual(second.wait(timeout=30), 0)
        wait_until(lambda: self.xdotool("getactivewindow") == [window], "the first window is in front")
        self.assertIsNone(program.poll())
        self.end(over)

    def test_command_line_verbs_are_carried_out_by_the_window(self):
        program, _ = self.start_window()
        todos = self.folder / "todos.csv"
        todos.write_text("2023-12-19,Dentist\nnot an entry\n")
        relative = subprocess.run([PROGRAM, "--data", self.data, "--import", "todos.csv", "--list", "Work"],
                                  cwd=self.folder, env={**self.environment, "DISPLAY": ""}, text=True,
                                  capture_output=True, timeout=60, check=False)
        self.assertEqual((relative.returncode, relative.stdout), (0, "imported 1, rejected 1\n"))
        self.assertIn("No comma", relative.stderr)
        self.assertEqual(self.entries("Work"), ["2023-12-19,Dentist"])
        self.assertEqual(self.run_program("--print", "--list", "Nowhere").returncode, 1)
        self.assertIsNone(program.poll())

    def test_a_window_that_does_not_answer_is_named_after_ten_seconds(self):
        program, _ = self.start_window()
        os.kill(program.pid, signal.SIGSTOP)
        began = time.monotonic()
        result = self.run_program("--print", "--list", WELCOME)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stderr, rf"Grove already has these lists open \(process {program.pid}, since \d\d:\d\d\) "
                                        r"and does not answer\.")
        self.assertTrue(9 < time.monotonic() - began < 15)
        os.kill(program.pid, signal.SIGCONT)
        wait_until(lambda: len(self.entries(WELCOME)) == 7, "it answers again")

    def test_the_socket_is_for_this_user_only(self):
        self.start_window()
        sockets = wait_until(lambda: list((self.folder / "run" / "grove").glob("*.socket")), "the socket is there")
        self.assertEqual([oct(s.stat().st_mode & 0o777) for s in sockets], ["0o600"])

    def test_the_end_of_the_session_ends_it_in_order(self):
        program, _ = self.start_window()
        self.type("Last words")
        self.keys("Return")
        wait_until(lambda: any("Last words" in line for line in self.entries(WELCOME)), "the entry is on disk")
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(timeout=30), 0)
        self.assertEqual(len(self.entries(WELCOME)), 8)

    def start_with_question(self):
        """The program on a file that is none of its own: it asks what to do. The process and its words."""
        self.data.mkdir(exist_ok=True)
        (self.data / "grove.db").write_text("this is a shopping list\n" * 100)
        program = self.start([PROGRAM, "--data", self.data])
        self.active_window(program)
        return program

    def test_a_signal_ends_the_question_at_the_start(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signal=number.name):
                program = self.start_with_question()
                program.send_signal(number)
                self.assertEqual(program.wait(timeout=30), 1)  # as for a question that is closed

    def test_a_signal_ends_the_choice_of_a_file_at_the_start(self):
        program = self.start_with_question()
        question = self.windows()
        self.keys("Return")  # the first button: Choose a backup
        wait_until(lambda: set(self.windows()) - set(question), "the files are shown")
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(timeout=30), 1)

    def test_a_list_that_is_not_there_is_said(self):
        program = self.start([PROGRAM, "--data", self.data, "--list", "Nowhere"], stderr=subprocess.PIPE)
        self.active_window(program)
        words = "There is no list named Nowhere. There are: Inbox"
        second = self.run_program("--list", "Nowhere")
        self.assertEqual(second.returncode, 1)
        self.assertIn(words, second.stderr)
        self.assertEqual(self.run_program("--list", WELCOME).returncode, 0)
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(timeout=30), 0)
        self.assertIn(words, program.stderr.read())


if __name__ == "__main__":
    main()
