#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <ucontext.h>
#include <utility>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define GROVE_FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define GROVE_FIBER_TSAN 1
#endif
#endif

namespace grove::test {

/// Runs a few threads in every order of their atomic operations, up to a number of preemptions.
///
/// The threads are fibers of the calling thread. Code under test takes its atomics from
/// ExploredAtomics and sleeps through ExploredWait; each of their operations is a point at which
/// another thread may go on. Runs are repeated, each with the next schedule, until all have been
/// seen. What is explored is sequentially consistent: orders that only weak memory allows are not
/// seen.
///
/// Most faults need two preemptions or fewer; switches because a thread waits or ends are free.
class Explorer {
public:
    struct Options {
        unsigned preemptionsMax = 3;
        std::size_t runsMax = 2'000'000;
        std::size_t stepsMax = 10'000; // in one run; more is a livelock
    };
    /// One run: its threads, and after they have ended the check, which returns what is wrong or
    /// nothing.
    struct Scenario {
        std::vector<std::function<void()>> threads;
        std::function<std::string()> check;
    };
    struct Outcome {
        std::size_t runs = 0;
        bool isComplete = false; // every schedule was seen, none failed
        std::string failure;     // with the schedule: the thread that made each step
    };

    /// `make` builds a fresh scenario for each run. It must behave the same each time.
    [[nodiscard]] static Outcome explore(const std::function<Scenario()>& make, Options options) {
        Explorer explorer(options);
        Outcome outcome;
        do {
            ++outcome.runs;
            outcome.failure = explorer.runOnce(make());
            if (!outcome.failure.empty()) {
                outcome.failure += " (schedule " + explorer.m_schedule + ")";
                return outcome;
            }
        } while (explorer.nextSchedule() && outcome.runs < options.runsMax);
        outcome.isComplete = explorer.m_choices.empty();
        return outcome;
    }
    [[nodiscard]] static Outcome explore(const std::function<Scenario()>& make) {
        return explore(make, Options{});
    }

    /// A point at which another thread may go on. Outside of explored threads it does nothing.
    static void step() {
        if (s_active != nullptr)
            s_active->switchToScheduler();
    }
    /// The number of the explored thread that runs; one that none has where none does.
    [[nodiscard]] static std::size_t current() {
        return s_active == nullptr ? kNobody : s_active->m_running;
    }
    /// Stops the calling explored thread until wake() on the same place, or at any time if
    /// `mayTimeOut`.
    static void wait(const void* place, bool mayTimeOut) {
        Fiber& fiber = *s_active->m_fibers[s_active->m_running];
        fiber.state = mayTimeOut ? FiberState::WaitsWithLimit : FiberState::Waits;
        fiber.place = place;
        s_active->switchToScheduler();
        fiber.state = FiberState::Ready;
    }
    static void wake(const void* place) {
        if (s_active == nullptr)
            return;
        for (const auto& fiber : s_active->m_fibers) {
            if (fiber->place == place && fiber->isWaiting())
                fiber->state = FiberState::Ready;
        }
    }

private:
    enum class FiberState : std::uint8_t { Ready, Waits, WaitsWithLimit, Ended };
    struct Fiber {
        static constexpr std::size_t kStackBytes = 256 * 1024;
        ucontext_t context{};
        std::unique_ptr<char[]> stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
        std::function<void()> body;
        FiberState state = FiberState::Ready;
        const void* place = nullptr;
        void* tsanFiber = nullptr;
        [[nodiscard]] bool isWaiting() const {
            return state == FiberState::Waits || state == FiberState::WaitsWithLimit;
        }
    };
    struct Choice {
        std::size_t taken = 0;
        std::size_t count = 0;
    };
    static constexpr std::size_t kNobody = ~std::size_t{0};

    explicit Explorer(Options options) : m_options(options) {}

