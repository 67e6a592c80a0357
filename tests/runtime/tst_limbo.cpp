#include "support/turn_clock.h"

#include <grove/runtime/call.h>
#include <grove/runtime/epoch.h>
#include <grove/runtime/limbo.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>
#include <grove/term/in_place.h>

#include <QTest>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

using namespace grove;
using namespace grove::runtime;
using namespace std::chrono_literals;

namespace {

/// Terms of which a Limbo gets a share: it has gone when nobody else has one.
std::vector<Term> someTerms(std::size_t count) {
    std::vector<Term> terms;
    for (std::size_t i = 0; i < count; ++i)
        terms.push_back(tuple(i));
    return terms;
}
void takeAll(Limbo& limbo, std::span<const Term> terms) {
    for (const Term& each : terms)
        limbo.take(toCell(Term(each)));
}
bool areGone(const std::vector<Term>& terms) {
    return std::ranges::all_of(terms,
                               [](const Term& each) { return grove::detail::isHeldOnce(each); });
}

/// Another thread that looks at something until it is told to stop.
class Looker {
public:
    Looker() : m_thread([this] { look(); }) {
        while (!m_looks.load())
            std::this_thread::yield();
    }
    ~Looker() { stop(); }
    void stop() {
        m_mayEnd.store(true);
        if (m_thread.joinable())
            m_thread.join();
    }

private:
    void look() {
        const Pin pin;
        m_looks.store(true);
        while (!m_mayEnd.load())
            std::this_thread::yield();
    }
    std::atomic<bool> m_looks{false};
    std::atomic<bool> m_mayEnd{false};
    std::thread m_thread;
};

constexpr std::size_t kBatch = 128;

/// Freeing what is left over takes a millisecond.
class FreeingClock final : public test::TurnClock {
public:
    FreeingClock() noexcept : TurnClock(3us) {} // not long between two look-ups

    Instant now() const noexcept override {
        if (!isAnythingLeftOver() && m_wasLeft.exchange(false, std::memory_order_relaxed))
            pass(1ms);
        return TurnClock::now();
    }
    /// Something is left over now.
    void noteLeft() noexcept { m_wasLeft.store(true, std::memory_order_relaxed); }

private:
    mutable std::atomic<bool> m_wasLeft{false}; // one of those who look takes it back: relaxed
};

/// What processes of one scheduler share.
struct Turns {
    FreeingClock clock;
    Limbo limbo;
    int ofOther = 0; // of one who has nothing to do with it
    int gaveWay = 0; // how many children found that it had had one
    bool isEnough = false;
};

Task<> takesTurns(Turns* turns) {
    for (; !turns->isEnough; co_await yield())
        ++turns->ofOther;
}

Task<> child(Turns* turns, int before, Pid parent) {
    turns->clock.turn();
    turns->gaveWay += turns->ofOther != before ? 1 : 0;
    send(parent, "ran"_atom);
    co_return;
}

/// What a process makes runs in its turn, before others. Meanwhile a scheduler frees something,
/// since another millisecond begins.
Task<> makesChildren(Turns* turns) {
    constexpr int kChildren = 180; // a turn is enough for 200; some 64 run between two look-ups
    spawn(takesTurns, turns);
    const auto ofMillisecond = [turns] { return turns->clock.now().time_since_epoch() % 1ms; };
    while (ofMillisecond() < 900us || ofMillisecond() > 950us) {
        turns->clock.turn();
        co_await yield();
    }
    {
        Looker looker;
        takeAll(turns->limbo, someTerms(kBatch));
        turns->clock.noteLeft();
    }
    GROVE_ASSERT(isAnythingLeftOver(), "somebody looked");
    for (int i = 0; i < kChildren; ++i)
        spawn(child, turns, turns->ofOther, self());
    for (int i = 0; i < kChildren; ++i)
        static_cast<void>(co_await receive(any()));
    GROVE_ASSERT(!isAnythingLeftOver(), "a millisecond has begun since");
    turns->isEnough = true;
}

} // namespace

