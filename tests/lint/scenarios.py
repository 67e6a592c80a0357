"""Which numbered behaviours of OTP (tests/data/scenarios.txt) are shown by which test.

python3 tests/lint/scenarios.py [--root DIR] [--rows] [LETTER...]: a report; status 1 where something does not fit together.

A test names a behaviour at the very beginning of a comment or of a text, which may begin with several:
    void killCannotBeTrapped() { // P-005, P-007
    {"G-018 G-019 a call gives its reply", &callGivesReply},
Whatever stands further inside, and doc comments (///), name nothing. The kind of a showing: by the compiler in tests/compile_fail;
by terms where the words "by terms" follow the numbers, or in a file whose name ends in _terms; otherwise the typed API does it.

scenarios_open.txt: numbers that no test shows, each with the reason. scenarios_departures.txt: numbers that Grove answers differently
on purpose, each with what it does instead; a test may show that."""

import argparse
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from source import _TOKEN, Finding, files, line_of, read  # noqa: E402

RULES = ("scenario-unknown", "scenario-lost", "scenario-range", "scenario-list")

LIST = "tests/data/scenarios.txt"
OPEN = "tests/data/scenarios_open.txt"
DEPARTURES = "tests/data/scenarios_departures.txt"
KINDS = ("same", "by terms", "by the compiler")

_NUMBER = r"[A-Z]-\d{3}"
_NAMES = re.compile(rf'^(?://(?!/)\s*|"){_NUMBER}(?:[ ,]+(?:and )?{_NUMBER})*\b')
_RANGE = re.compile(rf"^\s*(?:to|-|–)\s*{_NUMBER}")
_SECTION = re.compile(r"^\[([A-Z])\] (.+)$")
_ENTRY = re.compile(rf"^({_NUMBER}) (\S.*)$")


@dataclass(frozen=True)
class Showing:
    """A place where a test names a behaviour."""

    number: str
    path: str
    line: int
    kind: str


def entries(root, path):
    """({number: text}, {letter: name}, findings) of one of the lists."""
    numbers, sections, findings = {}, {}, []
    for at, line in enumerate(read(root, path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        section, entry = _SECTION.match(line), _ENTRY.match(line)
        if section:
            sections[section.group(1)] = section.group(2)
        elif not entry:
            findings.append(Finding("scenario-list", path, at, "a line is: NUMBER text"))
        elif entry.group(1) in numbers:
            findings.append(Finding("scenario-list", path, at, f"{entry.group(1)} stands here twice"))
        else:
            numbers[entry.group(1)] = entry.group(2)
    return numbers, sections, findings


def _kind(path, rest):
    if path.startswith("tests/compile_fail/"):
        return "by the compiler"
    return "by terms" if Path(path).stem.endswith("_terms") or rest.lstrip(" ,:").startswith("by terms") else "same"


def showings(root):
    """(showings, findings): every place in tests/ that names a behaviour."""
    found, findings = [], []
    for path in files(root, (".h", ".cpp")):
        if not path.startswith("tests/"):
            continue
        text = read(root, path)
        for token in _TOKEN.finditer(text):
            names = _NAMES.match(token.group(0))
            if not names:
                continue
            line, rest = line_of(text, token.start()), token.group(0)[names.end():]
            if _RANGE.match(rest):
                findings.append(Finding("scenario-range", path, line, "name each number: a range names only its first"))
            for number in re.findall(_NUMBER, names.group(0)):
                found.append(Showing(number, path, line, _kind(path, rest)))
    return found, findings


def check(root, build=None):
    """What must never be: a test that names a number that is none, and a number that has lost its last test."""
    if not (Path(root) / LIST).exists():
        return []
    numbers, _, findings = entries(root, LIST)
    unshown, _, more = entries(root, OPEN)
    departures, _, yet_more = entries(root, DEPARTURES)
    found, ranges = showings(root)
    findings += more + yet_more + ranges
    for path, listed in ((OPEN, unshown), (DEPARTURES, departures)):
        findings += [Finding("scenario-unknown", path, 1, f"{n} is none of {LIST}") for n in listed if n not in numbers]
    findings += [Finding("scenario-unknown", s.path, s.line, f"{s.number} is none of {LIST}") for s in found if s.number not in numbers]
    shown = {s.number for s in found}
    findings += [Finding("scenario-lost", LIST, 1, f"no test names {n}, and neither {OPEN} nor {DEPARTURES} says why")
                 for n in numbers if n not in shown and n not in unshown and n not in departures]
    return findings


def stale(root):
    """Lines of scenarios_open.txt that nothing needs any more."""
    shown = {s.number for s in showings(root)[0]}
    departures = entries(root, DEPARTURES)[0]
    return [Finding("scenario-stale", OPEN, 1, f"{n} is shown by a test or is a departure: its line can go")
            for n in entries(root, OPEN)[0] if n in shown or n in departures]


def report(root, letters, rows):
    numbers, sections, _ = entries(root, LIST)
    unshown, departures = entries(root, OPEN)[0], entries(root, DEPARTURES)[0]
    tests = defaultdict(list)
    for showing in showings(root)[0]:
        tests[showing.number].append(showing)
    chosen = [n for n in numbers if not letters or n[0] in letters]
    for letter, name in sections.items():
        mine = [n for n in chosen if n[0] == letter]
        if not mine:
            continue
        by_test = defaultdict(set)
        for number in mine:
            for showing in tests[number]:
                by_test[Path(showing.path).stem].add(number)
        print(f"{letter}  {name}: {_counts(mine, tests, departures)}")
        for test, its in sorted(by_test.items(), key=lambda item: -len(item[1])):
            print(f"     {len(its):3} {test}")
    print(f"\nAll: {_counts(chosen, tests, departures)}")
    if rows:
        print("\nShown:")
        for number in (n for n in chosen if tests[n]):
            print(f"  {number} {numbers[number]}")
            for showing in tests[number]:
                print(f"        {showing.path}:{showing.line} ({showing.kind})")
    print("\nNot shown:")
    for number in (n for n in chosen if not tests[n] and n not in departures):
        print(f"  {number} {numbers[number]} | {unshown.get(number, 'no reason is given')}")
    print("\nDepartures:")
    for number in (n for n in chosen if n in departures):
        print(f"  {number} {numbers[number]} | {departures[number]}{'' if tests[number] else ' (no test)'}")


def _counts(numbers, tests, departures):
    shown = [n for n in numbers if tests[n]]
    kinds = ", ".join(f"{sum(any(s.kind == kind for s in tests[n]) for n in shown)} {kind}" for kind in KINDS)
    departing = sum(n in departures for n in numbers)
    return f"{len(shown)} of {len(numbers)} shown ({kinds}); {departing} departures, {sum(n in departures and not tests[n] for n in numbers)} of them without a test"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("letters", nargs="*", help="sections, all by default")
    parser.add_argument("--root", default=str(Path(__file__).resolve().parents[2]))
    parser.add_argument("--rows", action="store_true", help="each number with the tests that name it")
    arguments = parser.parse_args()
    report(arguments.root, arguments.letters, arguments.rows)
    findings = check(arguments.root) + stale(arguments.root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
