"""What the checks share: which files there are, and a view of C++ without its comments and literals."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

TREES = ("app", "core", "ui", "tests", "resources", ".ci")
TOP_FILES = ("CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md")
CPP = (".h", ".cpp")
TEXT = CPP + (".txt", ".cmake", ".json", ".md", ".sh", ".py", ".csv", ".supp", ".ts", ".desktop", ".xml", "")


@dataclass(frozen=True)
class Finding:
    """One violation. `rule` is the name that an allowance uses."""

    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


def files(root, suffixes):
    """The project's own files with these suffixes, as paths relative to `root`, sorted."""
    found = [name for name in TOP_FILES if Path(name).suffix in suffixes and (Path(root) / name).is_file()]
    for tree in TREES:
        for folder, folders, names in os.walk(Path(root) / tree):
            folders[:] = sorted(f for f in folders if f not in ("build", "__pycache__"))
            for name in names:
                if os.path.splitext(name)[1] in suffixes:
                    found.append(str((Path(folder) / name).relative_to(root)))
    return sorted(found)


def read(root, path):
    return (Path(root) / path).read_text(encoding="utf-8", errors="replace")


_TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|(?:u8|u|U|L)?R"(?P<delimiter>[^ ()\\\t\n]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def blank(text, comments=True, literals=True):
    """`text` with comments and literals replaced by spaces, so that positions and line numbers stay."""

    def replacement(match):
        token = match.group(0)
        is_comment = token.startswith(("//", "/*"))
        if (is_comment and not comments) or (not is_comment and not literals):
            return token
        inside = re.sub(r"[^\n]", " ", token)
        return inside if is_comment else '"' + inside[1:-1] + '"'

    return _TOKEN.sub(replacement, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def allowances(root):
    """{(rule, path): line number} of tests/lint/allow.txt, whose lines are: RULE PATH reason."""
    allowed = {}
    try:
        lines = read(root, "tests/lint/allow.txt").splitlines()
    except FileNotFoundError:
        return allowed
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            parts = line.split(None, 2)
            if len(parts) < 3:
                raise SystemExit(f"tests/lint/allow.txt:{number}: a line is RULE PATH reason")
            allowed[(parts[0], parts[1])] = number
    return allowed


def apply_allowances(root, findings, rules, with_unused=True):
    """Drops what is allowed; an allowance of these rules that nothing needs any more is a finding itself."""
    allowed = allowances(root)
    used = {(f.rule, f.path) for f in findings}
    kept = [f for f in findings if (f.rule, f.path) not in allowed]
    if with_unused:
        for (rule, path), number in allowed.items():
            if rule in rules and (rule, path) not in used:
                kept.append(Finding("allowance", "tests/lint/allow.txt", number,
                                    f"nothing in {path} needs '{rule}' any more: remove the line"))
    return kept
