#include "support/sim_fixture.h"

#include <grove/storage/checkpointer.h>

#include <QTest>

using namespace grove;
using namespace grove::storage;
using namespace grove::test;

namespace {

constexpr std::size_t kWritesMax = 1'000;

Task<> takeLooks() {
    check(registerName(atom(Checkpointer::kName), self()).has_value());
    const auto next = [] -> Task<Checkpointer::Look> {
        const auto isCast = [](const Message& message) {
            return message.kind() == MessageKind::Cast;
        };
        co_return *(co_await receive(on(isCast))).get<Checkpointer::Look>();
    };
    LogLength log(kWritesMax);
    log.committed(200, 1); // not long yet
    log.committed(900, 1);
    log.committed(1'100, 1);
    checkEqual((co_await next()).transactionPages, std::size_t{700}); // the longest
    log.committed(1'200, 1);
    log.committed(1'400, 1); // longer by a part than when it was told
    checkEqual((co_await next()).transactionPages, std::size_t{700});
    check(log.isLong());
    log.paused();
    check((co_await next()).isPause);
    check(!log.isLong());
    log.committed(1'500, 1);
    checkEqual((co_await next()).transactionPages, std::size_t{700});
    log.committed(1'010, 1); // begun anew, all of it by one
    checkEqual((co_await next()).transactionPages, std::size_t{1'010});
    log.committed(30, 1); // anew again
    log.committed(1'030, 1);
    checkEqual((co_await next()).transactionPages, std::size_t{1'000});
}

Task<> shortenTransactions() {
    LogLength log(kWritesMax);
    const auto commit = [&](std::size_t pages, std::size_t writes) {
        log.committed(pages, writes);
        return log.writesMax();
    };
    std::size_t pages = 0;
    while (pages < 7'990) {
        pages += 10;
        checkEqual(commit(pages, pages == 5'000 ? 100 : 3), kWritesMax);
    }
    checkEqual(commit(8'000, 3), std::size_t{50}); // half of the most
    checkEqual(commit(8'010, 50), std::size_t{50});
    log.turnTaken();
    checkEqual(log.writesMax(), kWritesMax);
    checkEqual(commit(8'020, 3), std::size_t{50}); // it has not begun anew
    checkEqual(commit(0, 0), kWritesMax);          // nothing was committed
    checkEqual(commit(8'030, 3), std::size_t{50}); // the fourth
    checkEqual(commit(8'040, 3), kWritesMax);      // who wants the turn does not come
    checkEqual(commit(8'140, 3), kWritesMax);
    checkEqual(commit(31'000, 3), kWritesMax);

    checkEqual(commit(20, 1), kWritesMax); // begun anew
    checkEqual(commit(7'000, 1), kWritesMax);
    checkEqual(commit(8'100, 1), kWritesMax); // of long transactions it may be longer
    checkEqual(commit(31'990, 1), kWritesMax);
    checkEqual(commit(32'000, 1), std::size_t{1});
    co_return;
}

} // namespace

/// What a writer tells the Checkpointer.
class tst_LogLength : public QObject {
    Q_OBJECT

private slots:
    void aLongLogIsToldWithTheLengthOfItsLastTransaction() {
        const std::string fault = simulated(takeLooks);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void transactionsAreShortWhereTheLogIsToBeginAnew() {
        const std::string fault = simulated(shortenTransactions);
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void aLogOfLongTransactionsIsLongerBeforeItBeginsAnew() {
        QCOMPARE(Checkpointer::pagesPressing(0), Checkpointer::kLogPagesPressing);
        QCOMPARE(Checkpointer::pagesPressing(20), Checkpointer::kLogPagesPressing);
        QCOMPARE(Checkpointer::pagesPressing(100), std::size_t{30'000});
        QCOMPARE(Checkpointer::pagesPressing(4'000), Checkpointer::kLogPagesPressingMost);
        QVERIFY(Checkpointer::kLogPagesPressingMost < Connection::kLogPagesMax);
    }
};

QTEST_GUILESS_MAIN(tst_LogLength)
#include "tst_log_length.moc"
