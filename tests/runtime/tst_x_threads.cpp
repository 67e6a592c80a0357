#include "support/sim_fixture.h"

#include <grove/runtime/blocking.h>
#include <grove/runtime/call.h>
#include <grove/runtime/hosted.h>
#include <grove/runtime/timers.h>

#include <QTest>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <fstream>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;

namespace {

Duration processorTime() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

Task<> echo() {
    for (;;) {
        Message message = co_await receive(any());
        if (message.kind() == MessageKind::Call)
            reply(message.from(), message.payload().term());
    }
}

/// Lets who asks fall asleep over every thirtieth answer.
Task<> echoUnevenly() {
    for (int asked = 0;; ++asked) {
        const Message message = co_await receive(any());
        if (asked % 30 == 0)
            co_await sleep(1ms);
        reply(message.from(), message.payload().term());
    }
}

/// Sends `count` numbers to `to`.
Task<> sendsNumbers(Pid to, int count) {
    for (int i = 0; i < count; ++i) {
        send(to, tuple(self(), i));
        if (i % 64 == 0)
            co_await yield();
    }
}

/// Lets the program's address space grow by no more than `bytes` while it lives.
class AddressLimit {
public:
    explicit AddressLimit(rlim_t bytes) {
        getrlimit(RLIMIT_AS, &m_before);
        std::ifstream statm("/proc/self/statm");
        rlim_t pages = 0;
        statm >> pages;
        const rlimit limit{pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes,
                           m_before.rlim_max};
        setrlimit(RLIMIT_AS, &limit);
    }
    ~AddressLimit() { setrlimit(RLIMIT_AS, &m_before); }
    AddressLimit(const AddressLimit&) = delete;
    AddressLimit& operator=(const AddressLimit&) = delete;

private:
    rlimit m_before{};
};

/// A plain loop somewhere else: runs what is posted on its own thread.
class LoopHost final : public ThreadHost {
public:
    void wake() noexcept override {
        const std::lock_guard lock(m_mutex);
        m_woken = true;
        m_changed.notify_one();
    }
    /// Runs `hosted` until `done`.
    void run(HostedScheduler& hosted, const std::atomic<bool>& done) {
        while (!done) {
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait_for(lock, 20ms, [this] { return m_woken; });
                m_woken = false;
            }
            static_cast<void>(hosted.drain());
        }
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_woken = false;
};

} // namespace

