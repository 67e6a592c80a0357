#include "todo_support.h"

#include <grove/storage/term_table.h>
#include <grove/todo/database.h>
#include <grove/todo/rows.h>

#include <QTemporaryDir>
#include <QTest>

using namespace grove::todo;
using namespace grove;

namespace {

constexpr std::chrono::sys_seconds kAt{std::chrono::seconds(1'700'000'000)};

template <class T> T valueOf(storage::SqlResult<T> result) {
    if (!result)
        qFatal("%s", storage::print(result.error()).c_str());
    return *std::move(result);
}

} // namespace

class tst_Rows : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_files = 0;
    std::string m_file;

    storage::Connection open() {
        m_file = m_folder.filePath(QString("%1.db").arg(++m_files)).toStdString();
        auto prepared = storage::prepareDatabase(m_file, todoSchema());
        if (!prepared)
            qFatal("%s", storage::print(prepared.error().error).c_str());
        return valueOf(storage::Connection::open(m_file));
    }

private slots:
    void whatAChangeDidIsStoredAsTheBytesOfItsTerm() {
        using std::chrono::year;
        const std::vector<IdRange> none, one{{255, 256}},
            three{{1, 1}, {2'147'483'647, 2'147'483'648}, {-1, INT64_MAX}};
        for (const auto& ids : {none, one, three})
            for (const Change& inverse : std::initializer_list<Change>{
                     AddEntries{{{.title = "added", .date = year(2026) / 11 / 21}}}, SetTitles{},
                     SetTitles{{{1, "Zahnärztin"}, {INT64_MIN, ""}}},
                     SetTitles{{{1, std::string(500, 'x')}, {2, std::string(500, 'y')}}},
                     SetDates{{{1, year(2026) / 11 / 21}, {2, {}}}},
                     SetDone{{{1, true}, {-2'147'483'649, false}}}, DeleteEntries{ids},
                     RestoreEntries{ids}, RenameList{"House"}, DeleteList{}, RestoreList{},
                     ForgetEntries{ids}}) {
                const Applied applied{.version = 70'000, .touched = ids, .inverse = inverse};
                const std::string bytes = TodoStore::bytesOf(applied);
                QCOMPARE(bytes, storage::storedBytes(toTerm(applied)));
                QVERIFY(fromTerm<Applied>(storage::storedTerm(bytes).value()).value() == applied);
            }
    }

    void aNewFileHasAnInbox() {
        auto connection = open();
        QCOMPARE(valueOf(allLists(connection)),
                 (std::vector<ListSummary>{{.id = kInbox, .name = "Inbox"}}));
    }

    void namesAreUniqueAmongListsThatAreNotDeleted() {
        auto connection = open();
        auto house = createList(connection, "House", kAt);
        QVERIFY(house);
        auto again = createList(connection, "House", kAt);
        QVERIFY(!again);
        QCOMPARE(std::get<storage::Refusal>(again.error()).why,
                 std::string("There is a list named House. Choose another name."));
        QVERIFY(applyChange(connection, house->id, DeleteList{}, kAt));
        auto second = createList(connection, "House", kAt);
        QVERIFY(second);
        QVERIFY(second->id != house->id);
        auto restored = applyChange(connection, house->id, RestoreList{}, kAt);
        QVERIFY(!restored);
        auto quoted = createList(connection, "it's \"odd\"; DROP TABLE lists", kAt);
        QVERIFY(quoted);
        QCOMPARE(valueOf(loadList(connection, quoted->id))->name(), quoted->name);
    }

    void aListThatNeverWasIsRefused() {
        auto connection = open();
        auto refused = applyChange(connection, 99, SetDone{{{1, true}}}, kAt);
        QCOMPARE(std::get<storage::Refusal>(refused.error()).why,
                 std::string("There is no such list."));
        QVERIFY(!valueOf(loadList(connection, 99)));
    }

    /// Checked changes have none; of whoever sends another, nothing is stored.
    void aDateOutsideOfTheCalendarIsNotStored() {
        auto connection = open();
        const Date outside = std::chrono::year(10'000) / 1 / 1;
        QVERIFY(
            !applyChange(connection, kInbox, AddEntries{{{.title = "x", .date = outside}}}, kAt));
        QVERIFY(applyChange(connection, kInbox, AddEntries{{{.title = "y"}}}, kAt));
        QVERIFY(!applyChange(connection, kInbox, SetDates{{{1, outside}}}, kAt));
        QVERIFY(!valueOf(loadList(connection, kInbox))->find(1)->date);
    }

    /// The value and the rows do the same, change by change: what is done, what is refused and why,
    /// ids, versions, inverses.
    void rowsChangeExactlyAsTheValueDoes_data() {
        QTest::addColumn<int>("together"); // so many changes have one RowBatch
        QTest::newRow("each alone") << 1;
        QTest::newRow("seven together") << 7;
        QTest::newRow("all together") << 300;
    }
    void rowsChangeExactlyAsTheValueDoes() {
        QFETCH(int, together);
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            auto connection = open();
            auto made = createList(connection, "list 0", kAt);
            QVERIFY(made);
            List model(made->id, made->name);
            RandomChanges random(seed);
            auto transaction =
                valueOf(storage::Transaction::begin(connection, storage::TransactionKind::Write));
            std::optional<RowBatch> rows(connection);
            for (int i = 0; i < 300; ++i) {
                if (i % together == 0) {
                    valueOf(rows->finish());
                    rows.emplace(connection);
                }
                const Change change = random.next(model.nextId());
                auto savepoint = valueOf(storage::Savepoint::begin(connection));
                auto onRows = rows->apply(model.id(), change, kAt);
                auto onValue = model.apply(change);
                QVERIFY2(onRows.has_value() == onValue.has_value(),
                         qPrintable(QString("SEED=%1 change %2").arg(seed).arg(i)));
                if (onValue) {
                    QVERIFY2(*onRows == *onValue,
                             qPrintable(QString("SEED=%1 change %2").arg(seed).arg(i)));
                    QVERIFY(savepoint.keep());
                } else {
                    QCOMPARE(std::get<storage::Refusal>(onRows.error()).why, onValue.error().why);
                }
            }
            valueOf(rows->finish());
            QVERIFY(transaction.commit());
            QVERIFY2(*valueOf(loadList(connection, model.id())) == model,
                     qPrintable(QString("SEED=%1").arg(seed)));
            QCOMPARE(valueOf(findInconsistencies(connection)), std::vector<std::string>{});
            for (const ListSummary& summary : valueOf(allLists(connection)))
                if (summary.id == model.id()) {
                    QCOMPARE(summary.openEntries, static_cast<std::int64_t>(model.openCount()));
                    QCOMPARE(summary.entries, static_cast<std::int64_t>(model.size()));
                }
        }
    }

    void whatCanBeReadOfADamagedFileIsConsistent() {
        {
            auto connection = open();
            for (int list = 0; list < 6; ++list) {
                const std::string name = "list " + std::to_string(list);
                auto made = createList(connection, name, kAt);
                QVERIFY(made);
                AddEntries add;
                for (int i = 0; i < 700; ++i)
                    add.entries.push_back({.title = "entry " + std::to_string(i)});
                QVERIFY(applyChange(connection, made->id, add, kAt));
            }
        }
        QFile file(QString::fromStdString(m_file));
        QVERIFY(file.open(QFile::ReadWrite));
        const qint64 pages = file.size() / 4096;
        for (qint64 page : {pages / 3, pages / 2, pages - 2}) {
            file.seek(page * 4096);
            file.write(QByteArray(4096, '\xee'));
        }
        file.close();
        QVERIFY(storage::prepareDatabase(m_file, todoSchema()).error().kind ==
                storage::OpenFault::Kind::Damaged);
        auto salvaged = storage::salvage(m_file, todoSchema(), "stamp");
        QVERIFY(salvaged);
        QVERIFY2(salvaged->rows["entries"] > 3000 && salvaged->rows["entries"] < 4200,
                 qPrintable(QString::number(salvaged->rows["entries"])));
        QVERIFY(storage::adoptSalvaged(m_file));
        QVERIFY(storage::prepareDatabase(m_file, todoSchema()));
        auto connection = valueOf(storage::Connection::open(m_file));
        QCOMPARE(valueOf(findInconsistencies(connection)), std::vector<std::string>{});
        std::int64_t entries = 0;
        for (const ListSummary& list : valueOf(allLists(connection)))
            entries += list.entries;
        QCOMPARE(entries, salvaged->rows["entries"]);
    }
};

QTEST_GUILESS_MAIN(tst_Rows)
#include "tst_rows.moc"
