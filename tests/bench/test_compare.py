"""The table judges as strictly as its words: made-up lines of runs, and what is said of them."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import compare  # noqa: E402
from targets import TARGETS, Target  # noqa: E402


def line(workload, schedulers=1, peer="grove", **figures):
    return json.dumps({"peer": peer, "schedulers": schedulers, "workload": workload, "ns_per_op": 100, **figures})


class Judgement(unittest.TestCase):
    def table(self, *lines):
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write("\n".join(lines))
            file.flush()
            return compare.read(file.name)

    def judge(self, target, *lines):
        return compare.reached(target, self.table(*lines))

    def printed(self, *lines):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            compare.print_table(self.table(*lines), markdown=True)
        return out.getvalue()

    def test_the_better_number_of_schedulers_hides_nothing_of_a_bound(self):
        bound = Target("churned", "most", 10, "p50_us")
        good, bad = line("churned", 1, p50_us=5), line("churned", 2, p50_us=11)
        self.assertEqual(self.judge(bound, good), ("5", True))
        self.assertEqual(self.judge(bound, good, bad), ("11 with 2", False))
        self.assertEqual(self.judge(bound, line("churned", 1, p50_us=11), line("churned", 2, p50_us=5)), ("11 with 1", False))

    def test_a_bound_holds_when_it_is_just_met(self):
        self.assertEqual(self.judge(Target("even", "most", 10, "p50_us"), line("even", p50_us=10)), ("10", True))

    def test_a_bounds_single_run_beside_two_good_ones_is_forgiven_unless_it_is_a_guarantee(self):
        runs = [line("held", 2, first_us=value) for value in (9, 30, 10)] + [line("held", 1, first_us=8)]
        self.assertEqual(self.judge(Target("held", "most", 15, "first_us"), *runs), ("10 with 2", True))
        self.assertEqual(self.judge(Target("held", "never", 15, "first_us"), *runs), ("30 with 2", False))

    def test_memory_and_latency_that_are_guaranteed_are_judged_by_the_worst_run(self):
        guaranteed = {"rss_after_ratio", "rss_growth_bytes", "first_us", "longest_wait_us", "busy_waits"}
        self.assertEqual({target.metric for target in TARGETS if target.kind == "never"}, guaranteed)
        self.assertEqual({target.kind for target in TARGETS if target.metric in guaranteed}, {"never"})

    def test_a_ratio_over_the_beam_is_between_the_better_medians_of_each(self):
        runs = [line("ring", 1, ns_per_op=10), line("ring", 2, ns_per_op=40), line("ring", 1, "beam", ns_per_op=90),
                line("ring", 2, "beam", ns_per_op=200)]
        self.assertEqual(self.judge(Target("ring", "beam", 10), *runs), ("9.0x", False))
        self.assertEqual(self.judge(Target("ring", "beam", 9), *runs), ("9.0x", True))

    def test_what_is_compared_with_another_workload_is_so_with_each_number_of_schedulers(self):
        runs = [line("base", 1, ns_per_op=100), line("base", 2, ns_per_op=50), line("typed", 1, ns_per_op=110),
                line("typed", 2, ns_per_op=100), line("typed", 4, ns_per_op=900)]
        self.assertEqual(self.judge(Target("typed", "of", 1.5, other="base"), *runs), ("2.00x with 2", False))
        self.assertEqual(self.judge(Target("base", "faster", 1.7, other="typed"), *runs), ("1.10x with 1", False))
        self.assertEqual(self.judge(Target("base", "schedulers", 2), *runs), ("2.00x", True))

    def test_what_is_missing_is_said_and_counts_neither_as_reached_nor_as_missed(self):
        self.assertEqual(self.judge(Target("ring", "beam", 10), line("ring")), ("the BEAM", None))
        self.assertEqual(self.judge(Target("ring", "most", 10, "p50_us"), line("ring")), ("a figure of Grove's", None))
        self.assertEqual(self.judge(Target("ring", "of", 2, other="base"), line("ring")), ("base", None))
        self.assertEqual(self.judge(Target("ring", "schedulers", 2), line("ring", 2)), ("1 and 2 schedulers", None))
        text = self.printed(line("ring"), line("call_from_thread", ns_per_op=2_000))
        self.assertIn("NOT JUDGED without the BEAM", text)
        self.assertIn("Targets reached: 0 of 1; not: call_from_thread.", text)
        self.assertIn("Not judged, as what they need was not measured: ring.", text)
        self.assertIn(f"Of {len(TARGETS)} targets, {len(TARGETS) - 2} are of workloads that were not run.", text)

    def test_a_peer_that_is_faster_and_a_second_scheduler_that_slows_are_said(self):
        text = self.printed(line("ring", 1, ns_per_op=100), line("ring", 2, ns_per_op=130), line("ring", 1, "go", ns_per_op=90))
        self.assertIn("BEHIND Go 90", text)
        self.assertIn("SLOWER with 2 (1.3x)", text)

    def test_what_ran_less_often_than_others_says_how_often(self):
        text = self.printed(*[line("ring")] * 3, line("churn"), *[line("spawn")] * 3, line("spawn", peer="beam"))
        self.assertIn("Medians of 3 runs", text)
        self.assertIn("| ring |", text)
        self.assertIn("| churn (1 run) |", text)
        self.assertIn("| spawn (1 or 3 runs) |", text)
        self.assertIn("One run each", self.printed(line("ring")))

    def test_further_figures_stand_apart_for_each_number_of_schedulers(self):
        self.assertIn("20 / 5 us p50", self.printed(line("ring", 1, p50_us=5), line("ring", 2, p50_us=20)))

    def test_what_is_guaranteed_is_shown_as_it_is_judged(self):
        runs = [line("links_100k", longest_wait_us=value, longest_held_us=7) for value in (40, 6_739, 50)]
        text = self.printed(*runs)
        self.assertIn("MISSED (6,739)", text)
        self.assertIn("6,739 us longest wait; 7 us of it held by Grove", text)

    def test_a_bound_is_written_as_people_write_numbers(self):
        self.assertEqual(Target("churn", "never", 1_000_000, "b").text(), "b ≤ 1,000,000 in each run")
        self.assertEqual(Target("edits", "most", 1 / 0.85, "r").text(), "r ≤ 1.18")

    def test_a_line_that_is_no_result_is_said_and_passed_over(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            table = self.table("beam crashed", line("ring"))
        self.assertEqual(list(table), ["ring"])
        self.assertIn("line 1 is no result: beam crashed", said.getvalue())

    def test_each_wish_of_a_workload_has_a_place_of_its_own(self):
        places = [(target.workload, target.kind, target.metric, target.other) for target in TARGETS]
        self.assertEqual(len(places), len(set(places)))


if __name__ == "__main__":
    unittest.main()
