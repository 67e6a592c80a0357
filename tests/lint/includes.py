"""Which way includes may point: the arrows of core/ARCHITECTURE.md."""

import re

from source import CPP, Finding, blank, files, line_of, read

CORE = {
    "term": set(),
    "runtime": {"term"},
    "otp": {"runtime", "term"},
    "ets": {"otp", "runtime", "term"},
    "storage": {"otp", "runtime", "term"},
    "observe": {"otp", "runtime", "term"},
    "todo": {"storage", "observe", "ets", "otp", "runtime", "term"},
    "web": {"todo", "storage", "observe", "ets", "otp", "runtime", "term"},
}
# The bridge carries out what the lists ask for through an interface of theirs (ui/todo/session.h), so it knows them and
# they do not know it.
UI = {
    "common": set(),
    "observer": {"common"},
    "todo": {"common"},
    "bridge": {"common", "todo"},
}
SQLITE_USERS = ("core/storage/", "tests/storage/", "tests/torture/", "tests/support/")

RULES = ("qt-in-core", "arrow", "sqlite", "relative-include")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_QT = re.compile(r"^(Q[A-Z]\w*|Qt[A-Z]\w*/.*|q[a-z]+\.h)$")


def wrong_arrow(path, target):
    """Why a file at `path` may not include `target`, or None."""
    parts = path.split("/")
    to = target.split("/")
    if parts[0] == "core" and len(parts) > 2:
        room = parts[1]
        if to[0] in ("ui", "app"):
            return f"core never includes {to[0]}"
        if to[0] == "grove" and len(to) > 2 and to[1] != room and to[1] not in CORE.get(room, set()):
            return f"core/{room} may not include core/{to[1]}"
    if parts[0] == "ui":
        room = parts[1] if len(parts) > 2 else None
        if to[0] == "app":
            return "ui never includes app"
        if room == "observer" and target.startswith("grove/todo/"):
            return "ui/observer never includes core/todo"
        if room in UI and to[0] == "ui" and len(to) > 2 and to[1] != room and to[1] not in UI[room]:
            return f"ui/{room} may not include ui/{to[1]}"
    return None


def check(root, build=None):
    findings = []
    for path in files(root, CPP):
        text = blank(read(root, path), literals=False)
        for match in _INCLUDE.finditer(text):
            kind, target = match.groups()
            line = line_of(text, match.start())
            if path.startswith("core/") and _QT.match(target):
                findings.append(Finding("qt-in-core", path, line, f"core never includes Qt: {target}"))
            if target == "sqlite3.h" and not path.startswith(SQLITE_USERS):
                findings.append(Finding("sqlite", path, line, "only core/storage includes sqlite3.h"))
            if kind == '"' and target.startswith("../"):
                findings.append(Finding("relative-include", path, line,
                                        f"{target} reaches around the public headers of a room"))
            why = wrong_arrow(path, target)
            if why:
                findings.append(Finding("arrow", path, line, f"{why}: {target}"))
    return findings
