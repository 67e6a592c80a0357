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
    log.committed(900, 1); // not long yet
    log.committed(1'100, 1);
    checkEqual((co_await next()).transactionPages, std::size_t{200});
    log.committed(1'200, 1);
    log.committed(1'400, 1); // longer by a part than when it was told
    checkEqual((co_await next()).transactionPages, std::size_t{200});
    check(log.isLong());
    log.paused();
    check((co_await next()).isPause);
    check(!log.isLong());
    log.committed(1'500, 1);
    checkEqual((co_await next()).transactionPages, std::size_t{100});
    log.committed(1'010, 1); // begun anew, all of it by one
    checkEqual((co_await next()).transactionPages, std::size_t{1'010});
}

Task<> shortenTransactions() {
    LogLength log(kWritesMax);
    const auto isUnlimited = [&] { return log.writesMax() == kWritesMax; };
    log.committed(7'990, 100);
    check(isUnlimited());
    log.committed(8'010, 50); // as long as it may become
    checkEqual(log.writesMax(), std::size_t{25});
    log.committed(8'020, 25);
    checkEqual(log.writesMax(), std::size_t{25}); // not half of that
    log.turnTaken();
    check(isUnlimited());
    log.committed(20, 60); // begun anew
    check(isUnlimited());

    log.committed(8'000, 3); // by one transaction, so it may become longer
    check(isUnlimited());
    log.committed(8'020, 3);
    for (std::size_t pages = 8'040; pages <= 8'080; pages += 20) {
        checkEqual(log.writesMax(), std::size_t{1});
        log.committed(pages, 1);
    }
    checkEqual(log.writesMax(), std::size_t{1});
    log.committed(8'100, 1); // who wants the turn does not come
    check(isUnlimited());
    log.committed(8'120, 40);
    check(isUnlimited());
    log.committed(10, 40);
    log.committed(8'010, 40);
    log.committed(8'030, 1);
    checkEqual(log.writesMax(), std::size_t{1}); // another log
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
