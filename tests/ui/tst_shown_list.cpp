// What a person sees of a list while changes are on their way to the disk.
#include <ui/bridge/shown_list.h>

#include <QTest>

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