    std::string runOnce(Scenario scenario) {
        m_fibers.clear();
        m_schedule.clear();
        m_depth = 0;
        m_running = kNobody;
        for (auto& body : scenario.threads)
            addFiber(std::move(body));
        unsigned preemptions = 0;
        std::size_t last = kNobody;
        std::string failure;
        for (std::size_t steps = 0;; ++steps) {
            const std::vector<std::size_t> runnable = runnableFrom(last, preemptions);
            if (runnable.empty())
                break;
            if (steps == m_options.stepsMax) {
                failure = "the threads never end";
                break;
            }
            const std::size_t next = runnable[choose(runnable.size())];
            if (last != kNobody && next != last && m_fibers[last]->state == FiberState::Ready)
                ++preemptions;
            last = next;
            m_schedule += std::to_string(next);
            resume(next);
        }
        for (const auto& fiber : m_fibers) {
            if (failure.empty() && fiber->isWaiting())
                failure = "a thread waits for ever";
        }
        endFibers();
        return failure.empty() ? scenario.check() : failure;
    }

    void addFiber(std::function<void()> body) {
        auto fiber = std::make_unique<Fiber>();
        fiber->body = std::move(body);
        getcontext(&fiber->context);
        fiber->context.uc_stack.ss_sp = fiber->stack.get();
        fiber->context.uc_stack.ss_size = Fiber::kStackBytes;
        fiber->context.uc_link = nullptr;
        makecontext(&fiber->context, &Explorer::enter, 0);
#if defined(GROVE_FIBER_TSAN)
        fiber->tsanFiber = __tsan_create_fiber(0);
#endif
        m_fibers.push_back(std::move(fiber));
    }

    void endFibers() {
#if defined(GROVE_FIBER_TSAN)
        for (const auto& fiber : m_fibers)
            __tsan_destroy_fiber(fiber->tsanFiber);
#endif
    }

    /// Who may make the next step, the last one first; it alone when the preemptions are used up.
    [[nodiscard]] std::vector<std::size_t> runnableFrom(std::size_t last,
                                                        unsigned preemptions) const {
        std::vector<std::size_t> runnable;
        const bool lastIsReady = last != kNobody && m_fibers[last]->state == FiberState::Ready;
        if (lastIsReady)
            runnable.push_back(last);
        if (lastIsReady && preemptions == m_options.preemptionsMax)
            return runnable;
        for (std::size_t index = 0; index < m_fibers.size(); ++index) {
            const FiberState state = m_fibers[index]->state;
            if (index != last &&
                (state == FiberState::Ready || state == FiberState::WaitsWithLimit))
                runnable.push_back(index);
        }
        if (last != kNobody && m_fibers[last]->state == FiberState::WaitsWithLimit)
            runnable.push_back(last);
        return runnable;
    }

    std::size_t choose(std::size_t count) {
        if (m_depth == m_choices.size())
            m_choices.push_back({.taken = 0, .count = count});
        return m_choices[m_depth++].taken;
    }

    /// Moves to the next schedule in depth-first order. Returns: false when there is none left.
    bool nextSchedule() {
        while (!m_choices.empty() && m_choices.back().taken + 1 == m_choices.back().count)
            m_choices.pop_back();
        if (m_choices.empty())
            return false;
        ++m_choices.back().taken;
        return true;
    }

    void resume(std::size_t index) {
        m_running = index;
        s_active = this;
        Fiber& fiber = *m_fibers[index];
#if defined(GROVE_FIBER_TSAN)
        m_tsanScheduler = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(fiber.tsanFiber, 0);
#endif
#if defined(GROVE_FIBER_ASAN)
        void* fake = nullptr;
        __sanitizer_start_switch_fiber(&fake, fiber.stack.get(), Fiber::kStackBytes);
#endif
        swapcontext(&m_scheduler, &fiber.context);
#if defined(GROVE_FIBER_ASAN)
        __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
        s_active = nullptr;
    }

