#include "support/sim_fixture.h"

#include <grove/storage/checkpointer.h>

#include <QTest>

using namespace grove;
using namespace grove::storage;
using namespace grove::test;

namespace {

Task<> takeLooks() {
    check(registerName(atom(Checkpointer::kName), self()).has_value());
    const auto next = [] -> Task<Checkpointer::Look> {
        const auto isCast = [](const Message& message) {
            return message.kind() == MessageKind::Cast;
        };
        co_return *(co_await receive(on(isCast))).get<Checkpointer::Look>();
    };
    LogLength log;
    log.committed(900); // not long yet
    log.committed(1'100);
    checkEqual((co_await next()).transactionPages, std::size_t{200});
    log.committed(1'200);
    log.committed(1'400); // longer by a part than when it was told
    checkEqual((co_await next()).transactionPages, std::size_t{200});
    check(log.isLong());
    log.paused();
    check((co_await next()).isPause);
    check(!log.isLong());
    log.committed(1'500);
    checkEqual((co_await next()).transactionPages, std::size_t{100});
    log.committed(1'010); // begun anew, all of it by one
    checkEqual((co_await next()).transactionPages, std::size_t{1'010});
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
