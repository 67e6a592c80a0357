"""Grove's own checks of its sources: python3 tests/lint/lint.py CHECK [--root DIR] [--build DIR] [--all-checks]

CHECK is one of: includes words lengths pages scenarios format headers orphans tidy. Prints each finding as path:line: text [rule] and
ends with status 1 where there is one. What is allowed, and why, stands in allow.txt."""

import argparse
import sys
from pathlib import Path

import includes
import lengths
import pages
import scenarios
import tools
import words
from source import apply_allowances

CHECKS = {
    "includes": (includes.check, includes.RULES),
    "words": (words.check, words.RULES),
    "lengths": (lengths.check, lengths.RULES),
    "pages": (pages.check, pages.RULES),
    "scenarios": (scenarios.check, scenarios.RULES),
    "format": (tools.check_format, tools.FORMAT_RULES),
    "headers": (tools.check_headers, tools.HEADER_RULES),
    "orphans": (tools.check_orphans, tools.ORPHAN_RULES),
    "tidy": (tools.check_tidy, tools.TIDY_RULES),
}
NEED_BUILD = ("headers", "orphans", "tidy")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=sorted(CHECKS))
    parser.add_argument("--root", default=str(Path(__file__).resolve().parents[2]))
    parser.add_argument("--build")
    parser.add_argument("--all-checks", action="store_true")
    arguments = parser.parse_args()
    if arguments.check in NEED_BUILD and not arguments.build:
        parser.error(f"{arguments.check} needs --build, a configured build folder")
    check, rules = CHECKS[arguments.check]
    options = {"all_checks": True} if arguments.check == "tidy" and arguments.all_checks else {}
    findings = apply_allowances(arguments.root, list(check(arguments.root, arguments.build, **options)), rules)
    for finding in findings:
        print(finding)
    print(f"{arguments.check}: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