class tst_Limbo : public QObject {
    Q_OBJECT
private slots:
    void aBatchGoesAtOnceWhereNobodyLooks() {
        Limbo limbo;
        const std::vector<Term> terms = someTerms(kBatch);
        takeAll(limbo, terms);
        QVERIFY(areGone(terms));
        QVERIFY(!isAnythingLeftOver());
    }
    void oneLargeBlockIsABatch() {
        Limbo limbo;
        const std::vector<Term> terms = someTerms(1);
        takeAll(limbo, terms);
        QVERIFY(!areGone(terms));
        limbo.take(Block::makeZeroed(100'000));
        QVERIFY(areGone(terms));
    }
    void whatSomebodyLooksAtStaysUntilHeHasDone() {
        Limbo limbo;
        const std::vector<Term> terms = someTerms(kBatch);
        {
            Looker looker;
            takeAll(limbo, terms);
            QVERIFY(isAnythingLeftOver());
            freeLeftOver();
            QVERIFY(isAnythingLeftOver());
            QVERIFY(!areGone(terms));
        }
        freeLeftOver();
        QVERIFY(!isAnythingLeftOver());
        QVERIFY(areGone(terms));
    }
    void theNextBatchOfAnyStructureTakesItAlong() {
        auto limbo = std::make_unique<Limbo>();
        const std::vector<Term> terms = someTerms(kBatch);
        {
            Looker looker;
            takeAll(*limbo, terms);
        }
        limbo.reset(); // what is left over does not need it
        QVERIFY(!areGone(terms));
        Limbo other;
        takeAll(other, someTerms(kBatch));
        QVERIFY(areGone(terms));
        QVERIFY(!isAnythingLeftOver());
    }
    void whatMayGoDoesWhileOthersStay() {
        Limbo limbo;
        const std::vector<Term> early = someTerms(3 * kBatch);
        const std::vector<Term> late = someTerms(3 * kBatch);
        Looker first;
        takeAll(limbo, early);
        {
            Looker second;
            takeAll(limbo, late);
            first.stop();
            freeLeftOver();
            QVERIFY(areGone(early));
            QVERIFY(std::ranges::none_of(late, grove::detail::isHeldOnce));
            takeAll(limbo, someTerms(kBatch)); // nor does another batch take them along
            QVERIFY(std::ranges::none_of(late, grove::detail::isHeldOnce));
            QVERIFY(isAnythingLeftOver());
        }
        freeLeftOver();
        QVERIFY(areGone(late));
        QVERIFY(!isAnythingLeftOver());
    }
    void thousandsThatWaitForOneReaderGoTogether() {
        constexpr std::size_t kBatches = 5'000;
        Limbo limbos[2];
        const std::vector<Term> terms = someTerms(kBatches);
        {
            Looker looker;
            for (std::size_t i = 0; i < kBatches; ++i) {
                limbos[i % 2].take(toCell(Term(terms[i])));
                limbos[i % 2].close();
            }
            QVERIFY(std::ranges::none_of(terms, grove::detail::isHeldOnce));
        }
        freeLeftOver();
        QVERIFY(areGone(terms));
        QVERIFY(!isAnythingLeftOver());
    }
    /// Writers that put and free at once: nobody's batch goes under a reader, and none is lost.
    void manyWritersLoseNothing() {
        constexpr std::size_t kWriters = 3;
        std::vector<std::vector<Term>> terms;
        std::atomic<bool> wentUnderReader{false};
        for (std::size_t i = 0; i < kWriters; ++i)
            terms.push_back(someTerms(20 * kBatch));
        {
            std::vector<std::jthread> writers;
            for (const std::vector<Term>& own : terms)
                writers.emplace_back([&own, &wentUnderReader] {
                    Limbo limbo;
                    std::optional<Looker> looker;
                    for (std::size_t at = 0; at < own.size(); at += kBatch) {
                        if (at / kBatch % 3 == 0)
                            looker.emplace();
                        const std::span some = std::span(own).subspan(at, kBatch);
                        takeAll(limbo, some);
                        if (std::ranges::any_of(some, grove::detail::isHeldOnce))
                            wentUnderReader.store(true);
                        if (at / kBatch % 3 == 2)
                            looker.reset();
                    }
                });
        }
        QVERIFY(!wentUnderReader.load());
        freeLeftOver();
        QVERIFY(!isAnythingLeftOver());
        for (const std::vector<Term>& own : terms)
            QVERIFY(areGone(own));
    }
    void ofVeryManyOnlySomeGoAtOnce() {
        constexpr std::size_t kTerms = 100 * kBatch;
        Limbo limbo;
        const std::vector<Term> terms = someTerms(kTerms);
        {
            Looker looker;
            takeAll(limbo, terms);
        }
        freeLeftOver();
        QVERIFY(isAnythingLeftOver());
        QVERIFY(std::ranges::count_if(terms, grove::detail::isHeldOnce) >= std::ptrdiff_t{kBatch});
        while (isAnythingLeftOver())
            freeLeftOver();
        QVERIFY(areGone(terms));
    }
    /// A word of a term takes time to free, as a term does.
    void wideTermsCountByTheirWords() {
        constexpr std::size_t kTerms = 20;
        const std::vector<Term> elements(50'000, Term(1));
        std::vector<Term> terms;
        for (std::size_t i = 0; i < kTerms; ++i)
            terms.push_back(tupleOf(elements));
        Limbo limbo;
        {
            Looker looker;
            takeAll(limbo, terms); // each of them is a batch
        }
        std::ptrdiff_t gone = 0;
        while (isAnythingLeftOver()) {
            freeLeftOver();
            const auto now = std::ranges::count_if(terms, grove::detail::isHeldOnce);
            QVERIFY(now > gone);
            QVERIFY(now - gone <= 3); // of 3,125 steps each
            gone = now;
        }
        QVERIFY(areGone(terms));
    }
    void freeingTakesNoProcessesTurn() {
        Turns turns;
        Runtime runtime({.schedulers = 1, .clock = &turns.clock});
        External outside(runtime, "test");
        const Spawned maker = spawnMonitor(makesChildren, &turns);
        const Down end = outside.receive(on<Down>(maker.monitor));
        QVERIFY(end.reason.isAtom(atoms::normal));
        QCOMPARE(turns.gaveWay, 0);
    }
    /// Nothing runs, no timer is due, and nobody changes anything any more.
    void whatAThreadLeavesOverGoesThoughAllSchedulersSleep() {
        Runtime runtime({.schedulers = 1});
        const External outside(runtime, "test");
        const std::vector<Term> terms = someTerms(kBatch);
        Limbo limbo;
        while (!runtime.schedulers().front().isAsleep)
            std::this_thread::yield();
        {
            Looker looker;
            takeAll(limbo, terms);
        }
        while (!areGone(terms))
            std::this_thread::yield();
        QVERIFY(!isAnythingLeftOver());
    }
    void aSchedulerFreesItWithNoFurtherChange() {
        Runtime runtime({.schedulers = 1});
        const std::vector<Term> terms = someTerms(kBatch);
        Limbo limbo;
        Looker looker;
        takeAll(limbo, terms);
        QVERIFY(isAnythingLeftOver());
        looker.stop();
        External outside(runtime, "test");
        spawn([]() -> Task<> { co_return; }); // a scheduler looks up
        while (!areGone(terms))               // a moment after the scheduler has taken them
            std::this_thread::yield();
        QVERIFY(!isAnythingLeftOver());
    }
};

QTEST_APPLESS_MAIN(tst_Limbo)
#include "tst_limbo.moc"