    void switchToScheduler() {
        Fiber& fiber = *m_fibers[m_running];
#if defined(GROVE_FIBER_TSAN)
        __tsan_switch_to_fiber(m_tsanScheduler, 0);
#endif
#if defined(GROVE_FIBER_ASAN)
        void* fake = nullptr;
        const bool ends = fiber.state == FiberState::Ended;
        __sanitizer_start_switch_fiber(ends ? nullptr : &fake, m_schedulerStack,
                                       m_schedulerStackBytes);
#endif
        swapcontext(&fiber.context, &m_scheduler);
#if defined(GROVE_FIBER_ASAN)
        __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
    }

    static void enter() {
        Explorer& explorer = *s_active;
#if defined(GROVE_FIBER_ASAN)
        __sanitizer_finish_switch_fiber(nullptr, &explorer.m_schedulerStack,
                                        &explorer.m_schedulerStackBytes);
#endif
        Fiber& fiber = *explorer.m_fibers[explorer.m_running];
        fiber.body();
        fiber.state = FiberState::Ended;
        explorer.switchToScheduler();
    }

    static inline Explorer* s_active = nullptr; // set while a fiber runs

    const Options m_options;
    std::vector<std::unique_ptr<Fiber>> m_fibers;
    std::size_t m_running = kNobody;
    ucontext_t m_scheduler{};
    std::vector<Choice> m_choices; // of this run, in order; replayed up to the last
    std::size_t m_depth = 0;
    std::string m_schedule;
    [[maybe_unused]] void* m_tsanScheduler = nullptr;
    [[maybe_unused]] const void* m_schedulerStack = nullptr;
    [[maybe_unused]] std::size_t m_schedulerStackBytes = 0;
};

/// Atomics that let another thread go on before each operation; put them where StdAtomics is the
/// default.
struct ExploredAtomics {
    template <class T> class Atomic {
    public:
        Atomic() = default;
        constexpr explicit(false) Atomic(T value) : m_value(value) {}
        Atomic(const Atomic&) = delete;
        Atomic& operator=(const Atomic&) = delete;

        T load(std::memory_order = std::memory_order_seq_cst) const {
            Explorer::step();
            return m_value;
        }
        void store(T value, std::memory_order = std::memory_order_seq_cst) {
            Explorer::step();
            m_value = value;
        }
        T exchange(T value, std::memory_order = std::memory_order_seq_cst) {
            Explorer::step();
            return std::exchange(m_value, value);
        }
        bool compare_exchange_strong(T& expected, T value,
                                     std::memory_order = std::memory_order_seq_cst,
                                     std::memory_order = std::memory_order_seq_cst) {
            Explorer::step();
            if (m_value == expected) {
                m_value = value;
                return true;
            }
            expected = m_value;
            return false;
        }
        bool compare_exchange_weak(T& expected, T value,
                                   std::memory_order = std::memory_order_seq_cst,
                                   std::memory_order = std::memory_order_seq_cst) {
            return compare_exchange_strong(expected, value);
        }
        T fetch_add(T value, std::memory_order = std::memory_order_seq_cst) {
            Explorer::step();
            return std::exchange(m_value, static_cast<T>(m_value + value));
        }
        T fetch_sub(T value, std::memory_order = std::memory_order_seq_cst) {
            Explorer::step();
            return std::exchange(m_value, static_cast<T>(m_value - value));
        }

    private:
        T m_value{};
    };
};

/// Sleeping for explored threads, with the interface that BasicParker asks of its second parameter.
struct ExploredWait {
    template <class Word, class Value, class Limit>
    void wait(const Word& word, Value expected, Limit limit) {
        // The look and the falling asleep are one step, as in the kernel.
        if (word.load() == expected)
            Explorer::wait(&word, limit != Limit::max());
    }
    template <class Word> void wake(const Word& word) {
        Explorer::step();
        Explorer::wake(&word);
    }
};

} // namespace grove::test
