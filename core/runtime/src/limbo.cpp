#include "core.h"
#include "worker.h"

#include <grove/runtime/epoch.h>
#include <grove/runtime/limbo.h>
#include <grove/term/mutex.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace grove::runtime {

namespace {

/// What is freed at once of what is left over: about a millisecond's work.
constexpr std::size_t kStepsAtOnce = 8'192;
constexpr std::size_t kBytesAStep = 4'096;
constexpr std::size_t kWordsAStep = 16;

/// Batches of all the program's Limbos that could not go when they were closed: a queue in which
/// one waits for those before it, so that nobody looks at more than what goes and the next one.
class LeftOver {
public:
    [[nodiscard]] bool isEmpty() const noexcept {
        return m_least.load(std::memory_order_seq_cst) == kNobodyPinned;
    }
    void put(LimboBatch* batch) noexcept {
        const Lock lock(m_mutex);
        batch->next = nullptr;
        if (m_first == nullptr) {
            m_first = batch;
            m_least.store(batch->freeFrom, std::memory_order_seq_cst);
        } else {
            m_last->next = batch;
        }
        m_last = batch;
        m_latest = std::max(m_latest, batch->freeFrom);
    }
    /// Returns: the highest freeFrom put so far.
    [[nodiscard]] std::uint64_t latest() noexcept {
        const Lock lock(m_mutex);
        return m_latest;
    }
    /// Frees what may go when nobody is pinned below `oldest`, or as much as goes at once.
    ///
    /// Requires: an advance() that answered `oldest` or more came before the look at the pins.
    /// Others put batches here at any time; what they took out after that look, readers that it
    /// has not found may see.
    void freeUpTo(std::uint64_t oldest) noexcept {
        if (m_least.load(std::memory_order_relaxed) > oldest)
            return;
        for (LimboBatch* batch = takeUpTo(oldest); batch != nullptr;) {
            batch->free();
            delete std::exchange(batch, batch->next);
        }
    }

private:
    [[nodiscard]] LimboBatch* takeUpTo(std::uint64_t oldest) noexcept {
        const Lock lock(m_mutex);
        LimboBatch* const first = m_first;
        LimboBatch* last = nullptr;
        std::size_t steps = 0;
        while (m_first != nullptr && m_first->freeFrom <= oldest && steps < kStepsAtOnce) {
            steps += m_first->steps(kBytesAStep);
            last = std::exchange(m_first, m_first->next);
        }
        m_least.store(m_first == nullptr ? kNobodyPinned : m_first->freeFrom,
                      std::memory_order_relaxed);
        if (last == nullptr)
            return nullptr;
        last->next = nullptr;
        return first;
    }

    Mutex m_mutex;
    LimboBatch* m_first GROVE_GUARDED_BY(m_mutex) = nullptr; // nearly in the order of freeFrom
    LimboBatch* m_last GROVE_GUARDED_BY(m_mutex) = nullptr;  // if there is a first
    std::uint64_t m_latest GROVE_GUARDED_BY(m_mutex) = 0;
    /// freeFrom of the first, kNobodyPinned when there is none. Stored under the lock, loaded by
    /// isEmpty() and freeUpTo() without it: who reads it a moment too early looks again later, or
    /// finds under the lock that nothing may go. seq_cst by put() and isEmpty(), against
    /// Core::sleepers: who leaves something over sees a scheduler that falls asleep, or that sees
    /// what is left.
    std::atomic<std::uint64_t> m_least{kNobodyPinned};
};

constinit LeftOver s_leftOver;

/// Schedulers look again as long as anything is left, but all may sleep, where this thread is none.
void leaveOver(LimboBatch* batch) noexcept {
    s_leftOver.put(batch);
    const Worker* const worker = thisWorker();
    if (worker != nullptr && worker->scheduler == nullptr)
        worker->core.sleepers.wakeOne(worker->core.schedulers);
}

} // namespace

std::size_t LimboBatch::steps(std::size_t bytesAStep) const noexcept {
    std::size_t steps = terms.size() + blocks.size() + termWords / kWordsAStep;
    for (const Block& block : blocks)
        steps += block.bytes / bytesAStep;
    return steps;
}

void LimboBatch::free() noexcept {
    terms.clear();
    termWords = 0;
    for (const Block block : blocks)
        block.free();
    blocks.clear();
}

void Limbo::close() {
    const std::uint64_t epoch = epochs().advance();
    const std::uint64_t oldest = epochs().oldestPinned();
    m_open.freeFrom = epoch;
    m_openWords = 0;
    if (epoch <= oldest)
        m_open.free(); // and keeps its room
    else
        leaveOver(new LimboBatch(std::exchange(m_open, {})));
    s_leftOver.freeUpTo(std::min(epoch, oldest));
}

bool isAnythingLeftOver() noexcept {
    return !s_leftOver.isEmpty();
}

void freeLeftOver() noexcept {
    if (s_leftOver.isEmpty())
        return;
    const std::uint64_t latest = s_leftOver.latest();
    s_leftOver.freeUpTo(std::min(latest, epochs().oldestPinned()));
}

} // namespace grove::runtime
