// What edits of lists cost that wait for their acknowledgement.

#include "todo.h"

#include <grove/otp/sys.h>
#include <grove/storage/log_sync.h>
#include <grove/storage/worker.h>
#include <grove/todo/client.h>

#include <algorithm>
#include <charconv>
#include <cmath>

using namespace grove::todo;

namespace grove::bench {

namespace {

constexpr int kWorkers = 3; // of the to-do system, as it is set up by default

struct Load {
    std::string_view name;
    ListId lists = 1;
    std::size_t underWay = 1; // edits of one list that wait for their acknowledgement
    std::size_t before = 0;   // entries that the first list has already
    std::size_t edits = 0;    // of all lists together
    bool isRead = false;      // each list's server has read it before the edits begin
};

/// One list has as many under way as a client sends. With ten and with a hundred fewer of each keep
/// the disk at work, and more would only wait.
constexpr Load kLoads[] = {
    {.name = "add_entry", .before = 10'000, .edits = 1'000},
    {.name = "edits_1", .underWay = 320, .edits = 100'000, .isRead = true},
    {.name = "edits_10", .lists = 10, .underWay = 192, .edits = 200'000, .isRead = true},
    {.name = "edits_100", .lists = 100, .underWay = 64, .edits = 400'000, .isRead = true},
};

Change addOne(std::size_t number) {
    auto change = checkChange(AddEntries{
        .entries = {{.title = "entry " + std::to_string(number), .date = dayOf(number)}}});
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
        for (ListId list = 1; m_load.isRead && list <= m_load.lists; ++list)
            submitFirst(list);
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
    }
    [[nodiscard]] bool isPrepared() const { return m_preparing == 0; }
    void start() {
        m_start = m_clock.now();
        m_cpuStart = cpuUsed();
        for (ListId list = 1; list <= m_load.lists; ++list)
            refill(list);
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
        const std::size_t number = numberOf(operation);
        if (number >= m_sent.size()) { // of what is prepared
            m_preparing -= 1;
            return;
        }
        m_waits.push_back(now - m_sent[number]);
        m_answered += 1;
        if (isOver()) {
            m_end = now;
            m_cpu = cpuUsed() - m_cpuStart;
        }
        refill(list);
    }

private:
    /// A client's operations are numbered: "name-1", "name-2", …
    static std::size_t numberOf(const OperationId& operation) {
        std::size_t number = 0;
        const char* end = operation.data() + operation.size();
        std::from_chars(operation.data() + operation.rfind('-') + 1, end, number);
        return number;
    }
    void submitCreate(ListId list) {
        m_preparing += 1;
        m_client.createList(m_client.newOperation(), list, "list " + std::to_string(list));
    }
    void submitFirst(ListId list) {
        m_preparing += 1;
        m_client.submit(m_client.newOperation(), list, addOne(0));
    }
    void refill(ListId list) {
        while (m_submitted < m_load.edits && m_client.pendingCount(list) < m_load.underWay) {
            const OperationId operation = m_client.newOperation();
            m_sent.resize(numberOf(operation) + 1);
            m_sent.back() = m_clock.now();
            m_client.submit(operation, list, addOne(++m_submitted));
        }
    }

    const Clock& m_clock;
    const Load m_load;
    Client m_client;
    std::size_t m_preparing = 0;
    std::size_t m_submitted = 0;
    std::size_t m_answered = 0;
    std::vector<Instant> m_sent; ///< by the number of the operation; none of what is prepared
    std::vector<Duration> m_waits;
    Instant m_start{};
    Instant m_end{};
    Duration m_cpuStart{};
    Duration m_cpu{};
};

/// What those who write have counted.
struct Written {
    double batches = 0;
    double writes = 0;
    double syncs = 0;
    double commitUs = 0;
    double busyWaits = 0;
};

double countOf(const Term& state, const char* field) {
    return static_cast<double>(state.mapFind(atom(field))->toInt());
}

Task<> readWritten(Written* written) {
    const Term log = co_await otp::sys::getState(atom(storage::kLogSyncName));
    *written = {.batches = countOf(log, "batches"),
                .writes = countOf(log, "writes"),
                .syncs = countOf(log, "syncs"),
                .commitUs = countOf(log, "commit_us")};
    for (int number = 1; number <= kWorkers; ++number)
        written->busyWaits +=
            countOf(co_await otp::sys::getState(storage::workerName(number)), "busy_waits");
}

Task<> handleUntil(Editor* editor, bool (Editor::*isReached)() const) {
    while (!(editor->*isReached)()) {
        Message message = co_await receive(any());
        static_cast<void>(editor->client().handle(message));
    }
}

/// `before`: what had been written when the edits began.
Task<> edit(Editor* editor, Written* before) {
    editor->begin();
    co_await handleUntil(editor, &Editor::isPrepared);
    co_await readWritten(before);
    editor->start();
    co_await handleUntil(editor, &Editor::isOver);
    editor->client().detach();
}

} // namespace

std::vector<const char*> loadNames() {
    std::vector<const char*> names;
    for (const Load& load : kLoads)
        names.push_back(load.name.data());
    return names;
}

Figures runLoad(std::string_view name, const std::string& file) {
    const Load& load = *std::ranges::find(kLoads, name, &Load::name);
    Figures figures;
    Written before, written;
    {
        TodoSystem system(file);
        Editor editor(system.runtime(), load);
        system.run(edit, &editor, &before);
        system.run(readWritten, &written);
        figures = editor.figures();
    }
    // SQLite alone has one sync for each transaction, Grove may have more of these to one of those.
    const double syncs = written.syncs - before.syncs;
    const double batch = std::max(1.0, std::round((written.writes - before.writes) / syncs));
    const double batches = written.batches - before.batches;
    const double commitUs = (written.commitUs - before.commitUs) / batches;
    const auto p99 =
        std::ranges::find(figures.more, "p99_us", &std::pair<std::string, double>::first);
    const double alone = sqliteEditsPerSecond(file + "_alone", load.lists,
                                              static_cast<std::size_t>(batch), load.edits);
    const double here =
        static_cast<double>(figures.ops) * 1e9 / static_cast<double>(figures.spent.wall.count());
    figures.more.emplace_back("batch", batch);
    figures.more.emplace_back("batches_per_sync", batches / syncs);
    figures.more.emplace_back("commit_us", commitUs);
    figures.more.emplace_back("p99_over_commit", p99->second / commitUs); // of Grove's own
    figures.more.emplace_back("p99_over_sqlite_commit", p99->second * alone / (batch * 1e6));
    figures.more.emplace_back("sqlite_edits_per_s", alone);
    figures.more.emplace_back("sqlite_over_grove", alone / here);
    figures.more.emplace_back("busy_waits", written.busyWaits);
    return figures;
}

void fillLists(TodoSystem& system, ListId lists, std::size_t each) {
    Editor editor(system.runtime(),
                  {.name = "fill", .lists = lists, .underWay = each, .edits = lists * each});
    Written before;
    system.run(edit, &editor, &before);
}

} // namespace grove::bench
