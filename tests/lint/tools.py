"""Checks that ask clang's tools: formatting, headers that stand alone, clang-tidy, files that nothing compiles."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from source import CPP, TREES, Finding, blank, files, read

FORMAT_RULES = ("format",)
HEADER_RULES = ("header",)
# What names a precompiled header on the command line: everything has to compile without it.
PRECOMPILED = re.compile(r"-include(-pch)?|-Winvalid-pch|.*/cmake_pch\.hxx(\.pch)?")
TIDY_RULES = ("tidy",)
ORPHAN_RULES = ("orphan",)

# What is cheap and bites hardest: the traps of coroutines. `--all-checks` takes all of .clang-tidy.
COROUTINE_CHECKS = ("-*,cppcoreguidelines-avoid-reference-coroutine-parameters,"
                    "cppcoreguidelines-avoid-capturing-lambda-coroutines,misc-coroutine-hostile-raii,"
                    "bugprone-use-after-move,bugprone-dangling-handle")


def tool(name):
    path = shutil.which(f"{name}-19") or shutil.which(name)
    if not path:
        raise SystemExit(f"{name}-19 is not installed (sh tests/run.sh installs it)")
    return path


def workers():
    return max(1, len(os.sched_getaffinity(0)))


def check_format(root, build=None):
    clang_format = tool("clang-format")
    paths = files(root, CPP)
    findings = []
    for begin in range(0, len(paths), 100):
        run = subprocess.run([clang_format, "--dry-run", *paths[begin:begin + 100]], cwd=root, text=True,
                             capture_output=True, check=False)
        seen = set()
        for match in re.finditer(r"^([^:\n]+):(\d+):\d+: (?:warning|error): (.*)$", run.stderr, re.MULTILINE):
            if match.group(1) not in seen:
                seen.add(match.group(1))
                findings.append(Finding("format", match.group(1), int(match.group(2)),
                                        "not as clang-format-19 writes it"))
        if run.returncode and not seen:
            findings.append(Finding("format", paths[begin], 1, run.stderr.strip()))
    return findings


def commands(root, build):
    """{source path relative to root: (arguments of the compiler without output and source, folder)}."""
    result = {}
    for entry in json.loads((Path(build) / "compile_commands.json").read_text()):
        try:
            path = str(Path(entry["file"]).resolve().relative_to(Path(root).resolve()))
        except ValueError:
            continue
        if not path.startswith(TREES):  # what the build itself has written
            continue
        arguments = entry.get("arguments") or shlex.split(entry["command"])
        while not re.fullmatch(r"(clang\+\+|clang|g\+\+|gcc|c\+\+|cc)(-\d+)?", os.path.basename(arguments[0])):
            arguments = arguments[1:]  # what launches the compiler
        kept, skip = [], False
        for index, argument in enumerate(arguments):
            if skip:
                skip = False
            elif argument == "-Xclang" and PRECOMPILED.fullmatch(arguments[index + 1]):
                skip = True
            elif PRECOMPILED.fullmatch(argument):
                pass
            elif argument in ("-o", "-c", "-MF", "-MT", "-MQ"):
                skip = argument != "-c"
            elif argument not in (entry["file"], "-MD", "-MMD"):
                kept.append(argument)
        result[path] = (kept, entry["directory"])
    return result


def first_include(text):
    match = re.search(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', blank(text, literals=False), re.MULTILINE)
    return match.group(1) if match else None


def standing_alone(root, sources, headers):
    """Headers that a source or another header includes first, which shows that they need nothing before them."""
    known, alone = set(headers), set()
    for path in (*sources, *headers):
        name = first_include(read(root, path))
        if name:
            places = (os.path.join(os.path.dirname(path), name), name, f"core/{name.split('/')[-2]}/include/{name}"
                      if name.startswith("grove/") else name)
            alone.update(place for place in places if place in known)
    return alone


def check_headers(root, build):
    """Every header of app, core and ui compiles with nothing before it.

    A header that some source includes first is shown by the build, and one that another header includes first is shown
    with that one; the others are compiled here, with the flags of a source of the same room."""
    known = commands(root, build)
    headers = files(root, (".h",))
    alone = standing_alone(root, [path for path in known if path.endswith(".cpp")], headers)
    jobs = []
    for header in headers:
        parts = header.split("/")
        if parts[0] not in ("app", "core", "ui") or header in alone:
            continue
        users = [p for p in known if p.startswith("/".join(parts[:2]) + "/")] or [
            p for p in known if p.startswith(f"tests/{parts[1]}/")]
        if users:
            jobs.append((header, *known[sorted(users)[0]]))

    def compile_one(job):
        header, arguments, folder = job
        with tempfile.NamedTemporaryFile("w", suffix=".cpp") as probe:
            probe.write(f'#include "{Path(root).resolve() / header}"\n')
            probe.flush()
            run = subprocess.run([*arguments, "-fsyntax-only", probe.name], cwd=folder, text=True,
                                 capture_output=True, check=False)
        if run.returncode == 0:
            return None
        first = next((line for line in run.stderr.splitlines() if "error:" in line), run.stderr.strip())
        return Finding("header", header, 1, f"does not compile alone: {first}")

    with ThreadPoolExecutor(workers()) as pool:
        return [finding for finding in pool.map(compile_one, jobs) if finding]


def check_orphans(root, build):
    """Every source is compiled by the build: a test that nobody listed cannot fail."""
    known = commands(root, build)
    return [Finding("orphan", path, 1, "nothing compiles this file: list it in its CMakeLists.txt")
            for path in files(root, (".cpp",)) if path not in known and not path.startswith("tests/fuzz/")]


def check_tidy(root, build, all_checks=False):
    """clang-tidy: the traps of coroutines over the sources of core that hold one, or everything over everything."""
    clang_tidy = tool("clang-tidy")
    sources = sorted(path for path in commands(root, build) if path.endswith(".cpp"))
    options = []
    if not all_checks:
        sources = [path for path in sources if path.startswith(("core/", "app/"))
                   and re.search(r"\bco_(await|return|yield)\b", blank(read(root, path)))]
        options = [f"--checks={COROUTINE_CHECKS}"]

    def tidy_one(source):
        run = subprocess.run([clang_tidy, "-p", str(build), "--quiet", "--warnings-as-errors=*", *options,
                              str(Path(root) / source)], cwd=root, text=True, capture_output=True, check=False)
        prefix = str(Path(root).resolve()) + "/"
        found = [Finding("tidy", path.replace(prefix, ""), int(line), message)
                 for path, line, message in re.findall(r"^([^:\n]+):(\d+):\d+: (?:warning|error): (.*)$", run.stdout,
                                                       re.MULTILINE)]
        if run.returncode and not found:
            found = [Finding("tidy", source, 1, (run.stdout + run.stderr).strip())]
        return found

    with ThreadPoolExecutor(workers()) as pool:
        findings = {finding for found in pool.map(tidy_one, sources) for finding in found}
    return sorted(findings, key=lambda f: (f.path, f.line))
