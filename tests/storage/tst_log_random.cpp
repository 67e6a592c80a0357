#include "log_life.h"
#include "support/seeds.h"

using namespace grove::storage;

namespace {

/// Lets the power fail, or not. Returns: what is wrong with what is there then, and takes it as
/// what is committed.
std::string lookAfterwards(SyncLossVfs& disk, Random& random, Rows& rows) {
    if (random.oneIn(2))
        disk.powerFailure(); // of what closing has written, too
    Connection again = openPlain(disk);
    if (auto check = valueOf(again.text("PRAGMA integrity_check")); check != "ok")
        return check.value_or("nothing");
    rows.committed.clear();
    auto all = valueOf(again.prepare("SELECT n, length(word) FROM numbers"));
    valueOf(all.each([&rows](Statement& row) {
        rows.committed[static_cast<int>(row.integer(0))] = static_cast<int>(row.integer(1));
    }));
    for (const auto& [number, length] : rows.acknowledged)
        if (const auto found = rows.committed.find(number);
            found == rows.committed.end() || found->second != length)
            return "row " + std::to_string(number) + " is lost";
    return {};
}

} // namespace

/// SQLite's log under all that is done to it, in orders drawn from seeds: SEEDS=1000 in the
/// environment for as many, SEED=7 for that one.
class tst_LogRandom : public QObject {
    Q_OBJECT

    static std::string liveWith(std::uint64_t seed, int pageBytes, bool hasOther, Seen& seen) {
        constexpr int kLives = 4, kSteps = 120;
        SyncLossVfs disk(seed);
        Random random(seed * 1'000 + static_cast<unsigned>(pageBytes) + (hasOther ? 1 : 0));
        Rows rows;
        if (!prepareDatabase("n.db", numbersSchema(), {.vfs = disk.name()}))
            return "no database";
        setPageBytes("n.db", disk.name(), pageBytes);
        for (int number = 0; number < kLives; ++number) {
            {
                Life life(disk, random, rows, seen, hasOther);
                for (int step = 0; step < kSteps; ++step)
                    life.step();
                disk.setFault({});
                if (!random.oneIn(3)) // else all is closed
                    disk.powerFailure(random.oneIn(2) ? SyncLossVfs::Unsynced::PartlyKept
                                                      : SyncLossVfs::Unsynced::Lost);
            }
            if (auto wrong = lookAfterwards(disk, random, rows); !wrong.empty())
                return wrong;
        }
        return {};
    }

private slots:
    void nothingSyncedIsLostWhateverTheOrder_data() {
        QTest::addColumn<int>("pageBytes");
        QTest::addColumn<bool>("hasOther");
        for (const int pageBytes : {512, 1'024, 4'096, 16'384, 65'536})
            for (const bool hasOther : {false, true})
                QTest::addRow("pages of %d%s", pageBytes, hasOther ? ", another program" : "")
                    << pageBytes << hasOther;
    }
    void nothingSyncedIsLostWhateverTheOrder() {
        QFETCH(int, pageBytes);
        QFETCH(bool, hasOther);
        Seen seen;
        const auto [first, last] = grove::test::seeds(8);
        for (std::uint64_t seed = first; seed <= last; ++seed)
            if (auto wrong = liveWith(seed, pageBytes, hasOther, seen); !wrong.empty())
                QFAIL(qPrintable(
                    QString("SEED=%1: %2").arg(seed).arg(QString::fromStdString(wrong))));
        qInfo("%d rooms, %d beginnings, %d parts, %d suspects, %d mended", seen.rooms,
              seen.beginnings, seen.parts, seen.suspects, seen.mended);
        if (first == last)
            return;
        QVERIFY(seen.rooms > 0 && seen.beginnings > 0 && seen.parts > 0);
        QVERIFY(hasOther || (seen.suspects > 0 && seen.mended > 0));
    }
};

QTEST_APPLESS_MAIN(tst_LogRandom)
#include "tst_log_random.moc"
