// The order of a process table: by every column, among slots that were used again, with a filter.
#include "order_keys.h"
#include "request_pids.h"

#include <grove/observe/local_node.h>
#include <grove/otp/application.h>
#include <grove/runtime/simulation.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <optional>
#include <random>

using namespace grove;
using namespace std::chrono_literals;
using observe::Column;
using observe::LocalNode;
using observe::RowOrder;
using observe::RowQuery;
using Row = observe::ProcessRow;

namespace {

/// Waits for ever, after some work and with some messages that it does not take.
Task<> worker(int number) {
    if (number % 3 == 0)
        setLabel("third");
    for (int turn = 0; turn < number % 7; ++turn)
        co_await yield();
    for (int message = 0; message < number % 5; ++message)
        send(self(), Term(message));
    co_await receive(on([](const Message&) { return false; }));
}

/// Two generations of workers: every second one of the first was killed, and its slot used again.
Task<> spawnWorkers(int count) {
    std::vector<Pid> first;
    for (int number = 0; number < count; ++number)
        first.push_back(spawn(worker, number));
    co_await sleep(10ms);
    for (std::size_t index = 0; index < first.size(); index += 2)
        exit(first[index], atoms::kill);
    co_await sleep(10ms);
    for (int number = 0; number < count / 2; ++number)
        spawn(worker, number * 11);
    co_await receive(any());
}

/// Many do something more.
Task<> wake(std::vector<Pid> pids) {
    for (std::size_t index = 0; index < pids.size(); index += 3)
        send(pids[index], Term(atom("more")));
    co_return;
}

/// Some go, and fewer come in their slots.
Task<> replace(std::vector<Pid> pids) {
    for (std::size_t index = 1; index < pids.size(); index += 5)
        exit(pids[index], atoms::kill);
    co_await sleep(10ms);
    for (int number = 0; number < static_cast<int>(pids.size()) / 10; ++number)
        spawn(worker, number);
}

struct World {
    Simulation simulation{{.seed = 7}};
    LocalNode node{simulation.runtime(),
                   {.post = [](std::move_only_function<void()> work) { work(); }}};

