// grove_bench_todo: what an acknowledged edit of a list costs, through all layers down to the disk.
// Prints a line of JSON for each workload; `sqlite_commit` is what the disk itself costs, measured
// in the same run.
//
//   add_entry       one list of 10,000 entries; each new entry waits for the acknowledgement of the
//   one before edits_1/10/100  so many lists, 64 edits of each under way sqlite_commit   one row in
//   a transaction of its own, by SQLite alone
#include "bench.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>
#include <grove/storage/connection.h>
#include <grove/todo/client.h>
#include <grove/todo/rows.h>
#include <grove/todo/system.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <unordered_map>

using namespace grove;
using namespace grove::bench;
using namespace grove::todo;

namespace {

[[noreturn]] void fail(const char* why) {
    std::fprintf(stderr, "grove_bench_todo: %s\n", why);
    std::exit(1);
}

struct Load {
    const char* name;
    ListId lists = 1;
    std::size_t underWay = 1; // edits of one list that wait for their acknowledgement
    std::size_t before = 0;   // entries that each list has already
    std::size_t edits = 0;    // of all lists together
};

constexpr Load kLoads[] = {
    {.name = "add_entry", .before = 10'000, .edits = 1'000},
    {.name = "edits_1", .underWay = 64, .edits = 20'000},
    {.name = "edits_10", .lists = 10, .underWay = 64, .edits = 20'000},
    {.name = "edits_100", .lists = 100, .underWay = 64, .edits = 20'000},
};

Change addOne(std::size_t number) {
    auto change =
        checkChange(AddEntries{.entries = {{.title = "entry " + std::to_string(number)}}});
    if (!change)
        fail("the change is refused");
    return *std::move(change);
}

/// Keeps `underWay` edits of each list under way until all are acknowledged.
class Editor final : public ClientEvents {
public:
    Editor(Runtime& runtime, const Load& load)
        : m_clock(runtime.clock()), m_load(load),
          m_client(runtime, *this, {.name = drawClientName()}) {}

    void begin() {
        m_client.attach();
        for (ListId list = 2; list <= m_load.lists; ++list)
            submitCreate(list);
        if (m_load.before > 0) {
            AddEntries entries;
            for (std::size_t number = 0; number < m_load.before; ++number)
                entries.entries.push_back({.title = "older entry " + std::to_string(number)});
            auto change = checkChange(std::move(entries));
            if (!change)
                fail("the entries before the run are refused");
            m_preparing += 1;
            m_client.submit(m_client.newOperation(), 1, *std::move(change));
        }
        if (m_preparing == 0)
            start();
    }
    [[nodiscard]] bool isOver() const { return m_answered == m_load.edits; }
    [[nodiscard]] Client& client() { return m_client; }

    [[nodiscard]] Figures figures() {
        Figures found{.ops = m_load.edits, .spent = {.wall = m_end - m_start, .cpu = m_cpu}};
        addPercentiles(found, m_waits);
        return found;
    }

    void answered(const OperationId& operation, ListId list, const ChangeAnswer& answer) override {
        const Instant now = m_clock.now();
        if (!answer.done)
            fail("an edit is refused");
        const auto sent = m_sent.find(operation);
        if (sent == m_sent.end()) { // of what is prepared
            if (--m_preparing == 0)
                start();
            return;
        }
        m_waits.push_back(now - sent->second);
        m_sent.erase(sent);
        m_answered += 1;
        if (isOver()) {
            m_end = now;
            m_cpu = cpuUsed() - m_cpuStart;
        }
        refill(list);
    }

private:
    void submitCreate(ListId list) {
        m_preparing += 1;
        m_client.createList(m_client.newOperation(), list, "list " + std::to_string(list));
    }
    void start() {
        m_start = m_clock.now();
        m_cpuStart = cpuUsed();
        for (ListId list = 1; list <= m_load.lists; ++list)
            refill(list);
    }
    void refill(ListId list) {
        while (m_submitted < m_load.edits && m_client.pendingCount(list) < m_load.underWay) {
            const OperationId operation = m_client.newOperation();
            m_sent.emplace(operation, m_clock.now());
            m_client.submit(operation, list, addOne(++m_submitted));
        }
    }

    const Clock& m_clock;
    const Load m_load;
    Client m_client;
    std::size_t m_preparing = 0;
    std::size_t m_submitted = 0;
    std::size_t m_answered = 0;
    std::unordered_map<OperationId, Instant> m_sent;
    std::vector<Duration> m_waits;
    Instant m_start{};
    Instant m_end{};
    Duration m_cpuStart{};
    Duration m_cpu{};
};

Task<> edit(Editor* editor) {
    editor->begin();
    while (!editor->isOver()) {
        Message message = co_await receive(any());
        static_cast<void>(editor->client().handle(message));
    }
    editor->client().detach();
}

Figures runLoad(const Load& load, const std::string& file) {
    if (!storage::prepareDatabase(file, todoSchema()))
        fail("the database cannot be made");
    Runtime runtime{RuntimeOptions{}};
    otp::startSystem(runtime);
    if (!extension<otp::Applications>(runtime).add(todoApplication({.database = {.file = file}})) ||
        !otp::startApplication(runtime, "todo"))
        fail("the to-do application does not start");
    Editor editor(runtime, load);
    External outside(runtime, "bench");
    const Spawned process = spawnMonitor(edit, &editor);
    const Down down = outside.receive(on<Down>(process.monitor));
    if (!down.reason.isAtom(atoms::normal))
        fail("the editing process did not end normally");
    return editor.figures();
}

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
    std::printf(R"({"peer":"grove","workload":"%s","ops":%llu,"seconds":%.6f,"ops_per_s":%.0f)",
                name, static_cast<unsigned long long>(figures.ops), seconds,
                static_cast<double>(figures.ops) / seconds);
    for (const auto& [field, value] : figures.more)
        std::printf(R"(,"%s":%.1f)", field.c_str(), value);
    std::puts("}");
    std::fflush(stdout);
}

} // namespace

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
    for (const Load& load : kLoads)
        if (isAsked(load.name))
            print(load.name, runLoad(load, fresh(load.name)));
    if (isAsked("sqlite_commit"))
        print("sqlite_commit", commitRows(fresh("sqlite_commit")));
    return 0;
}
