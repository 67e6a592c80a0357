#pragma once

#include <utility>

namespace grove::test {

/// Counts how many of it live: proof that frames, arguments and payloads are destroyed exactly
/// once.
///
/// Threads: one at a time.
struct Counted {
    static inline int s_alive = 0;
    static inline int s_made = 0;
    static inline int s_destroyedTwice = 0;

    static void reset() noexcept { s_alive = s_made = s_destroyedTwice = 0; }

    explicit Counted(int number = 0) noexcept : value(number) { born(); }
    Counted(const Counted& other) noexcept : value(other.value) { born(); }
    Counted(Counted&& other) noexcept : value(std::exchange(other.value, -1)) { born(); }
    Counted& operator=(const Counted&) noexcept = default;
    Counted& operator=(Counted&&) noexcept = default;
    ~Counted() {
        if (m_self != this)
            ++s_destroyedTwice;
        m_self = nullptr;
        --s_alive;
    }

    int value;

private:
    void born() noexcept {
        m_self = this;
        ++s_alive;
        ++s_made;
    }
    Counted* m_self = nullptr;
};

} // namespace grove::test
