#include <grove/runtime/epoch.h>
#include <grove/runtime/limbo.h>
#include <grove/term/mutex.h>

#include <atomic>
#include <utility>

namespace grove::runtime {

namespace {

/// Batches of all the program's Limbos that could not go when they were closed.
class LeftOver {
public:
    [[nodiscard]] bool isEmpty() const noexcept {
        return m_count.load(std::memory_order_relaxed) == 0;
    }
    void put(LimboBatch* batch) noexcept {
        const Lock lock(m_mutex);
        batch->next = std::exchange(m_first, batch);
        m_count.fetch_add(1, std::memory_order_relaxed);
    }
    /// Returns: all of them. Whoever looks at the pins afterwards does so behind their advance().
    [[nodiscard]] LimboBatch* takeAll() noexcept {
        const Lock lock(m_mutex);
        m_count.store(0, std::memory_order_relaxed);
        return std::exchange(m_first, nullptr);
    }

private:
    Mutex m_mutex;
    LimboBatch* m_first GROVE_GUARDED_BY(m_mutex) = nullptr;
    /// How many; changed under the lock, relaxed: who reads 0 a moment too early looks again later.
    std::atomic<std::size_t> m_count{0};
};

constinit LeftOver s_leftOver;

void freeOrPut(LimboBatch* first, std::uint64_t oldest) noexcept {
    while (first != nullptr) {
        LimboBatch* const batch = std::exchange(first, first->next);
        if (batch->freeFrom > oldest) {
            s_leftOver.put(batch);
            continue;
        }
        batch->free();
        delete batch;
    }
}

} // namespace

void LimboBatch::free() noexcept {
    terms.clear();
    for (const Block block : blocks)
        block.free();
    blocks.clear();
}

void Limbo::close() {
    LimboBatch* const others = s_leftOver.isEmpty() ? nullptr : s_leftOver.takeAll();
    m_open.freeFrom = epochs().advance();
    m_openWords = 0;
    const std::uint64_t oldest = epochs().oldestPinned();
    if (m_open.freeFrom <= oldest)
        m_open.free(); // and keeps its room
    else
        s_leftOver.put(new LimboBatch(std::exchange(m_open, {})));
    freeOrPut(others, oldest);
}

bool isAnythingLeftOver() noexcept {
    return !s_leftOver.isEmpty();
}

void freeLeftOver() noexcept {
    if (LimboBatch* const all = s_leftOver.takeAll())
        freeOrPut(all, epochs().oldestPinned());
}

} // namespace grove::runtime
