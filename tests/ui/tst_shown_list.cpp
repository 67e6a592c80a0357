// What a person sees of a list while changes are on their way to the disk.
#include <ui/bridge/shown_list.h>

#include <QTest>

#include <deque>
#include <random>

using namespace grove;
using namespace grove::ui;

namespace {

/// The list's server and disk, reduced to what they tell.
struct Disk {
    todo::List list{2, "House"};

    /// Does a change and tells of it.
    todo::ListChanged commit(const todo::OperationId& operation, const todo::Change& change) {
        const auto applied = list.apply(change);
        GROVE_ASSERT(applied.has_value(), "the test's change fits");
        return {.list = 2, .operation = operation, .version = list.version(), .change = change};
    }
    [[nodiscard]] todo::ChangeAnswer answer() const {
        todo::ChangeAnswer answer{.done = true, .applied = todo::Applied{}, .why = {}};
        answer.applied->version = list.version();
        return answer;
    }
};

todo::Change add(const char* title) {
    return todo::AddEntries{{todo::NewEntry{.title = title, .date = {}, .done = false}}};
}

QStringList titles(const ShownList& list) {
    QStringList out;
    for (const todo::Entry& entry : list.shown().entries())
        out << QString::fromStdString(entry.title);
    return out;
}

} // namespace

namespace {

/// The same by the simplest means: both lists, and all made anew each time.
class PlainShownList {
public:
    void load(const todo::ListData& data) {
        m_isUncertain = m_disk.has_value();
        m_disk = todo::List(data);
        rebuildWhenKnown();
    }
    bool begin(const todo::OperationId& operation, const todo::Change& change) {
        if (m_disk && !m_shown.apply(change))
            return false;
        m_pending.push_back({operation, change});
        return true;
    }
    void landed(const todo::ListChanged& landed) {
        if (!m_disk || landed.version <= m_disk->version() || !m_disk->apply(landed.change))
            return;
        for (Pending& pending : m_pending)
            pending.isOnDisk = pending.isOnDisk || pending.operation == landed.operation;
        rebuildWhenKnown();
    }
    void answered(const todo::OperationId& operation) {
        std::erase_if(m_pending, [&](const Pending& each) { return each.operation == operation; });
        rebuildWhenKnown();
    }
    [[nodiscard]] std::vector<todo::Entry> entries() const {
        const auto all = m_shown.entries();
        return {all.begin(), all.end()};
    }

private:
    struct Pending {
        todo::OperationId operation;
        todo::Change change;
        bool isOnDisk = false;
    };
    void rebuildWhenKnown() {
        if (!m_disk || (m_isUncertain && !m_pending.empty()))
            return;
        m_shown = *m_disk;
        m_isUncertain = false;
        for (const Pending& pending : m_pending)
            if (!pending.isOnDisk)
                static_cast<void>(m_shown.apply(pending.change));
    }

    std::optional<todo::List> m_disk;
    todo::List m_shown;
    std::vector<Pending> m_pending;
    bool m_isUncertain = false;
};

todo::Change drawChange(std::mt19937_64& random) {
    const auto id = [&random] { return todo::EntryId(random() % 12 + 1); };
    switch (random() % 7) {
    case 0:
    case 1:
        return add("new");
    case 2:
        return todo::SetTitles{{{id(), std::to_string(random() % 100)}}};
    case 3:
        return todo::SetDone{{{id(), random() % 2 == 0}}};
    case 4:
        return todo::SetDates{{{id(), std::nullopt}}};
    case 5: {
        const todo::EntryId first = id();
        return todo::DeleteEntries{{{first, first + todo::EntryId(random() % 3)}}};
    }
    default:
        return todo::RestoreEntries{{{id(), 40}}};
    }
}

/// Both beside one disk, with what is on its way there and back.
struct Duel {
    explicit Duel(std::uint64_t seed) : random(seed) {}

