// The rows of a list: groups, exact moves, dates as a person types them, the names of undo steps.

#include <ui/todo/dates.h>
#include <ui/todo/entry_model.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/undo_names.h>

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace grove;
using namespace grove::ui;

namespace {
const QDate kToday(2026, 11, 21);

todo::Entry entry(todo::EntryId id, const char* title, const QDate& date = {}, bool done = false) {
    return {.id = id, .title = title, .date = fromQDate(date), .done = done};
}

QStringList linesOf(const EntryModel& model) {
    QStringList lines;
    for (int group = 0; group < model.rowCount(); ++group) {
        const QModelIndex parent = model.index(group, 0);
        lines.append(parent.data().toString());
        for (int row = 0; row < model.rowCount(parent); ++row)
            lines.append(QStringLiteral("  ") + model.index(row, 0, parent).data().toString());
    }
    return lines;
}
} // namespace

class tst_EntryModel : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void groupsStandInTheOrderOfTheirDays() {
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        model.apply(
            {{entry(1, "no date"), entry(2, "later", kToday.addDays(9)), entry(3, "today", kToday),
              entry(4, "late", kToday.addDays(-2)), entry(5, "tomorrow", kToday.addDays(1)),
              entry(6, "done", kToday, true), entry(7, "very late", kToday.addDays(-9))},
             {}});
        const QStringList expected{"Overdue", "  very late", "  late",     "Today",
                                   "  today", "Tomorrow",    "  tomorrow", "Mon 30 November",
                                   "  later", "No date",     "  no date",  "Done",
                                   "  done"};
        QCOMPARE(linesOf(model), expected);
        QCOMPARE(model.openCount(), 6);
        QCOMPARE(model.indexOf(4).data(EntryModel::DateTextRole).toString(),
                 QStringLiteral("2 days late"));
        QCOMPARE(model.index(0, 0).data(EntryModel::GroupTextRole).toString(), QStringLiteral("2"));
        QCOMPARE(model.index(1, 0).data(EntryModel::GroupTextRole).toString(),
                 QStringLiteral("Sat 21 November"));
        QCOMPARE(model.indexOf(3).data(Qt::AccessibleTextRole).toString(),
                 QStringLiteral("today, today, not done"));
    }

    void manyEntriesAtOnceComeToTheirPlacesAmongOthers() {
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        const auto dated = [](int i) { return kToday.addDays(-1 - i * 7919 % 5000); };
        EntriesChange first, more;
        for (int i = 1; i <= 100; ++i)
            first.upserted.push_back(entry(i, "first", dated(i)));
        for (int i = 101; i <= 2'000; ++i)
            more.upserted.push_back(entry(i, "more", dated(i)));
        model.apply(first);
        const QPersistentModelIndex kept = model.indexOf(50);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.apply(more);
        QCOMPARE(inserted.count(), 1); // not one for each place
        QCOMPARE(kept, QPersistentModelIndex(model.indexOf(50)));
        const QModelIndex overdue = model.index(0, 0);
        QCOMPARE(model.rowCount(overdue), 2'000);
        for (int row = 1; row < 2'000; ++row)
            QVERIFY(model.entryAt(model.index(row - 1, 0, overdue))->date <=
                    model.entryAt(model.index(row, 0, overdue))->date);
    }

    void aNewDateMovesTheRowAndKeepsItsIndex() {
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        model.apply({{entry(1, "a", kToday), entry(2, "b", kToday)}, {}});
        const QPersistentModelIndex b = model.indexOf(2);
        QSignalSpy moved(&model, &QAbstractItemModel::rowsMoved);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        model.apply({{entry(2, "b", kToday.addDays(1))}, {}});
        QCOMPARE(moved.count(), 1);
        QCOMPARE(removed.count(), 0);
        QVERIFY(b.isValid());
        QCOMPARE(b.data().toString(), QStringLiteral("b"));
        QCOMPARE(linesOf(model), (QStringList{"Today", "  a", "Tomorrow", "  b"}));
        model.apply({{entry(1, "a", kToday.addDays(1))}, {}});
        QCOMPARE(linesOf(model), (QStringList{"Tomorrow", "  a", "  b"}));
    }

    void whatIsTickedOffStaysUntilTidied() {
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        model.apply({{entry(1, "a", kToday), entry(2, "b", kToday)}, {}});
        model.apply({{entry(1, "a", kToday, true)}, {}});
        QCOMPARE(linesOf(model), (QStringList{"Today", "  a", "  b"}));
        QCOMPARE(model.openCount(), 1);
        QCOMPARE(model.indexOf(1).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
        model.tidy();
        QCOMPARE(linesOf(model), (QStringList{"Today", "  b", "Done", "  a"}));
        model.apply({{entry(1, "a", kToday, false)}, {}});
        QCOMPARE(linesOf(model), (QStringList{"Today", "  a", "  b"}));
    }

    void manyEntriesComeInFewInsertions() {
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        std::vector<todo::Entry> many;
        for (int i = 1; i <= 5000; ++i)
            many.push_back(entry(i, "x", kToday.addDays(i % 300 - 30)));
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.apply({many, {}});
        QCOMPARE(inserted.count(), 1);
        QCOMPARE(reset.count(), 0);
        QCOMPARE(model.entryCount(), 5000);
        std::vector<todo::Entry> later;
        for (int i = 5001; i <= 6000; ++i)
            later.push_back(entry(i, "y", kToday));
        model.apply({later, {}});
        QCOMPARE(inserted.count(), 2);
    }

    void midnightMovesWhatItMust() {
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        model.apply({{entry(1, "a", kToday), entry(2, "b", kToday.addDays(1)), entry(3, "c")}, {}});
        model.setToday(kToday.addDays(1));
        QCOMPARE(linesOf(model), (QStringList{"Overdue", "  a", "Today", "  b", "No date", "  c"}));
        model.setToday(kToday);
        QCOMPARE(linesOf(model),
                 (QStringList{"Today", "  a", "Tomorrow", "  b", "No date", "  c"}));
    }

    void anyOrderOfChangesEndsInTheSameRows() {
        const quint32 seed = qEnvironmentVariableIsSet("SEED")
                                 ? qEnvironmentVariable("SEED").toUInt()
                                 : QRandomGenerator::global()->generate();
        qInfo("SEED=%u", seed);
        QRandomGenerator random(seed);
        EntryModel model(kToday);
        QAbstractItemModelTester tester(&model);
        std::map<todo::EntryId, todo::Entry> truth;
        for (int step = 0; step < 400; ++step) {
            EntriesChange change;
            for (int i = random.bounded(1, 6); i > 0; --i) {
                const todo::EntryId id = random.bounded(1, 60);
                const bool twice = std::ranges::find(change.removed, id) != change.removed.end() ||
                                   std::ranges::find(change.upserted, id, &todo::Entry::id) !=
                                       change.upserted.end();
                if (twice)
                    continue;
                if (random.bounded(4) == 0) {
                    change.removed.push_back(id);
                    truth.erase(id);
                } else {
                    const int day = random.bounded(-3, 8);
                    change.upserted.push_back(entry(
                        id, "t", day == 7 ? QDate() : kToday.addDays(day), random.bounded(3) == 0));
                    truth[id] = change.upserted.back();
                }
            }
            model.apply(change);
        }
        model.tidy();
        EntryModel fresh(kToday);
        std::vector<todo::Entry> all;
        for (const auto& [id, each] : truth)
            all.push_back(each);
        fresh.apply({all, {}});
        QCOMPARE(linesOf(model), linesOf(fresh));
        QCOMPARE(model.openCount(), fresh.openCount());
        for (const auto& [id, each] : truth)
            QCOMPARE(*model.entryAt(model.indexOf(id)), each);
    }

    void editsGoToTheSession() {
        EntryModel model(kToday);
        model.apply({{entry(1, "a", kToday)}, {}});
        QSignalSpy titled(&model, &EntryModel::titleEdited);
        QSignalSpy ticked(&model, &EntryModel::tickRequested);
        QVERIFY(model.setData(model.indexOf(1), QStringLiteral("a"), Qt::EditRole));
        QCOMPARE(titled.count(), 0); // nothing changed
        QVERIFY(model.setData(model.indexOf(1), QStringLiteral("b"), Qt::EditRole));
        QCOMPARE(titled.count(), 1);
        QVERIFY(model.setData(model.indexOf(1), Qt::Checked, Qt::CheckStateRole));
        QCOMPARE(ticked.constFirst().at(1).toBool(), true);
        QCOMPARE(model.indexOf(1).data().toString(), QStringLiteral("a"));
        QVERIFY(!(model.index(0, 0).flags() & Qt::ItemIsSelectable));
    }

    void typedDatesAreRead_data() {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QDate>("date");
        const auto row = [](const char* typed, const QDate& date) {
            QTest::newRow(typed) << typed << date;
        };
        row("today", kToday);
        row("Tomorrow", kToday.addDays(1));
        row("next week", QDate(2026, 11, 23));
        row("none", QDate());
        row("fri", QDate(2026, 11, 27));
        row("saturday", QDate(2026, 11, 28));
        row("+3", QDate(2026, 11, 24));
        row("24 dec", QDate(2026, 12, 24));
        row("24 December 2027", QDate(2027, 12, 24));
        row("dec 24", QDate(2026, 12, 24));
        row("1 Feb", QDate(2027, 2, 1));
        row("24.12.", QDate(2026, 12, 24));
        row("24.12.2028", QDate(2028, 12, 24));
        row("2026-12-24", QDate(2026, 12, 24));
        row("2026/1/5", QDate(2026, 1, 5));
    }

    void typedDatesAreRead() {
        QFETCH(QString, typed);
        QFETCH(QDate, date);
        const auto read = parseTypedDate(typed, kToday);
        QVERIFY2(read.has_value(), read ? "" : qPrintable(read.error()));
        QCOMPARE(toQDate(*read), date);
    }

    void datesThatAreNotThereAreSaid() {
        QCOMPARE(parseTypedDate(QStringLiteral("2026-04-31"), kToday).error(),
                 QStringLiteral("There is no 31 April 2026. Did you mean 30 April?"));
        QCOMPARE(parseTypedDate(QStringLiteral("31 apr 2026"), kToday).error(),
                 QStringLiteral("There is no 31 April 2026. Did you mean 30 April?"));
        QVERIFY(!parseTypedDate(QStringLiteral("soon"), kToday).has_value());
        QVERIFY(!parseTypedDate(QString(), kToday).has_value());
    }

    void pastedTextBecomesLines() {
        QCOMPARE(entryLines(QStringLiteral("a\r\n\n  b \n\tc\n")), (QStringList{"a", "b", "c"}));
        QVERIFY(entryLines(QStringLiteral(" \n ")).isEmpty());
    }

    void undoStepsHaveNames() {
        QCOMPARE(undoNameOf(todo::SetDone{{{1, true}}}, QStringLiteral("Dentist"), kToday),
                 QStringLiteral("tick off 'Dentist'"));
        QCOMPARE(undoNameOf(todo::DeleteEntries{{{1, 3}}}, QStringLiteral("x"), kToday),
                 QStringLiteral("delete 3 entries"));
        QCOMPARE(undoNameOf(todo::SetDates{{{1, fromQDate(kToday.addDays(1))}}},
                            QStringLiteral("x"), kToday),
                 QStringLiteral("move 'x' to tomorrow"));
        QCOMPARE(undoNameOf(todo::SetDates{{{1, std::nullopt}}}, QStringLiteral("x"), kToday),
                 QStringLiteral("take the date off 'x'"));
    }
};

QTEST_MAIN(tst_EntryModel)
#include "tst_entry_model.moc"
