#pragma once

#include "envelope.h"

#include <array>
#include <cstdint>
#include <span>

namespace grove::runtime {

/// The messages of a process that earlier receives have passed over, in order of arrival, in
/// blocks. A packed array of tags beside the messages lets a receive skip most of them without
/// touching them; counts in the blocks let any page be found without walking messages.
///
/// Threads: the owner of the process. Owns: the envelopes.
class SkippedMessages {
public:
    SkippedMessages() = default;
    SkippedMessages(const SkippedMessages&) = delete;
    SkippedMessages& operator=(const SkippedMessages&) = delete;
    ~SkippedMessages();

    struct Place {
        struct Block* block = nullptr;
        std::uint32_t at = 0;
        explicit operator bool() const noexcept { return block != nullptr; }
    };

    void append(Envelope* envelope) noexcept;
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }
    /// The number that the next message will have; they count up for ever.
    [[nodiscard]] std::uint64_t nextNumber() const noexcept { return m_nextNumber; }
    /// The first message numbered `number` or later.
    [[nodiscard]] Place from(std::uint64_t number) const noexcept;
    /// The first message at or after `place` whose tag is one of `tags` (any, when empty).
    [[nodiscard]] Place find(Place place, std::span<const std::uint16_t> tags) const noexcept;
    [[nodiscard]] static Place after(Place place) noexcept;
    [[nodiscard]] static Envelope* at(Place place) noexcept;
    /// Takes a message out. Invalidates `place`.
    [[nodiscard]] Envelope* take(Place place) noexcept;
    /// The message at a position counted from the oldest. Complexity: one step per block.
    [[nodiscard]] Place position(std::uint64_t position) const noexcept;
    /// Takes the oldest message out; null when empty.
    [[nodiscard]] Envelope* takeOldest() noexcept;

    /// When empty: keeps no memory.
    void trim() noexcept;

private:
    void unlink(struct Block* block) noexcept;

    struct Block* m_first = nullptr;
    struct Block* m_last = nullptr;
    std::uint64_t m_count = 0;
    std::uint64_t m_nextNumber = 0;
};

} // namespace grove::runtime
