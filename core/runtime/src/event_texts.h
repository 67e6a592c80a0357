#pragma once

#include <grove/term/atomics.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace grove::runtime {

/// The texts of events, in a ring of cells of one cache line: most texts are a word or two and take
/// one, so that a burst of events touches little memory. The newest overwrite the oldest.
///
/// Threads: any. Nobody waits: a writer who would have to gives its text up.
template <class Atomics> class BasicEventTexts {
public:
    static constexpr std::size_t kCellWords = 7;
    static constexpr std::size_t kCellBytes = kCellWords * 8; // of text

    /// state: 2 * sequence of the event when whole, 2 * sequence + 1 while being written, 0 before.
    /// Taken by compare-exchange, published by a release store. A reader loads the words with
    /// acquire and then the state again, and keeps what it read only if that has not changed.
    struct alignas(64) Cell {
        typename Atomics::template Atomic<std::uint64_t> state;
        std::array<typename Atomics::template Atomic<std::uint64_t>, kCellWords> words;
    };

    /// `cells`: all zeroes, there as long as this is. Requires: more than the longest text takes.
    BasicEventTexts(Cell* cells, std::size_t count) noexcept : m_cells(cells), m_count(count) {}
    BasicEventTexts(const BasicEventTexts&) = delete;
    BasicEventTexts& operator=(const BasicEventTexts&) = delete;

    [[nodiscard]] static constexpr std::size_t cellsOf(std::size_t length) noexcept {
        return (length + kCellBytes - 1) / kCellBytes;
    }

    /// Requires: not empty; no other text has this sequence. Returns: where it is, never 0; 0 when
    /// another writer, a whole ring behind or ahead, is still at one of its cells.
    [[nodiscard]] std::uint32_t put(std::uint64_t sequence, std::string_view text) noexcept {
        const std::uint64_t first =
            m_next.fetch_add(cellsOf(text.size()), std::memory_order_relaxed) % m_count;
        for (std::uint64_t at = first; !text.empty(); ++at) {
            if (!putCell(m_cells[at % m_count], sequence, text.substr(0, kCellBytes)))
                return 0;
            text.remove_prefix(std::min(kCellBytes, text.size()));
        }
        return static_cast<std::uint32_t>(first) + 1;
    }

    /// Returns: the text of `length` bytes that put() has placed; empty when it is not there any
    /// more.
    [[nodiscard]] std::string read(std::uint64_t sequence, std::uint32_t place,
                                   std::size_t length) const {
        if (place == 0)
            return {};
        std::string text(length, '\0');
        std::uint64_t at = place - 1;
        for (std::size_t done = 0; done < length; done += kCellBytes, ++at) {
            const std::size_t bytes = std::min(kCellBytes, length - done);
            if (!readCell(m_cells[at % m_count], sequence, text.data() + done, bytes))
                return {};
        }
        return text;
    }

private:
    static bool putCell(Cell& cell, std::uint64_t sequence, std::string_view text) noexcept {
        std::uint64_t state = cell.state.load(std::memory_order_relaxed);
        if ((state & 1U) != 0 ||
            !cell.state.compare_exchange_strong(state, 2 * sequence + 1, std::memory_order_acq_rel,
                                                std::memory_order_relaxed))
            return false;
        std::array<std::uint64_t, kCellWords> words{};
        std::memcpy(words.data(), text.data(), text.size());
        // Release, each: who reads a new word finds the state changed, too.
        for (std::size_t word = 0; word < (text.size() + 7) / 8; ++word)
            cell.words[word].store(words[word], std::memory_order_release);
        cell.state.store(2 * sequence, std::memory_order_release);
        return true;
    }
    static bool readCell(const Cell& cell, std::uint64_t sequence, char* text, std::size_t bytes) {
        if (cell.state.load(std::memory_order_acquire) != 2 * sequence)
            return false;
        std::array<std::uint64_t, kCellWords> words{};
        for (std::size_t word = 0; word < (bytes + 7) / 8; ++word)
            words[word] = cell.words[word].load(std::memory_order_acquire);
        std::memcpy(text, words.data(), bytes);
        return cell.state.load(std::memory_order_relaxed) == 2 * sequence;
    }

    Cell* m_cells;
    std::size_t m_count;
    /// The next free cell, counted on without end; relaxed: the cells order themselves.
    typename Atomics::template Atomic<std::uint64_t> m_next{0};
};

} // namespace grove::runtime
