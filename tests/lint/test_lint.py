"""Each check finds what it is there for, and nothing in what is right: seeded violations in a tree of their own."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import includes  # noqa: E402
import lengths  # noqa: E402
import pages  # noqa: E402
import scenarios  # noqa: E402
import tools  # noqa: E402
import words  # noqa: E402
from source import apply_allowances, blank  # noqa: E402


class Tree(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.root = self._folder.name
        self.addCleanup(self._folder.cleanup)

    def write(self, path, text):
        target = Path(self.root) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def found(self, check, *arguments):
        return [(f.rule, f.path, f.line) for f in check(self.root, *arguments)]


class Scenarios(Tree):
    def setUp(self):
        super().setUp()
        self.write(scenarios.LIST, "# words\n[P] processes\nP-001 one\nP-002 two\nP-003 three\n")
        self.write(scenarios.OPEN, "P-002 later\n")
        self.write(scenarios.DEPARTURES, "")

    def test_reads_numbers_where_they_stand_first(self):
        self.write("tests/a/tst_a.cpp", 'void one() { // P-001, P-003 and more\n{"P-002 by terms: two", f},\n'
                                        '/// P-002 a class\n// as P-002\n"see P-002"\n')
        self.write("tests/compile_fail/x.cpp", "// P-001\n")
        found, findings = scenarios.showings(self.root)
        self.assertEqual([(s.number, s.line, s.kind) for s in found], [
            ("P-001", 1, "same"), ("P-003", 1, "same"), ("P-002", 2, "by terms"), ("P-001", 1, "by the compiler")])
        self.assertEqual(findings, [])
        self.assertEqual([f.text.split()[0] for f in scenarios.stale(self.root)], ["P-002"])

    def test_finds_what_is_lost_unknown_or_a_range(self):
        self.write("tests/a/tst_a.cpp", "// P-001 to P-003\n// P-009\n")
        self.assertEqual(self.found(scenarios.check), [
            ("scenario-range", "tests/a/tst_a.cpp", 1), ("scenario-unknown", "tests/a/tst_a.cpp", 2),
            ("scenario-lost", scenarios.LIST, 1)])

    def test_lets_departures_and_open_numbers_pass(self):
        self.write(scenarios.DEPARTURES, "P-003 on purpose\n")
        self.write("tests/a/tst_a.cpp", "void a() { // P-001\n")
        self.assertEqual(self.found(scenarios.check), [])


class Includes(Tree):
    def test_finds_qt_in_core(self):
        self.write("core/term/src/a.cpp", "#include <vector>\n#include <QString>\n")
        self.assertEqual(self.found(includes.check), [("qt-in-core", "core/term/src/a.cpp", 2)])

    def test_finds_each_wrong_arrow(self):
        for path, target in (
            ("core/term/src/a.cpp", "grove/runtime/process.h"),
            ("core/runtime/src/a.cpp", "grove/otp/gen_server.h"),
            ("core/storage/src/a.cpp", "grove/todo/list.h"),
            ("core/storage/src/a.cpp", "grove/observe/node.h"),
            ("core/observe/src/a.cpp", "grove/storage/pool.h"),
            ("core/todo/src/a.cpp", "ui/common/theme.h"),
            ("ui/observer/a.cpp", "grove/todo/list.h"),
            ("ui/observer/a.cpp", "ui/todo/entry_model.h"),
            ("ui/todo/a.cpp", "ui/observer/tree_page.h"),
            ("ui/common/a.cpp", "ui/todo/entry_model.h"),
            ("ui/todo/a.cpp", "ui/bridge/qt_host.h"),
            ("ui/main_window.cpp", "app/instance.h"),
        ):
            with self.subTest(path=path, target=target):
                self.write(path, f"#include <{target}>\n")
                self.assertEqual(self.found(includes.check), [("arrow", path, 1)])
                (Path(self.root) / path).unlink()

    def test_lets_right_arrows_pass(self):
        self.write("core/otp/src/a.cpp", "#include <grove/term/term.h>\n#include <grove/otp/task.h>\n")
        self.write("ui/main_window.cpp", "#include <ui/observer/tree_page.h>\n#include <ui/todo/entry_model.h>\n")
        self.write("app/main.cpp", "#include <QApplication>\n#include <grove/todo/list.h>\n")
        self.assertEqual(self.found(includes.check), [])

    def test_finds_sqlite_outside_storage_and_ways_around_public_headers(self):
        self.write("core/todo/src/a.cpp", '#include <sqlite3.h>\n#include "../../storage/src/connection.h"\n')
        self.write("core/storage/src/a.cpp", "#include <sqlite3.h>\n")
        self.assertEqual(self.found(includes.check), [("sqlite", "core/todo/src/a.cpp", 1),
                                                      ("relative-include", "core/todo/src/a.cpp", 2)])


class Words(Tree):
    def test_finds_each_word(self):
        for rule, line in (
            ("sleep", "std::this_thread::sleep_for(1s);"), ("sleep", "QTest::qWait(100);"),
            ("random", "int a = rand();"), ("random", "long a = ::random();"), ("random", "std::random_device device;"),
            ("clock", "auto t = std::chrono::steady_clock::now();"), ("regex", "std::regex r;"),
            ("thread", "std::thread t;"), ("mutex", "std::mutex m;"), ("fence", "std::latch l(1);"),
            ("assert", "assert(x);"), ("catch-all", "catch (...) {"), ("print", 'std::cout << "x";'),
            ("using-std", "using namespace std;"), ("unfinished", "// TO" "DO: later"),
            ("machine-path", 'open("/ho' 'me/ada/x");'),
        ):
            with self.subTest(line=line):
                self.write("core/otp/src/a.cpp", line + "\n")
                self.assertEqual(self.found(words.check), [(rule, "core/otp/src/a.cpp", 1)])

    def test_reads_neither_comments_nor_literals_for_words_of_code(self):
        self.write("core/otp/src/a.cpp", '// assert(x) and std::mutex\nauto s = "std::thread";\nauto r = R"(rand())";\n')
        self.assertEqual(self.found(words.check), [])

    def test_lets_the_clock_ask_the_time_and_a_static_assert_stand(self):
        self.write("ui/a.cpp", "#include <QThread>\nQ_ASSERT(thread() == QThread::currentThread());\nRandom random(seed);\n")
        self.write("core/runtime/src/clock.cpp", "auto t = std::chrono::steady_clock::now();\nstatic_assert(true);\n")
        self.assertEqual(self.found(words.check), [])

    def test_finds_globs_skips_and_wrong_file_names(self):
        self.write("core/otp/CMakeLists.txt", "file(GLOB sources *.cpp)\n")
        self.write("tests/otp/tst_a.cpp", 'QSKIP("later");\n')
        self.write("ui/todo/EntryModel.cpp", "int a;\n")
        self.assertEqual(sorted(rule for rule, _, _ in self.found(words.check)), ["file-name", "glob", "skip"])

    def test_finds_what_the_interface_never_says(self):
        self.write("ui/todo/a.cpp", 'label->setText(tr("Please add an entry"));\nx = tr("Saved", "not an item");\n'
                                    'y = tr("All changes saved");\n')
        self.assertEqual(self.found(words.check), [("said", "ui/todo/a.cpp", 1), ("said", "ui/todo/a.cpp", 2)])

    def test_an_allowance_needs_a_reason_and_a_use(self):
        self.write("core/otp/src/a.cpp", "std::mutex m;\n")
        self.write("tests/lint/allow.txt", "mutex core/otp/src/a.cpp wraps it\nmutex core/otp/src/b.cpp gone\n")
        left = apply_allowances(self.root, words.check(self.root), words.RULES)
        self.assertEqual([(f.rule, f.line) for f in left], [("allowance", 2)])
        self.write("tests/lint/allow.txt", "mutex core/otp/src/a.cpp\n")
        with self.assertRaises(SystemExit):
            apply_allowances(self.root, words.check(self.root), words.RULES)


class Lengths(Tree):
    def test_finds_a_long_file_and_does_not_count_comments(self):
        self.write("core/otp/src/a.cpp", "int a;\n" * 401)
        self.write("core/otp/src/b.cpp", "int a;\n" * 400 + "// why\n\n" * 100)
        self.assertEqual(self.found(lengths.check), [("file-length", "core/otp/src/a.cpp", 1)])

    def test_finds_a_long_function_wherever_it_stands(self):
        body = "    a = b;\n" * 69
        for opening in ("void f(int x) {\n", "Reply S::handle(Call call, From from) const noexcept {\n",
                        "struct S {\n    int m = 0;\n    struct T* g(struct U* u) {\n",
                        "namespace a::b {\ntemplate <class T>\n    requires(sizeof(T) > 1)\nauto f(T t) -> T {\n"):
            with self.subTest(opening=opening):
                self.write("ui/a.cpp", opening + body + "}\n" * (opening.count("{")))
                self.assertEqual([f[0] for f in self.found(lengths.check)], ["function-length"])

    def test_lets_types_namespaces_and_short_functions_be_long_together(self):
        self.write("ui/a.cpp", "Q_DECLARE_METATYPE(a::S)\n\nnamespace a {\nclass GROVE_CAPABILITY(\"mutex\") S final : public T {\n" +
                   "    void f(int x) {\n        b(x);\n    }\n" * 60 + "};\n}\n")
        self.assertEqual(self.found(lengths.check), [])

    def test_literals_do_not_end_functions(self):
        self.assertNotIn("}", blank("auto a = '}'; auto b = \"}\"; auto c = R\"x(})x\"; // }\n/* } */ int d = 1'000;"))


class Pages(Tree):
    def test_finds_links_that_lead_nowhere_and_code_that_is_not_the_files(self):
        self.write("tests/examples/a.cpp", "int a;\n")
        page = "[here](tests/examples/a.cpp)\n\n```cpp\nint a;\n```\n"
        self.write("README.md", page)
        self.assertEqual(self.found(pages.check), [])
        self.write("README.md", page.replace("int a", "int b") + "![shot](resources/none.png)\n")
        self.assertEqual(self.found(pages.check), [("link", "README.md", 6), ("example", "README.md", 4)])


class Tools(Tree):
    def build_folder(self, *sources):
        folder = Path(self.root) / "out"
        folder.mkdir(exist_ok=True)
        compiler = tools.tool("clang++")
        (folder / "compile_commands.json").write_text(json.dumps([
            {"directory": str(folder), "file": f"{self.root}/{source}",
             "command": f"{compiler} -std=c++23 -I{self.root}/core/otp/include -o x.o -c {self.root}/{source}"}
            for source in sources]))
        return str(folder)

    def test_finds_what_is_not_formatted(self):
        self.write(".clang-format", "BasedOnStyle: LLVM\n")
        self.write("core/otp/src/a.cpp", "int  a ;\n")
        self.write("core/otp/src/b.cpp", "int a;\n")
        self.assertEqual(self.found(tools.check_format), [("format", "core/otp/src/a.cpp", 1)])

    def test_finds_a_header_that_does_not_stand_alone(self):
        self.write("core/otp/src/a.cpp", "#include <string>\n#include <grove/otp/needy.h>\n")
        self.write("core/otp/include/grove/otp/needy.h", "std::string name();\n")
        self.write("core/otp/include/grove/otp/whole.h", "#include <string>\nstd::string name();\n")
        build = self.build_folder("core/otp/src/a.cpp")
        self.assertEqual(self.found(tools.check_headers, build),
                         [("header", "core/otp/include/grove/otp/needy.h", 1)])

    def test_leaves_out_what_the_build_has_written(self):
        build = self.build_folder("build/dev/moc.cpp", "core/otp/src/a.cpp")
        self.assertEqual(list(tools.commands(self.root, build)), ["core/otp/src/a.cpp"])

    def test_finds_a_source_that_nothing_compiles(self):
        self.write("tests/otp/tst_a.cpp", "int a;\n")
        self.write("tests/otp/tst_b.cpp", "int a;\n")
        self.assertEqual(self.found(tools.check_orphans, self.build_folder("tests/otp/tst_a.cpp")),
                         [("orphan", "tests/otp/tst_b.cpp", 1)])

    def test_clang_tidy_finds_a_coroutine_that_takes_a_reference(self):
        self.write("core/otp/src/a.cpp", """#include <coroutine>
struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};
Task wrong(const int &value) { co_return; }
""")
        self.assertEqual(self.found(tools.check_tidy, self.build_folder("core/otp/src/a.cpp")),
                         [("tidy", "core/otp/src/a.cpp", 11)])


class Program(Tree):
    def test_ends_with_status_1_on_a_finding_and_0_without(self):
        lint = Path(__file__).with_name("lint.py")
        self.write("core/term/src/a.cpp", "#include <QString>\n")
        wrong = subprocess.run([sys.executable, lint, "includes", "--root", self.root], capture_output=True, text=True,
                               check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("core/term/src/a.cpp:1: core never includes Qt: QString [qt-in-core]", wrong.stdout)
        self.write("core/term/src/a.cpp", "#include <vector>\n")
        self.assertEqual(subprocess.run([sys.executable, lint, "includes", "--root", self.root], capture_output=True,
                                        check=False).returncode, 0)


if __name__ == "__main__":
    unittest.main()
