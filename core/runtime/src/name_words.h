#pragma once

#include "slot.h"

#include <atomic>
#include <cstdint>
#include <optional>

// What happens to the two words of a registered name: the name's own (`cell`: the raw pid of who
// has it, 0: nobody) and the process's (ColdSlot::nameWord). Templates, so that every order of the
// steps can be explored.

namespace grove::runtime {

/// What became of an attempt to register.
enum class Registered : std::uint8_t { Yes, NameTaken, HasName, NoProcess };

[[nodiscard]] constexpr std::uint64_t nameWordOf(std::uint32_t generation,
                                                 std::uint32_t atom) noexcept {
    return std::uint64_t{generation} << 32 | atom;
}

/// Returns: the atom's number in a process's word; nothing when it has no name.
[[nodiscard]] constexpr std::optional<std::uint32_t> nameNumberIn(std::uint64_t nameWord) noexcept {
    const auto low = static_cast<std::uint32_t>(nameWord);
    const std::uint32_t atom = low & ~ColdSlot::kOutsideHooks;
    if (atom == ColdSlot::kNoName || low == ColdSlot::kNameClosed)
        return std::nullopt;
    return atom;
}

/// Replaces the name of a process that has `from`, whether or not it has hooks.
/// Returns: nothing when done, else the word that says otherwise.
template <class Word>
[[nodiscard]] std::optional<std::uint64_t> changeName(Word& nameWord, std::uint32_t generation,
                                                      std::uint32_t from,
                                                      std::uint32_t to) noexcept {
    const std::uint64_t plain = nameWordOf(generation, from);
    std::uint64_t now = plain;
    for (;;) {
        const std::uint64_t hooks = now ^ plain;
        if (hooks != 0 && hooks != ColdSlot::kOutsideHooks)
            return now;
        // acq_rel: who releases the name later sees the cell that was set before.
        if (nameWord.compare_exchange_strong(now, nameWordOf(generation, to) | hooks,
                                             std::memory_order_acq_rel, std::memory_order_acquire))
            return std::nullopt;
    }
}

template <class Word>
[[nodiscard]] Registered registerInWords(Word& cell, Word& nameWord, std::uint64_t pid,
                                         std::uint32_t generation, std::uint32_t atom) noexcept {
    std::uint64_t nobody = 0;
    if (!cell.compare_exchange_strong(nobody, pid, std::memory_order_acq_rel,
                                      std::memory_order_relaxed))
        return Registered::NameTaken;
    const auto other = changeName(nameWord, generation, ColdSlot::kNoName, atom);
    if (!other)
        return Registered::Yes;
    cell.store(0, std::memory_order_release);
    const bool isAlive =
        *other >> 32 == generation && static_cast<std::uint32_t>(*other) != ColdSlot::kNameClosed;
    return isAlive ? Registered::HasName : Registered::NoProcess;
}

/// `pid`, of this `generation`: what the cell said. Returns: false when it is being registered or
/// released this moment.
template <class Word>
[[nodiscard]] bool unregisterInWords(Word& cell, Word& nameWord, std::uint32_t generation,
                                     std::uint32_t atom) noexcept {
    if (changeName(nameWord, generation, atom, ColdSlot::kNoName))
        return false;
    cell.store(0, std::memory_order_release);
    return true;
}

/// By the owner of a dying process: no name and no hooks from outside from now on. Returns: the
/// word it had; the caller clears the cell of the name in it.
template <class Word>
[[nodiscard]] std::uint64_t closeNameWord(Word& nameWord, std::uint32_t generation) noexcept {
    return nameWord.exchange(nameWordOf(generation, ColdSlot::kNameClosed),
                             std::memory_order_acq_rel);
}

/// Notes exit hooks from outside. Returns: false when the process is closed or another one.
template <class Word>
[[nodiscard]] bool markHookedInWord(Word& nameWord, std::uint32_t generation) noexcept {
    std::uint64_t now = nameWord.load(std::memory_order_acquire);
    do {
        if (now >> 32 != generation || static_cast<std::uint32_t>(now) == ColdSlot::kNameClosed)
            return false;
    } while (!nameWord.compare_exchange_strong(
        now, now | ColdSlot::kOutsideHooks, std::memory_order_acq_rel, std::memory_order_acquire));
    return true;
}

} // namespace grove::runtime