/// What only real schedulers can show; meant for ThreadSanitizer, too.
class tst_XThreads : public QObject {
    Q_OBJECT

private slots:
    void manySendersKeepTheirOrder() {
        const std::string fault = onThreads([]() -> Task<> {
            constexpr int kSenders = 6;
            constexpr int kEach = 2'000;
            std::vector<std::pair<Pid, int>> expected;
            for (int i = 0; i < kSenders; ++i)
                expected.emplace_back(spawn(sendsNumbers, self(), kEach), 0);
            for (int i = 0; i < kSenders * kEach; ++i) {
                const Message message = co_await receive(any());
                const Term term = message.term();
                const auto from = std::ranges::find(expected, term.element(0).toPid(),
                                                    &std::pair<Pid, int>::first);
                check(from != expected.end());
                checkEqual(term.element(1), from->second++);
            }
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void stormOfKillsLosesNoDown() {
        Runtime runtime({.schedulers = 2, .processesMax = 1U << 16});
        External external(runtime);
        static std::atomic<std::uint64_t> target{0};
        static std::atomic<bool> over{false};
        over = false;
        std::vector<Spawned> senders;
        for (int i = 0; i < 4; ++i)
            senders.push_back(spawnMonitor([]() -> Task<> {
                while (!over) {
                    send(Pid::fromRaw(target.load()), 1);
                    co_await yield();
                }
            }));
        for (int i = 0; i < 3'000; ++i) {
            const Spawned victim = spawnMonitor(idle);
            target = victim.pid.raw();
            exit(victim.pid, atoms::kill);
            const auto down = external.receive(on<Down>(victim.monitor), after(kPatience));
            QCOMPARE(down.index(), 0U);
        }
        over = true;
        for (const Spawned& each : senders)
            QCOMPARE(external.receive(on<Down>(each.monitor), after(kPatience)).index(), 0U);
        QVERIFY(runtime.counters().slotsUsed < 2'000);
    }

    void callsFromManyThreads() {
        Runtime runtime({.schedulers = 2});
        const Pid peer = runtime.spawn(echo);
        std::vector<std::thread> threads;
        std::atomic<int> good{0};
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&, t] {
                External external(runtime);
                for (int i = 0; i < 300; ++i) {
                    CallResult answer = external.call(peer, t * 1'000 + i);
                    if (answer.isReply() && answer.term().toInt() == t * 1'000 + i)
                        ++good;
                }
            });
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(good.load(), 900);
    }

    void aThreadThatWaitsShortlyAndLongHearsEachAnswerOnce() {
        for (const unsigned schedulers : {1U, 2U}) {
            Runtime runtime({.schedulers = schedulers});
            const Pid peer = runtime.spawn(echoUnevenly);
            External external(runtime);
            for (int asked = 0; asked < 600; ++asked) {
                const CallResult answer = external.call(peer, asked);
                QVERIFY(answer.isReply());
                QCOMPARE(answer.term().toInt(), asked);
            }
            QCOMPARE(external.receive(any(), after(0s)).index(), std::size_t{1});
        }
    }

    void timersFromEverywhereFireAndCancel() {
        const std::string fault = onThreads([]() -> Task<> {
            int wanted = 0;
            for (int i = 0; i < 300; ++i) {
                const Ref timer = sendAfter(std::chrono::milliseconds(i % 20), self(), i);
                if (i % 3 != 0 || !cancelTimer(timer))
                    ++wanted;
                if (i % 50 == 0)
                    co_await sleep(1ms);
            }
            for (int i = 0; i < wanted; ++i)
                static_cast<void>(co_await receive(any()));
            const auto more = co_await receive(any(), after(50ms));
            check(more.index() == 1);
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void noTickArrivesAfterTheCancelOfAnInterval() {
        const std::string fault = onThreads([]() -> Task<> {
            const auto canceller = [](Ref ticks, Pid to) -> Task<> {
                co_await sleep(5ms);
                check(cancelTimer(ticks).has_value());
                send(to, "cancelled"_atom);
            };
            for (int round = 0; round < 10; ++round) {
                const Ref ticks = sendInterval(1ms, self(), "tick"_atom);
                spawn(canceller, ticks, self());
                co_await receive(
                    on([](const Term& each) { return each.isAtom("cancelled"_atom); }));
                for (bool isTick = true; isTick;) {
                    const auto got = co_await receive(
                        on([](const Term& each) { return each.isAtom("tick"_atom); }), after(0ms));
                    isTick = got.index() == 0;
                }
                checkEqual((co_await receive(any(), after(5ms))).index(), std::size_t{1});
            }
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void idleSchedulersUseNoProcessor() {
        Runtime runtime({.schedulers = 2});
        External external(runtime);
        for (int i = 0; i < 100; ++i)
            spawn(echo);
        const Pid peer = spawn(echo);
        QVERIFY(external.call(peer, 1).isReply());
        static_cast<void>(external.receive(on<Down>(), after(200ms))); // they come to rest
        const Duration before = processorTime();
        static_cast<void>(external.receive(on<Down>(), after(1s)));
        const Duration used = processorTime() - before;
        QVERIFY2(used < 20ms, qPrintable(QString("%1 us").arg(used.count() / 1'000)));
    }

    void hostedProcessRunsOnItsHostsThread() {
        Runtime runtime({.schedulers = 2});
        std::atomic<bool> done{false};
        static std::atomic<std::uint64_t> hostThread{0};
        static std::atomic<std::uint64_t> ranOn{0};
        static std::atomic<std::uint64_t> destroyedOn{0};
        static const auto here = [] {
            return std::hash<std::thread::id>()(std::this_thread::get_id());
        };
        struct OnEnd {
            OnEnd() = default;
            OnEnd(const OnEnd&) = delete;
            ~OnEnd() { destroyedOn = here(); }
        };
        std::atomic<HostedScheduler*> made{nullptr};
        std::thread loop([&] {
            hostThread = here();
            LoopHost host;
            HostedScheduler hosted(runtime, host);
            made = &hosted;
            host.run(hosted, done);
        });
        while (made == nullptr)
            std::this_thread::yield();
        {
            External external(runtime);
            const Spawned peer = spawnOpt({.monitor = true, .host = made.load()}, []() -> Task<> {
                const OnEnd onEnd;
                ranOn = here();
                co_await echo();
            });
            for (int i = 0; i < 100; ++i)
                QVERIFY(external.call(peer.pid, i).isReply());
            QVERIFY(runtime.peekRow(peer.pid)->hosted);
            exit(peer.pid, atoms::kill);
            QCOMPARE(external.receive(on<Down>(peer.monitor), after(kPatience)).index(), 0U);
        }
        done = true;
        loop.join();
        QCOMPARE(ranOn.load(), hostThread.load());
        QCOMPARE(destroyedOn.load(), hostThread.load());
    }

    void workIsSharedBetweenSchedulers() {
        Runtime runtime({.schedulers = 2});
        External external(runtime);
        std::vector<Spawned> all;
        for (int i = 0; i < 4; ++i)
            all.push_back(spawnMonitor([]() -> Task<> {
                for (int round = 0; round < 200; ++round) {
                    const Instant until = now() + 500us;
                    while (now() < until)
                        ;
                    co_await yield();
                }
            }));
        for (const Spawned& each : all)
            QCOMPARE(external.receive(on<Down>(each.monitor), after(kPatience)).index(), 0U);
        std::uint64_t least = ~std::uint64_t{0};
        for (const SchedulerRow& row : runtime.schedulers())
            least = std::min(least, row.dispatches);
        QVERIFY2(least > 50, qPrintable(QString::number(least)));
    }

    void stalePidsOfReusedSlots() {
        Runtime runtime({.schedulers = 2, .processesMax = 1U << 14});
        External external(runtime);
        static std::atomic<std::uint64_t> stale{0};
        static std::atomic<bool> over{false};
        over = false;
        const Spawned sendsToStale = spawnMonitor([]() -> Task<> {
            while (!over) {
                send(Pid::fromRaw(stale.load()), "wrong"_atom);
                co_await yield();
            }
        });
        const Spawned reuses = spawnMonitor([]() -> Task<> {
            for (int i = 0; i < 20'000; ++i) {
                const Spawned child = spawnMonitor(
                    [](Pid to) -> Task<> {
                        send(to, "right"_atom);
                        const auto got = co_await receive(any(), after(0s));
                        if (got.index() == 0 && stale.load() != self().raw())
                            error("a message for somebody else"_atom);
                    },
                    self());
                static_cast<void>(co_await receive(
                    on([](const Term& term) { return term.isAtom("right"_atom); })));
                const Down down = co_await receive(on<Down>(child.monitor));
                checkEqual(down.reason, atoms::normal);
                stale = child.pid.raw();
            }
        });
        const auto down = external.receive(on<Down>(reuses.monitor), after(kPatience * 4));
        over = true;
        QCOMPARE(down.index(), 0U);
        QVERIFY2(std::get<0>(down).reason.isAtom(atoms::normal),
                 inspect(std::get<0>(down).reason).c_str());
        static_cast<void>(external.receive(on<Down>(sendsToStale.monitor)));
        QVERIFY(runtime.counters().slotsUsed <= 512);
    }

    /// The one who spawns hears of it, nothing of the process is left, and the runtime can stop.
    void aProcessForWhichThereIsNoThreadLeavesNothingBehind() {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) ||                               \
    __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
        QSKIP("a sanitizer does not live with a limit of the address space");
#endif
        const std::string fault = onThreads([]() -> Task<> {
            const auto spawnsOne = []() -> Task<Pid> {
                co_return spawnOpt({.ownThread = true}, echo).pid;
            };
            const std::uint64_t before = Runtime::current().counters().processes;
            std::vector<Pid> made;
            std::optional<Term> refused;
            {
                const AddressLimit limit(4 << 20); // less than a stack; some lie ready
                while (!refused && made.size() < 100) {
                    const Attempt<Pid> spawned = co_await attempt(spawnsOne());
                    if (spawned)
                        made.push_back(*spawned);
                    else
                        refused = spawned.error().term;
                }
            }
            checkEqual(refused.value_or(atoms::ok), atoms::systemLimit);
            checkEqual(Term(Runtime::current().counters().processes), Term(before + made.size()));
            for (const Pid pid : made)
                exit(pid, atoms::kill);
            static_cast<void>(spawnOpt({.ownThread = true}, echo));
        });
        QVERIFY2(fault.empty(), fault.c_str());
    }

    void twoRuntimesSideBySide() {
        Runtime one({.schedulers = 1});
        Runtime two({.schedulers = 1});
        const Pid inOne = one.spawn(echo);
        const Pid inTwo = two.spawn(echo);
        {
            External external(one);
            QVERIFY(external.call(inOne, 1).isReply());
        }
        External external(two);
        QVERIFY(external.call(inTwo, 2).isReply());
    }
};

QTEST_APPLESS_MAIN(tst_XThreads)
#include "tst_x_threads.moc"
