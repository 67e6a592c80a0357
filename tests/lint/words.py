"""Words that do not occur, each with what stands in their place."""

import re
from dataclasses import dataclass, field

from source import CPP, TEXT, Finding, blank, files, line_of, read


@dataclass(frozen=True)
class Word:
    rule: str
    pattern: str
    instead: str
    trees: tuple = ("app/", "core/", "ui/", "tests/")
    except_in: tuple = ()
    in_comments: bool = False
    suffixes: tuple = CPP
    regex: re.Pattern = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self):
        object.__setattr__(self, "regex", re.compile(self.pattern))


PROGRAM = ("app/", "core/", "ui/")
CLOCK = ("core/runtime/src/clock", "core/runtime/include/grove/runtime/clock")

WORDS = (
    Word("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep|qSleep|qWait|Q?Thread::m?sleep)\b",
         "wait for an event, a virtual clock or QTRY_…, never for time"),
    Word("random", r"(?<![\w.>])(s?rand|drand48)\s*\(|(?<![\w:])::random\s*\(\s*\)|\brandom_device\b|\bQRandomGenerator\b",
         "draw from a seed", PROGRAM),
    Word("clock", r"\b(steady|system|high_resolution)_clock::now\b|\b(clock_gettime|gettimeofday)\b",
         "ask the runtime's Clock", PROGRAM, CLOCK),
    Word("regex", r"\bstd::(basic_)?w?regex\b", "write the few lines: std::regex is slow and recursive"),
    Word("thread", r"\bstd::j?thread\b(?!::)|\bpthread_create\b|(?<!<)\bQThread\b(?!::currentThread)|\bQtConcurrent\b",
         "spawn a process; threads are started in two files", PROGRAM),
    Word("mutex", r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::(lock_guard|unique_lock|scoped_lock)\b"
         r"|\bstd::condition_variable", "use grove::Mutex and Lock, which the compiler checks", PROGRAM),
    Word("fence", r"\batomic_thread_fence\b|\bstd::(counting|binary)_semaphore\b|\bstd::(latch|barrier)\b",
         "park with Parker; ThreadSanitizer cannot see fences", PROGRAM),
    Word("assert", r"(?<![\w_])assert\s*\(", "use GROVE_ASSERT, which is on in release", PROGRAM),
    Word("catch-all", r"\bcatch\s*\(\s*\.\.\.\s*\)", "only the named boundaries catch", PROGRAM),
    Word("print", r"\bstd::(cout|cerr|clog)\b|(?<![\w:])f?printf\s*\(", "core reports to its caller", ("core/",)),
    Word("using-std", r"\busing\s+namespace\s+std\s*;", "name what is used"),
    Word("skip", r"\b(QSKIP|QEXPECT_FAIL)\b", "a test runs or is not there", ("tests/",)),
    Word("unfinished", r"\b(TODO|FIXME|XXX|HACK)\b", "finish it, or say in words what is missing and why it is safe",
         in_comments=True),
    Word("glob", r"\bfile\s*\(\s*GLOB", "list the sources", ("app/", "core/", "ui/", "tests/", "resources/"),
         in_comments=True, suffixes=(".txt", ".cmake")),
    Word("machine-path", r"(?<![\w.$}])/(home/[a-z]|root/|work/|Users/)", "no path of one machine",
         ("",), ("tests/lint/",), in_comments=True, suffixes=TEXT),
)

# Words that the interface never says (what it says instead stands in the style of its messages).
TEXT_WORDS = (
    (r"\bplease\b", "no please"),
    (r"\bfailed to\b", "say what happened and what was kept"),
    (r"!", "no exclamation marks"),
    (r"\bactors?\b", "it is a process"),
    (r"\bitems?\b", "it is an entry"),
)
_SAID = re.compile(r'\b(?:tr|translate)\s*\(\s*((?:"(?:\\.|[^"\\\n])*"\s*,?\s*)+)')
_SNAKE = re.compile(r"^[a-z0-9_]+\.(h|cpp)$")

RULES = tuple(w.rule for w in WORDS) + ("said", "file-name")


def check(root, build=None):
    findings = []
    suffixes = {s for w in WORDS for s in w.suffixes}
    for path in files(root, tuple(suffixes)):
        text = read(root, path)
        suffix = "." + path.rsplit(".", 1)[1] if "." in path.rsplit("/", 1)[-1] else ""
        is_cpp = suffix in CPP
        code = blank(text) if is_cpp else text
        for word in WORDS:
            if suffix not in word.suffixes or not path.startswith(word.trees) or path.startswith(
                    word.except_in or ("\0",)):
                continue
            where = text if word.in_comments else code
            for match in word.regex.finditer(where):
                findings.append(Finding(word.rule, path, line_of(where, match.start()),
                                        f"'{match.group(0).strip()}': {word.instead}"))
        if is_cpp:
            if not _SNAKE.match(path.rsplit("/", 1)[-1]):
                findings.append(Finding("file-name", path, 1, "files are snake_case"))
            if path.startswith(("ui/", "app/")):
                findings += said(path, blank(text, literals=False))
    return findings


def said(path, text):
    """Findings in the texts that a person reads."""
    for match in _SAID.finditer(text):
        for pattern, why in TEXT_WORDS:
            hit = re.search(pattern, match.group(1), re.IGNORECASE)
            if hit:
                yield Finding("said", path, line_of(text, match.start()), f"'{hit.group(0)}' in {match.group(1)}: {why}")