    void step(int number) {
        switch (random() % 8) {
        case 0:
        case 1:
        case 2:
            return beginOne(number);
        case 3: // somebody else's
            if (const todo::Change change = drawChange(random); todo::List(disk.list).apply(change))
                news.push_back(disk.commit("theirs", change));
            return;
        case 4:
        case 5:
            return commitOne();
        case 6:
            return tellOne();
        default: // the server is replaced
            if (number % 5 != 0)
                return;
            news.clear();
            shown.load(disk.list.data());
            plain.load(disk.list.data());
        }
    }

    void beginOne(int number) {
        const todo::OperationId operation = "own" + std::to_string(number);
        const todo::Change change = drawChange(random);
        const bool begun = plain.begin(operation, change);
        differed = differed || shown.begin(operation, change).has_value() != begun;
        if (begun)
            sent.emplace_back(operation, change);
    }

    /// Own ones are done or refused in order; whoever is refused has heard of all before.
    void commitOne() {
        if (sent.empty())
            return;
        const auto [operation, change] = sent.front();
        sent.pop_front();
        if (todo::List(disk.list).apply(change)) {
            news.push_back(disk.commit(operation, change));
            done.push_back(operation);
            return;
        }
        while (!news.empty())
            tellOne();
        shown.answered(operation, {.done = false, .applied = {}, .why = "no"});
        plain.answered(operation);
    }

    void tellOne() {
        if (!news.empty()) {
            shown.landed(news.front());
            plain.landed(news.front());
            news.pop_front();
        } else if (!done.empty()) {
            shown.answered(done.front(), disk.answer());
            plain.answered(done.front());
            done.pop_front();
        }
    }

    std::mt19937_64 random;
    Disk disk;
    ShownList shown;
    PlainShownList plain;
    bool differed = false; ///< over whether a change fits
    std::deque<std::pair<todo::OperationId, todo::Change>> sent;
    std::deque<todo::OperationId> done; ///< on disk, to be answered
    std::deque<todo::ListChanged> news; ///< on their way back, in order
};

} // namespace

