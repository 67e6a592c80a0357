#include "thread.h"

#include <grove/term/assert.h>

#include <memory>
#include <sched.h>
#include <utility>

namespace grove::runtime {

namespace {

constexpr std::size_t kStackBytes = std::size_t{8} << 20;
constexpr std::size_t kNameLengthMax = 15; // the kernel's

struct Start {
    std::string name;
    std::move_only_function<void()> body;
};

void* runThread(void* argument) {
    const std::unique_ptr<Start> start(static_cast<Start*>(argument));
    Thread::setCurrentName(start->name);
    start->body();
    return nullptr;
}

/// Returns: whether the system gave a thread.
bool createThread(pthread_t& thread, std::unique_ptr<Start> start) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    const int failed = pthread_create(&thread, &attributes, runThread, start.get());
    pthread_attr_destroy(&attributes);
    if (failed != 0)
        return false;
    static_cast<void>(start.release()); // runThread() owns it now
    return true;
}

Duration fromTimespec(const timespec& span) noexcept {
    return std::chrono::seconds(span.tv_sec) + Duration(span.tv_nsec);
}

} // namespace

std::optional<Duration> cpuTime(CpuClock clock) noexcept {
    timespec used{};
    if (clock_gettime(clock, &used) != 0)
        return std::nullopt;
    return fromTimespec(used);
}

Thread::Thread(const std::string& name, std::move_only_function<void()> body) {
    m_started = createThread(m_thread, std::make_unique<Start>(name, std::move(body)));
    GROVE_ASSERT(m_started, "the system has no thread left");
}

Thread::Thread(Thread&& other) noexcept
    : m_thread(other.m_thread), m_started(std::exchange(other.m_started, false)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
    if (this != &other) {
        join();
        m_thread = other.m_thread;
        m_started = std::exchange(other.m_started, false);
    }
    return *this;
}

Thread::~Thread() {
    join();
}

std::optional<Thread> Thread::tryStart(const std::string& name,
                                       std::move_only_function<void()> body) {
    Thread thread;
    thread.m_started =
        createThread(thread.m_thread, std::make_unique<Start>(name, std::move(body)));
    if (!thread.m_started)
        return std::nullopt;
    return thread;
}

void Thread::join() noexcept {
    if (!m_started)
        return;
    GROVE_ASSERT(!isCurrent(), "a thread cannot wait for its own end");
    pthread_join(m_thread, nullptr);
    m_started = false;
}

bool Thread::isCurrent() const noexcept {
    return m_started && pthread_equal(m_thread, pthread_self()) != 0;
}

CpuClock Thread::cpuClock() const noexcept {
    GROVE_ASSERT(m_started, "no thread, no clock");
    CpuClock clock{};
    const int failed = pthread_getcpuclockid(m_thread, &clock);
    GROVE_ASSERT(failed == 0, "a thread that was not joined has a clock");
    return clock;
}

CpuClock Thread::currentCpuClock() noexcept {
    CpuClock clock{};
    const int failed = pthread_getcpuclockid(pthread_self(), &clock);
    GROVE_ASSERT(failed == 0, "a running thread has a clock");
    return clock;
}

void Thread::yield() noexcept {
    sched_yield();
}

void Thread::setCurrentName(const std::string& name) noexcept {
    // Cut in place, without allocating.
    char cut[kNameLengthMax + 1] = {};
    name.copy(cut, kNameLengthMax);
    pthread_setname_np(pthread_self(), cut);
}

unsigned processorCount() noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int count = CPU_COUNT(&set);
    return count > 0 ? static_cast<unsigned>(count) : 1;
}

} // namespace grove::runtime
