// grove_bench_todo: what an acknowledged edit of a list costs, through all layers down to the disk.
// Prints a line of JSON for each workload; `sqlite_commit` is what the disk itself costs, measured
// in the same run.
//
//   add_entry       one list of 10,000 entries; each new entry waits for the one before
//   edits_1/10/100  so many lists, 320, 192 and 64 edits of each under way; beside it what
//                   SQLite alone does with the same rows in transactions of the same size
//   book_write      80 callers of 10 lists, each adds one entry after the other
//   book_read       80 callers of 10 lists, each asks for the entries of a day
//   idle_todo       ten lists of 100 entries in use, and nobody does anything
//   sqlite_commit   one row in a transaction of its own, by SQLite alone
#include "todo.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>
#include <grove/storage/database_file.h>
#include <grove/todo/rows.h>
#include <grove/todo/system.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
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
    if (!addApplications(extension<otp::Applications>(m_runtime), {.database = {.file = file}}) ||
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

void print(const char* name, const Figures& figures) {
    const double seconds = static_cast<double>(figures.spent.wall.count()) / 1e9;
    std::printf(
        R"({"peer":"grove","schedulers":%u,"workload":"%s","ops":%llu,"seconds":%.6f,"ns_per_op":%.0f,"ops_per_s":%.0f)",
        std::thread::hardware_concurrency(), name, static_cast<unsigned long long>(figures.ops),
        seconds, seconds * 1e9 / static_cast<double>(figures.ops),
        static_cast<double>(figures.ops) / seconds);
    for (const auto& [field, value] : figures.more)
        std::printf(R"(,"%s":%.2f)", field.c_str(), value);
    std::puts("}");
    std::fflush(stdout);
}

} // namespace

} // namespace grove::bench

using namespace grove::bench;

namespace {

struct TodoWorkload {
    std::string_view name;
    Figures (*run)(const std::string& name, const std::string& file);
};

constexpr TodoWorkload kOthers[] = {
    {"book_write", [](const std::string&, const std::string& file) { return bookWrite(file); }},
    {"book_read", [](const std::string&, const std::string& file) { return bookRead(file); }},
    {"idle_todo", [](const std::string&, const std::string& file) { return idleTodo(file); }},
    {"sqlite_commit",
     [](const std::string&, const std::string& file) { return sqliteCommits(file); }},
};

std::vector<TodoWorkload> allWorkloads() {
    std::vector<TodoWorkload> all;
    for (const char* name : loadNames())
        all.push_back({name, [](const std::string& load, const std::string& file) {
                           return runLoad(load, file);
                       }});
    all.insert(all.end(), std::begin(kOthers), std::end(kOthers));
    return all;
}

/// A file that is not there.
std::string freshFile(const std::filesystem::path& folder, std::string_view name) {
    const std::filesystem::path file = folder / ("grove_bench_" + std::string(name) + ".db");
    for (const char* database : {"", "_alone"}) // the second is SQLite's own, beside it
        for (const char* part : {"", "-wal", "-shm"})
            std::filesystem::remove(file.string() + database + part);
    return file.string();
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<TodoWorkload> all = allWorkloads();
    if (argc == 2 && std::string_view(argv[1]) == "--list") {
        for (const TodoWorkload& each : all)
            std::printf("%.*s\n", static_cast<int>(each.name.size()), each.name.data());
        return 0;
    }
    if (argc < 2) {
        std::fputs("grove_bench_todo FOLDER [workload…] | --list\nThe folder is on the disk to be "
                   "measured; its files grove_bench_*.db are replaced.\n",
                   stderr);
        return 2;
    }
    const std::span<char*> asked(argv + 2, argv + argc);
    for (const std::string_view name : asked)
        if (std::ranges::find(all, name, &TodoWorkload::name) == all.end())
            fail("no such workload");
    for (const TodoWorkload& each : all) {
        if (!asked.empty() && std::ranges::find(asked, each.name) == asked.end())
            continue;
        const std::string name(each.name);
        print(name.c_str(), each.run(name, freshFile(argv[1], name)));
    }
    return 0;
}
