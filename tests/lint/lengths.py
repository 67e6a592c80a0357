"""How long files and functions may be: a file 400 counted lines, a function 70."""

import re

from source import CPP, Finding, blank, files, line_of, read

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
RULES = ("file-length", "function-length")


def counted(code):
    """Lines that hold something other than space and comments."""
    return sum(1 for line in code.splitlines() if line.strip())


def functions(code):
    """(first line, last line) of each outermost function body in code without comments and literals."""
    depth_inside = 0
    start = 0
    heading = 0
    for position, char in enumerate(code):
        if char == "{":
            if depth_inside:
                depth_inside += 1
                continue
            before = code[heading:position]
            if "(" in before and not _is_scope(before):
                depth_inside = 1
                start = line_of(code, heading + len(before) - len(before.lstrip()))
            heading = position + 1
        elif char == "}":
            if depth_inside:
                depth_inside -= 1
                if depth_inside == 0:
                    yield start, line_of(code, position)
            heading = position + 1
        elif char == ";" and not depth_inside:
            heading = position + 1


def _is_scope(before):
    """Whether a brace opens a namespace or a type rather than a body: its last words name one."""
    flat = re.sub(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+(\([^()]*\))?|\balignas\([^()]*\)|\b__attribute__\(\(.*?\)\)", " ", before)
    flat = re.sub(r"\btemplate\s*<[^{}]*?>\s*(?=(class|struct|union|enum)\b)", " ", flat, flags=re.DOTALL)
    flat = flat.strip()
    return bool(re.match(r"^(inline\s+)?(namespace|class|struct|union|enum|extern)\b", flat)) and not re.search(
        r"\)\s*(const|noexcept|override|final|\s)*$", flat)


def check(root, build=None):
    findings = []
    for path in files(root, CPP):
        code = blank(read(root, path))
        lines = counted(code)
        if lines > FILE_LINES_MAX:
            findings.append(Finding("file-length", path, 1, f"{lines} lines of code; the most is {FILE_LINES_MAX}"))
        preprocessed = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code,
                              flags=re.MULTILINE)
        for first, last in functions(preprocessed):
            body = preprocessed.splitlines()[first - 1:last]
            length = sum(1 for line in body if line.strip())
            if length > FUNCTION_LINES_MAX:
                findings.append(Finding("function-length", path, first,
                                        f"a function of {length} lines; the most is {FUNCTION_LINES_MAX}"))
    return findings
