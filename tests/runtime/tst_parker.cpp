#include "parker.h"
#include "support/interleave.h"
#include "thread.h"

#include <QTest>

#include <memory>

using namespace grove;
using namespace grove::runtime;
using grove::test::ExploredAtomics;
using grove::test::ExploredWait;
using grove::test::Explorer;

namespace {

using ExploredParker = BasicParker<ExploredAtomics, ExploredWait>;

/// What a parker would be if the owner looked and then marked itself in two steps.
class BrokenParker {
public:
    Unparked parkFor(Duration limit) {
        if (m_state.load() != ParkState::Notified) {
            m_state.store(ParkState::Parked);
            m_wait.wait(m_state, ParkState::Parked, limit);
        }
        m_state.store(ParkState::Empty);
        return Unparked::ByWaker;
    }
    void park() { static_cast<void>(parkFor(Duration::max())); }
    void unpark() {
        if (m_state.exchange(ParkState::Notified) == ParkState::Parked)
            m_wait.wake(m_state);
    }

private:
    ExploredAtomics::Atomic<ParkState> m_state{ParkState::Empty};
    ExploredWait m_wait;
};

/// An owner that sleeps until each waker has raised its flag.
template <class ParkerType> Explorer::Scenario ownerAndWakers(int wakers) {
    struct State {
        ParkerType parker;
        ExploredAtomics::Atomic<int> raised{0};
    };
    auto state = std::make_shared<State>();
    Explorer::Scenario scenario;
    scenario.threads.push_back([state, wakers] {
        while (state->raised.load() != wakers)
            state->parker.park();
    });
    for (int waker = 0; waker < wakers; ++waker)
        scenario.threads.push_back([state] {
            state->raised.fetch_add(1);
            state->parker.unpark();
        });
    scenario.check = [state] { return std::string(); };
    return scenario;
}

} // namespace

class tst_Parker : public QObject {
    Q_OBJECT

private slots:
    void aWakeUpBeforeSleepingIsRemembered() {
        Parker parker;
        parker.unpark();
        parker.unpark();
        QVERIFY(parker.parkFor(Duration::max()) == Unparked::ByWaker);
        QVERIFY(parker.parkFor(Duration::zero()) == Unparked::ByTimeout); // two counted as one
    }

    void sleepingEndsWhenTheTimeIsUp() {
        Parker parker;
        QVERIFY(parker.parkFor(std::chrono::milliseconds(1)) == Unparked::ByTimeout);
        parker.unpark(); // and the parker is as good as new
        QVERIFY(parker.parkFor(Duration::max()) == Unparked::ByWaker);
    }

    void twoThreadsWakeEachOtherAHundredThousandTimes() {
        constexpr int kRounds = 100'000;
        Parker here;
        Parker there;
        int turns = 0; // plain on purpose: the parkers order the accesses, and TSan looks
        const Thread other("tst_parker", [&] {
            for (int round = 0; round < kRounds; ++round) {
                there.park();
                ++turns;
                here.unpark();
            }
        });
        for (int round = 0; round < kRounds; ++round) {
            there.unpark();
            here.park();
            QCOMPARE(turns, round + 1);
        }
    }

    void noInterleavingLosesAWakeUp_data() {
        QTest::addColumn<int>("wakers");
        QTest::newRow("one waker") << 1;
        QTest::newRow("two wakers") << 2;
    }
    void noInterleavingLosesAWakeUp() {
        QFETCH(int, wakers);
        const auto outcome =
            Explorer::explore([&] { return ownerAndWakers<ExploredParker>(wakers); });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
        QVERIFY(outcome.runs > 10);
    }

    void noInterleavingLosesAWakeUpWhenTheTimeRunsOut() {
        const auto outcome = Explorer::explore([] {
            struct State {
                ExploredParker parker;
                bool wokenByFirst = false;
                bool wokenBySecond = false;
            };
            auto state = std::make_shared<State>();
            Explorer::Scenario scenario;
            scenario.threads.push_back([state] {
                const Duration limit = std::chrono::milliseconds(1);
                state->wokenByFirst = state->parker.parkFor(limit) == Unparked::ByWaker;
                state->wokenBySecond = state->parker.parkFor(limit) == Unparked::ByWaker;
                if (!state->wokenByFirst && !state->wokenBySecond)
                    state->parker.park(); // the wake-up must be still to come
            });
            scenario.threads.push_back([state] { state->parker.unpark(); });
            scenario.check = [state] {
                return state->wokenByFirst && state->wokenBySecond
                           ? std::string("woken twice by one")
                           : std::string();
            };
            return scenario;
        });
        QCOMPARE(outcome.failure, std::string());
        QVERIFY(outcome.isComplete);
    }

    void theExplorerFindsAParkerThatLosesWakeUps() {
        const auto outcome = Explorer::explore([] { return ownerAndWakers<BrokenParker>(1); });
        QVERIFY2(outcome.failure.starts_with("a thread waits for ever"), outcome.failure.c_str());
    }
};

QTEST_APPLESS_MAIN(tst_Parker)
#include "tst_parker.moc"
