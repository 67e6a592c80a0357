#include "todo_support.h"

#include <QTest>

using namespace grove::todo;
using namespace std::chrono_literals;

namespace {
const Date kDec19 = 2023y / 12 / 19;
const Date kDec20 = 2023y / 12 / 20;
} // namespace

class tst_List : public QObject {
    Q_OBJECT

private slots:
    void isBuiltFromARangeOfEntries() {
        const List list = List::from(
            "Bob's list",
            std::vector<NewEntry>{{"Dentist", kDec19}, {"Shopping", kDec20}, {"Movies", kDec19}});
        QCOMPARE(list.size(), 3u);
        QCOMPARE(list.entriesOn(kDec19),
                 (std::vector<Entry>{{1, "Dentist", kDec19}, {3, "Movies", kDec19}}));
        QCOMPARE(list.entriesOn(kDec20), (std::vector<Entry>{{2, "Shopping", kDec20}}));
        QVERIFY(list.entriesOn(std::nullopt).empty());
    }

    void givesIdsThatAreNeverUsedTwice() {
        List list(2, "l");
        const EntryId one = list.add({.title = "one"});
        QVERIFY(list.remove(one));
        QVERIFY(!list.remove(one));
        QCOMPARE(list.add({.title = "two"}), one + 1);
    }

    void updatesThroughAFunction() {
        List list(2, "l");
        const EntryId id = list.add({.title = "Dentist", .date = kDec19});
        QVERIFY(list.update(id, [](Entry& entry) {
            entry.date = kDec20;
            entry.done = true;
            entry.id = 77; // an id stays what it is
        }));
        QCOMPARE(*list.find(id), (Entry{id, "Dentist", kDec20, true}));
        QVERIFY(list.entriesOn(kDec19).empty());
        QCOMPARE(list.entriesOn(kDec20).size(), 1u);
        QCOMPARE(list.openCount(), 0u);
        QVERIFY(!list.update(99, [](Entry&) { qFatal("called for an entry that is not there"); }));
    }

    void ordersByDateThenIdWithUndatedFirst() {
        List list(2, "l");
        list.add({.title = "b", .date = kDec20});
        list.add({.title = "c"});
        list.add({.title = "a", .date = kDec19});
        list.add({.title = "d", .date = kDec19});
        std::string titles;
        for (const Entry& entry : list.entriesByDate())
            titles += entry.title;
        QCOMPARE(titles, std::string("cadb"));
    }

    void refusesAChangeWhole() {
        List list(2, "l");
        list.add({.title = "one"});
        const List before = list;
        auto refused = list.apply(SetDone{{{1, true}, {9, true}}});
        QVERIFY(!refused);
        QCOMPARE(refused.error().why, std::string("Entry 9 is not in this list any more."));
        QVERIFY(list == before);
    }

    void inboxCannotBeDeletedOrRenamed() {
        List inbox(kInbox, "Inbox");
        QVERIFY(!inbox.apply(DeleteList{}));
        QVERIFY(!inbox.apply(RenameList{"Other"}));
        QCOMPARE(inbox.name(), std::string("Inbox"));
    }

    /// Whatever was changed, doing the inverse brings back every entry, and the inverse's inverse
    /// redoes it.
    void everyInverseTakesItsChangeBack() {
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            RandomChanges random(seed);
            List list(2, "l");
            for (int i = 0; i < 100; ++i) {
                const Change change = random.next(list.nextId());
                ListData before = list.data();
                auto applied = list.apply(change);
                if (!applied) {
                    QVERIFY2(list.data() == before, qPrintable(QString("SEED=%1").arg(seed)));
                    continue;
                }
                if (std::holds_alternative<ForgetEntries>(change))
                    continue; // for good
                List undone = list;
                auto back = undone.apply(applied->inverse);
                QVERIFY2(back, qPrintable(QString("SEED=%1").arg(seed)));
                QVERIFY2(undone.data().entries == before.entries,
                         qPrintable(QString("SEED=%1").arg(seed)));
                QCOMPARE(undone.name(), before.name);
                QCOMPARE(undone.isDeleted(), before.deleted);
                QVERIFY(undone.apply(back->inverse));
                QVERIFY(undone.data().entries == list.data().entries);
                QCOMPARE(undone.openCount(), list.openCount());
                QCOMPARE(undone.version(), list.version() + 2);
            }
        }
    }

    void everyIndexAgreesWithTheEntries() {
        RandomChanges random(3);
        List list(2, "l");
        for (int i = 0; i < 2000; ++i) {
            (void)list.apply(random.next(list.nextId()));
            if (i % 11 >= 3)
                continue; // several changes between two questions, too
            std::size_t open = 0;
            std::map<std::optional<Date>, std::vector<Entry>> days;
            for (const Entry& entry : list.entries()) {
                open += !entry.done;
                days[entry.date].push_back(entry);
            }
            QCOMPARE(list.openCount(), open);
            QCOMPARE(list.entriesByDate().size(), list.size());
            for (const auto& [date, entries] : days)
                QCOMPARE(list.entriesOn(date), entries);
        }
    }

    void checksChangesBeforeTheyAreSent() {
        auto kept = checkChange(AddEntries{{{.title = "  Dentist "}}});
        QCOMPARE(std::get<AddEntries>(kept.value()).entries[0].title, std::string("Dentist"));
        QCOMPARE(checkChange(AddEntries{}).error().why, std::string("There is nothing to change."));
        QCOMPARE(checkChange(AddEntries{{{.title = ""}}}).error().why,
                 std::string("An entry needs a title."));
        QVERIFY(!checkChange(SetDates{{{1, 2023y / 2 / 30}}}));
        for (const int year : {-32'767, -5, 0, 10'000, 32'767}) {
            const Date outside = std::chrono::year(year) / 1 / 1;
            QVERIFY(!checkChange(SetDates{{{1, outside}}}));
            QVERIFY(!checkChange(AddEntries{{{.title = "x", .date = outside}}}));
        }
        QVERIFY(checkChange(SetDates{{{1, 1y / 1 / 1}, {2, 9999y / 12 / 31}}}));
        QVERIFY(!checkChange(RenameList{"a\nb"}));
    }
};

QTEST_APPLESS_MAIN(tst_List)
#include "tst_list.moc"
