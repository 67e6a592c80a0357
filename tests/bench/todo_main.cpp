// grove_bench_todo: what an acknowledged edit of a list costs, through all layers down to the disk.
// Prints a line of JSON for each workload; `sqlite_commit` is what the disk itself costs, measured
// in the same run.
//
//   add_entry       one list of 10,000 entries; each new entry waits for the one before
//   edits_1/10/100  so many lists, 64 edits of each under way
//   book_write      80 callers of 10 lists, each adds one entry after the other
//   book_read       80 callers of 10 lists, each asks for the entries of a day
//   sqlite_commit   one row in a transaction of its own, by SQLite alone
#include "todo.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>
#include <grove/storage/connection.h>
#include <grove/todo/rows.h>
#include <grove/todo/system.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>

using namespace grove::todo;

namespace grove::bench {

void fail(const char* why) {
    std::fprintf(stderr, "grove_bench_todo: %s\n", why);
    std::exit(1);
}

TodoSystem::TodoSystem(const std::string& file) : m_runtime(RuntimeOptions{}) {
    if (!storage::prepareDatabase(file, todoSchema()))
        fail("the database cannot be made");
    otp::startSystem(m_runtime);
    if (!extension<otp::Applications>(m_runtime).add(
            todoApplication({.database = {.file = file}})) ||
        !otp::startApplication(m_runtime, "todo"))
        fail("the to-do application does not start");
}

void TodoSystem::awaitNormalEnd(External& outside, Ref monitor) {
    const Down down = outside.receive(on<Down>(monitor));
    if (!down.reason.isAtom(atoms::normal))
        fail("a process did not end normally");
}

Date dayOf(std::size_t number) {
    return Date{std::chrono::year(2026), std::chrono::month(1),
                std::chrono::day(1 + static_cast<unsigned>(number % 10))};
}

namespace {

Figures commitRows(const std::string& file) {
    auto connection = storage::Connection::open(file);
    if (!connection ||
        !connection->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                             "CREATE TABLE entries(id INTEGER PRIMARY KEY, title TEXT NOT NULL)"))
        fail("SQLite does not open a file");
    constexpr int kRows = 1'000;
    Figures found{.ops = kRows};
    std::vector<Duration> waits;
    const SystemClock clock;
    Stopwatch watch(clock, &found.spent);
    for (int row = 0; row < kRows; ++row) {
        const Instant start = clock.now();
        if (!connection->run("INSERT INTO entries(title) VALUES(?1)",
                             "entry " + std::to_string(row)))
            fail("SQLite does not take a row");
        waits.push_back(clock.now() - start);
    }
    watch.stop();
    addPercentiles(found, waits);
    return found;
}

void print(const char* name, const Figures& figures) {
    const double seconds = static_cast<double>(figures.spent.wall.count()) / 1e9;
    std::printf(
        R"({"peer":"grove","schedulers":%u,"workload":"%s","ops":%llu,"seconds":%.6f,"ns_per_op":%.0f,"ops_per_s":%.0f)",
        std::thread::hardware_concurrency(), name, static_cast<unsigned long long>(figures.ops),
        seconds, seconds * 1e9 / static_cast<double>(figures.ops),
        static_cast<double>(figures.ops) / seconds);
    for (const auto& [field, value] : figures.more)
        std::printf(R"(,"%s":%.1f)", field.c_str(), value);
    std::puts("}");
    std::fflush(stdout);
}

} // namespace

} // namespace grove::bench

using namespace grove::bench;

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("grove_bench_todo FOLDER [workload…]\nThe folder is on the disk to be measured; "
                   "its files grove_bench_*.db are replaced.\n",
                   stderr);
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    const auto isAsked = [&](std::string_view name) {
        return argc == 2 || std::find(argv + 2, argv + argc, name) != argv + argc;
    };
    const auto fresh = [&](const std::string& name) {
        const std::filesystem::path file = folder / ("grove_bench_" + name + ".db");
        for (const char* part : {"", "-wal", "-shm"})
            std::filesystem::remove(file.string() + part);
        return file.string();
    };
    for (const char* name : loadNames())
        if (isAsked(name))
            print(name, runLoad(name, fresh(name)));
    if (isAsked("book_write"))
        print("book_write", bookWrite(fresh("book_write")));
    if (isAsked("book_read"))
        print("book_read", bookRead(fresh("book_read")));
    if (isAsked("sqlite_commit"))
        print("sqlite_commit", commitRows(fresh("sqlite_commit")));
    return 0;
}
