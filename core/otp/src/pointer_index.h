#pragma once
// Finds things that lie elsewhere by a number of theirs.

#include "seam_allocator.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace grove::otp {

/// Pointers by numbers, in one row that is at most half full: a look is a multiplication
/// and mostly one line of memory, and takes none for each entry. Several may have the same number,
/// as hashes do.
///
/// Memory: 32 to 512 bytes for each; a row that was longer stays as long as `kept` entries.
template <class T, std::size_t kept = 32'768> class PointerIndex {
public:
    /// Returns: the one with this number that `fits`; null when there is none.
    template <class Fits> [[nodiscard]] T* find(std::uint64_t number, const Fits& fits) const {
        if (m_row.empty())
            return nullptr;
        for (std::size_t at = home(number);; at = next(at)) {
            const Entry& entry = m_row[at];
            if (entry.there == nullptr)
                return nullptr;
            if (entry.number == number && fits(*entry.there))
                return entry.there;
        }
    }
    [[nodiscard]] T* find(std::uint64_t number) const {
        return find(number, [](const T&) { return true; });
    }
    /// Has memory begin to bring what a look for this number will need.
    void fetch(std::uint64_t number) const noexcept {
        if (!m_row.empty())
            __builtin_prefetch(&m_row[home(number)]);
    }
    void add(std::uint64_t number, T& there) {
        if ((m_count + 1) * 2 > m_row.size())
            resize(m_row.empty() ? kLeast : m_row.size() * 2);
        put({number, &there});
        ++m_count;
    }
    /// Makes room for so many.
    void reserve(std::size_t count) {
        std::size_t size = std::max(kLeast, m_row.size());
        while (size < count * 2)
            size *= 2;
        if (size != m_row.size())
            resize(size);
    }
    /// Does nothing when it is not there.
    void erase(std::uint64_t number, const T& there) {
        if (m_row.empty())
            return;
        std::size_t at = home(number);
        while (m_row[at].there != &there || m_row[at].number != number) {
            if (m_row[at].there == nullptr)
                return;
            at = next(at);
        }
        close(at);
        --m_count;
        if (m_row.size() > kept && m_count * 16 < m_row.size())
            resize(std::max(kLeast, m_row.size() / 4));
    }

private:
    struct Entry {
        std::uint64_t number = 0;
        T* there = nullptr; // none: empty
    };
    static constexpr std::size_t kLeast = 16;

    /// Four numbers in turn stand together, in one line of memory: those that were given one after
    /// the other are looked up one after the other.
    [[nodiscard]] std::size_t home(std::uint64_t number) const noexcept {
        const std::uint64_t row = ((number >> 2) * 0x9E37'79B9'7F4A'7C15ULL) >> 32;
        return static_cast<std::size_t>(row << 2 | (number & 3)) & (m_row.size() - 1);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const noexcept {
        return (at + 1) & (m_row.size() - 1);
    }
    void put(const Entry& entry) {
        std::size_t at = home(entry.number);
        while (m_row[at].there != nullptr)
            at = next(at);
        m_row[at] = entry;
    }
    /// Moves those behind a gap into it that may stand there, so that a look may end at a gap.
    void close(std::size_t gap) {
        const std::size_t mask = m_row.size() - 1;
        for (std::size_t at = next(gap); m_row[at].there != nullptr; at = next(at)) {
            const std::size_t fromHome = (at - home(m_row[at].number)) & mask;
            if (fromHome < ((at - gap) & mask))
                continue; // its home lies behind the gap
            m_row[gap] = m_row[at];
            gap = at;
        }
        m_row[gap] = {};
    }
    void resize(std::size_t size) {
        std::vector<Entry, SeamAllocator<Entry>> old(size);
        old.swap(m_row);
        for (const Entry& entry : old)
            if (entry.there != nullptr)
                put(entry);
    }

    std::vector<Entry, SeamAllocator<Entry>> m_row; // as many as a power of two
    std::size_t m_count = 0;
};

} // namespace grove::otp