    explicit World(int count) {
        otp::startSystem(simulation.runtime());
        simulation.runtime().spawn(spawnWorkers, count);
        simulation.advance(1s);
    }
    RowOrder order(RowQuery query) {
        std::optional<RowOrder> got;
        node.order(std::move(query), [&](Result<RowOrder> answer) { got = *std::move(answer); });
        simulation.runUntil([&] { return got.has_value(); }, 10s);
        return *std::move(got);
    }
    std::vector<ProcessFigure> ages() {
        std::vector<ProcessFigure> ages(100'000);
        ages.resize(figures(simulation.runtime(), Figure::Age, 0, ages).count);
        return ages;
    }
    std::vector<Row> all() {
        std::vector<grove::ProcessRow> rows(100'000);
        rows.resize(simulation.runtime().rows(0, rows).count);
        std::vector<Pid> pids;
        for (const grove::ProcessRow& row : rows)
            pids.push_back(row.pid);
        std::ranges::sort(pids);
        return node.rows(pids);
    }
};

std::uint64_t numberOf(const Row& row, Column column) {
    switch (column) {
    case Column::Status:
        return static_cast<std::uint64_t>(row.status ==
                                          observe::Status::Waiting); // nothing else here
    case Column::Mailbox:
        return row.mailbox;
    case Column::Reductions:
        return row.reductions;
    case Column::Memory:
        return row.memoryBytes;
    case Column::MessagesIn:
        return row.messagesIn;
    case Column::MessagesOut:
        return row.messagesOut;
    case Column::RunTime:
        return static_cast<std::uint64_t>(row.runTime.count());
    case Column::Uptime:
        return static_cast<std::uint64_t>(row.uptime.count());
    case Column::Restarts:
        return row.restarts;
    case Column::Priority:
        return static_cast<std::uint64_t>(row.priority);
    case Column::Parent:
        return row.parent.index();
    case Column::Pid:
        return row.pid.raw();
    default:
        return 0; // a text
    }
}

/// Without regard to case.
std::string textOf(const Row& row, Column column) {
    std::string text = column == Column::Behaviour     ? row.behaviour
                       : column == Column::InitialCall ? row.initialCall
                                                       : std::string();
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// What the table must show, by comparing whole rows.
std::vector<Pid> expected(std::vector<Row> rows, RowQuery query) {
    std::ranges::sort(rows, [&](const Row& a, const Row& b) {
        const Row& first = query.descending ? b : a;
        const Row& second = query.descending ? a : b;
        const auto one = std::pair(numberOf(first, query.order), textOf(first, query.order));
        const auto two = std::pair(numberOf(second, query.order), textOf(second, query.order));
        return one != two ? one < two : a.pid < b.pid;
    });
    std::vector<Pid> pids;
    for (const Row& row : rows)
        pids.push_back(row.pid);
    return pids;
}

} // namespace

class tst_RowOrder : public QObject {
    Q_OBJECT
private slots:
    void keysAreSortedByValueThenPid();
    void everyColumnOrdersAsItsRowsSay_data();
    void everyColumnOrdersAsItsRowsSay();
    void theDeltaIsWhatWasDoneSinceTheQueryBefore();
    void aFilteredDeltaDoesNotForgetTheOthers();
    void keysOfUptimeStayAsTimeGoesBy();
    void aRequestThatCouldNotStartIsForgotten();
};

void tst_RowOrder::keysAreSortedByValueThenPid() {
    std::mt19937_64 random(1);
    const std::function<std::uint64_t()> kValues[] = {
        [] { return 7U; },
        [&] { return random() % 2; },
        [&] { return random() % 1'000; },
        [&] { return random() % (1ULL << 40); },
        [&] { return random(); },
        [&] { return random() % 8 != 0 ? 7U : random() % 50; }, // most are idle
        [&] { return random() % 3 != 0 ? 1ULL << 63 : random(); },
        [&, at = 0U]() mutable { return at++ % 5'000 < 1'700 ? 7U : 9U; }, // the first misled
    };
    for (const auto& value : kValues)
        for (const std::size_t count : {0U, 1U, 511U, 512U, 5'000U, 20'000U})
            for (const std::uint64_t generations : {1ULL, 3ULL, 1ULL << 31})
                for (const bool descending : {false, true}) {
                    std::vector<ProcessFigure> keys;
                    for (std::size_t index = 1; index <= count; ++index)
                        keys.push_back({value(), Pid::make(static_cast<std::uint32_t>(index),
                                                           static_cast<std::uint32_t>(
                                                               random() % generations))});
                    observe::detail::OrderKeys order;
                    order.add(std::span(keys).first(count / 3)); // they come in pieces
                    order.add(std::span(keys).subspan(count / 3));
                    std::ranges::sort(keys, [&](const ProcessFigure& a, const ProcessFigure& b) {
                        return a.value == b.value ? a.pid < b.pid
                                                  : (a.value < b.value) != descending;
                    });
                    QVERIFY(std::ranges::equal(std::move(order).sorted(descending), keys, {}, {},
                                               &ProcessFigure::pid));
                }
}

void tst_RowOrder::everyColumnOrdersAsItsRowsSay_data() {
    QTest::addColumn<int>("column");
    const std::pair<const char*, Column> kColumns[] = {{"pid", Column::Pid},
                                                       {"status", Column::Status},
                                                       {"mailbox", Column::Mailbox},
                                                       {"reductions", Column::Reductions},
                                                       {"memory", Column::Memory},
                                                       {"behaviour", Column::Behaviour},
                                                       {"initial call", Column::InitialCall},
                                                       {"messages in", Column::MessagesIn},
                                                       {"messages out", Column::MessagesOut},
                                                       {"run time", Column::RunTime},
                                                       {"uptime", Column::Uptime},
                                                       {"restarts", Column::Restarts},
                                                       {"priority", Column::Priority},
                                                       {"parent", Column::Parent}};
    for (const auto& [name, column] : kColumns)
        QTest::newRow(name) << int(column);
}

void tst_RowOrder::everyColumnOrdersAsItsRowsSay() {
    QFETCH(int, column);
    World world(2'000);
    for (const bool descending : {false, true})
        for (const char* filter : {"", "THIRD"}) {
            const RowQuery query{
                .order = Column(column), .descending = descending, .filter = filter};
            const RowOrder order = world.order(query);
            std::vector<Row> rows = world.all();
            QVERIFY(rows.size() > 2'000);
            QCOMPARE(order.total, rows.size());
            if (!query.filter.empty())
                std::erase_if(rows, [](const Row& row) { return row.label != "third"; });
            QVERIFY(rows.size() > 600);
            if (query.order == Column::Uptime) // those of one millisecond are alike
                for (Row& row : rows)
                    row.uptime = std::chrono::floor<std::chrono::milliseconds>(row.uptime);
            QVERIFY(order.pids == expected(rows, query));
        }
}

void tst_RowOrder::theDeltaIsWhatWasDoneSinceTheQueryBefore() {
    World world(1'000);
    const RowQuery query{.order = Column::ReductionsDelta, .descending = true};
    std::map<Pid, std::uint64_t> before;
    for (int round = 0; round < 5; ++round) {
        const RowOrder order = world.order(query);
        std::vector<Row> rows = world.all();
        for (Row& row : rows) {
            const std::uint64_t total = row.reductions;
            row.reductions -= before[row.pid];
            before[row.pid] = total;
        }
        QVERIFY(order.pids == expected(rows, {.order = Column::Reductions, .descending = true}));
        world.simulation.runtime().spawn(wake, order.pids);
        world.simulation.advance(100ms);
        if (round > 0) {
            std::vector<Pid> workers;
            for (const Row& row : rows)
                if (row.label == "third")
                    workers.push_back(row.pid);
            QVERIFY(workers.size() > 50);
            world.simulation.runtime().spawn(replace, std::move(workers));
            world.simulation.advance(100ms);
        }
    }
}

void tst_RowOrder::aFilteredDeltaDoesNotForgetTheOthers() {
    World world(1'000);
    RowQuery query{.order = Column::ReductionsDelta, .descending = true};
    const std::size_t all = world.order(query).pids.size();
    query.filter = "third";
    QVERIFY(world.order(query).pids.size() < all / 2);
    query.filter.clear();
    // Nobody has done anything since: all are alike, in the order of their pids.
    const RowOrder still = world.order(query);
    QCOMPARE(still.pids.size(), all);
    QVERIFY(std::ranges::is_sorted(still.pids));
}

void tst_RowOrder::keysOfUptimeStayAsTimeGoesBy() {
    World world(500);
    const std::vector<ProcessFigure> before = world.ages();
    QVERIFY(before.size() > 500);
    world.simulation.advance(1s);
    const Pid young = world.simulation.runtime().spawn(worker, 0);
    std::map<Pid, std::uint64_t> after;
    for (const ProcessFigure& key : world.ages())
        after[key.pid] = key.value;
    for (const ProcessFigure& key : before) {
        QVERIFY(after.contains(key.pid));
        QCOMPARE(after[key.pid], key.value);
        QVERIFY(after[young] < key.value);
    }
}

/// Else every later reading of the figures would take it for one that is not known yet, and look
/// at all labels.
void tst_RowOrder::aRequestThatCouldNotStartIsForgotten() {
    Runtime runtime({.schedulers = 1, .processesMax = 128});
    observe::detail::RequestPids requests(runtime);
    const Pid stranger = runtime.spawnOpt({.label = observe::detail::requestLabel()}, worker, 1);
    std::optional<Term> fault;
    for (int request = 0; request < 1'000 && !fault; ++request) {
        try {
            requests.spawn(worker, 1);
        } catch (const Raised& raised) {
            fault = raised.term;
        }
    }
    QVERIFY(fault);
    ProcessFigure figure{.value = 0, .pid = stranger};
    QCOMPARE(requests.removeFrom(std::span(&figure, 1)).size(), std::size_t(1));
}

QTEST_APPLESS_MAIN(tst_RowOrder)
#include "tst_row_order.moc"
