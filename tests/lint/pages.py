"""What the pages for people show is what is there: code equals its file, and links lead somewhere."""

import re
from pathlib import Path

from source import Finding, files, line_of, read

RULES = ("example", "link")

_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s#]+)(?:#[^)]*)?\)")
_EXAMPLE = re.compile(r"\((tests/examples/\w+\.cpp)\).*?```cpp\n(.*?)```", re.DOTALL)


def check(root, build=None):
    findings = []
    for path in files(root, (".md",)):
        text = read(root, path)
        folder = Path(root) / Path(path).parent
        for match in _LINK.finditer(text):
            target = match.group(1)
            if "://" not in target and not (folder / target).exists():
                findings.append(Finding("link", path, line_of(text, match.start()), f"there is no {target}"))
        for match in _EXAMPLE.finditer(text):
            source = Path(root) / match.group(1)
            if not source.exists() or source.read_text() != match.group(2):
                findings.append(Finding("example", path, line_of(text, match.start(2)),
                                        f"the code below is not that of {match.group(1)}"))
    return findings