class tst_ShownList : public QObject {
    Q_OBJECT
private slots:
    void aChangeIsShownAtOnceAndPendingUntilItIsAnswered() {
        Disk disk;
        ShownList shown;
        shown.load(disk.list.data());
        const auto change = shown.begin("a", add("Dentist"));
        QVERIFY(change.has_value());
        QCOMPARE(change->upserted.size(), std::size_t(1));
        QVERIFY(shown.isPending(1));
        const auto landed = shown.landed(disk.commit("a", add("Dentist")));
        QVERIFY(landed.upserted.empty() && landed.removed.empty());
        QVERIFY(shown.answered("a", disk.answer()).upserted.empty());
        QVERIFY(!shown.isPending(1));
        QCOMPARE(titles(shown), QStringList{"Dentist"});
    }
    void anEntryIsPendingAsLongAsOneOfItsChangesIs() {
        Disk disk;
        for (int i = 0; i < 6; ++i)
            disk.commit("before", add("x"));
        ShownList shown;
        shown.load(disk.list.data());
        const auto pending = [&shown] {
            QList<int> ids;
            for (int id = 1; id <= 8; ++id)
                if (shown.isPending(todo::EntryId(id)))
                    ids << id;
            return ids;
        };
        QCOMPARE(pending(), QList<int>());
        const todo::Change three = todo::SetDone{{{5, true}}};
        const todo::Change one = todo::DeleteEntries{{{2, 4}}};
        const todo::Change two = todo::SetDone{{{5, false}, {1, true}}};
        QVERIFY(shown.begin("three", three));
        QCOMPARE(pending(), (QList<int>{5}));
        QVERIFY(shown.begin("one", one));
        QVERIFY(shown.begin("two", two));
        QCOMPARE(pending(), (QList<int>{1, 2, 3, 4, 5}));
        shown.landed(disk.commit("three", three));
        shown.answered("three", disk.answer());
        QCOMPARE(pending(), (QList<int>{1, 2, 3, 4, 5})); // 5 by the change after it
        shown.answered("one", {.done = false, .applied = {}, .why = "no"});
        QCOMPARE(pending(), (QList<int>{1, 5}));
        shown.landed(disk.commit("two", two));
        shown.answered("two", disk.answer());
        QCOMPARE(pending(), QList<int>());
    }
    void anAnswerWithoutNewsMeansThatItWasLoaded() {
        // The server ended between commit and answer: the next one has the entry already.
        Disk disk;
        ShownList shown;
        shown.load(disk.list.data());
        QVERIFY(shown.begin("a", add("Dentist")));
        disk.commit("a", add("Dentist"));
        const auto reloaded = shown.load(disk.list.data());
        QVERIFY2(reloaded.upserted.empty() && reloaded.removed.empty(),
                 "not shown twice meanwhile");
        shown.answered("a", disk.answer());
        QCOMPARE(titles(shown), QStringList{"Dentist"});
    }
    void aChangeThatWasLostOnTheWayStaysShown() {
        Disk disk;
        ShownList shown;
        shown.load(disk.list.data());
        QVERIFY(shown.begin("a", add("Dentist")));
        shown.load(disk.list.data()); // the server was killed before it wrote anything
        QCOMPARE(titles(shown), QStringList{"Dentist"});
        shown.landed(disk.commit("a", add("Dentist")));
        shown.answered("a", disk.answer());
        QCOMPARE(titles(shown), QStringList{"Dentist"});
    }
    void aRefusalTakesTheChangeBack() {
        Disk disk;
        disk.commit("before", add("Shopping"));
        ShownList shown;
        shown.load(disk.list.data());
        QVERIFY(shown.begin("a", todo::DeleteEntries{{{1, 1}}}));
        QCOMPARE(titles(shown), QStringList());
        const auto back = shown.answered("a", {.done = false, .applied = {}, .why = "no"});
        QCOMPARE(back.upserted.size(), std::size_t(1));
        QCOMPARE(titles(shown), QStringList{"Shopping"});
    }
    void somebodyElsesChangeGoesBelowOwnPendingOnes() {
        Disk disk;
        ShownList shown;
        shown.load(disk.list.data());
        QVERIFY(shown.begin("mine", add("Mine")));
        shown.landed(disk.commit("theirs", add("Theirs")));
        QCOMPARE(titles(shown), (QStringList{"Theirs", "Mine"}));
        shown.landed(disk.commit("mine", add("Mine")));
        shown.answered("mine", disk.answer());
        QCOMPARE(titles(shown), (QStringList{"Theirs", "Mine"}));
        QVERIFY(!shown.hasPending());
    }
    void whatDoesNotFitIsRefusedAtOnce() {
        Disk disk;
        ShownList shown;
        shown.load(disk.list.data());
        QVERIFY(!shown.begin("a", todo::SetDone{{{7, true}}}));
        QVERIFY(!shown.hasPending());
    }
    void oneListShowsWhatTwoWouldShow_data() {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 200; ++seed)
            QTest::addRow("SEED=%d", seed) << seed;
    }
    void oneListShowsWhatTwoWouldShow() {
        QFETCH(int, seed);
        Duel duel(static_cast<std::uint64_t>(seed));
        for (int step = 0; step < 60; ++step) {
            duel.step(step);
            QVERIFY(!duel.differed);
            const auto all = duel.shown.shown().entries();
            QCOMPARE(std::vector<todo::Entry>(all.begin(), all.end()), duel.plain.entries());
        }
    }
    void changesBeforeTheFirstLoadAreShownWithIt() {
        Disk disk;
        disk.commit("before", add("Shopping"));
        ShownList shown;
        QVERIFY(shown.begin("a", add("Dentist")));
        QVERIFY(!shown.isLoaded());
        const auto loaded = shown.load(disk.list.data());
        QCOMPARE(loaded.upserted.size(), std::size_t(2));
        QCOMPARE(titles(shown), (QStringList{"Shopping", "Dentist"}));
    }
};

QTEST_APPLESS_MAIN(tst_ShownList)
#include "tst_shown_list.moc"
