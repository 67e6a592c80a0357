#pragma once

#include <grove/runtime/message.h>
#include <grove/term/alloc.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace grove {

/// Opens Message to the runtime.
struct MessageAccess {
    static void setKind(Message& message, MessageKind kind) noexcept { message.m_kind = kind; }
    static void setName(Message& message, Atom name) noexcept { message.m_name = name; }
    /// Of a Down.
    static void setTag(Message& message, Term tag) {
        message.m_payload = Payload(tuple(std::move(tag), takeReason(message)));
        message.m_isTagged = true;
    }
    static Payload& payload(Message& message) noexcept { return message.m_payload; }
    static Term takeReason(Message& message) noexcept;
    /// Asks the caches for what the payload points to, if it points to anything.
    static void fetchAhead(const Message& message) noexcept {
        std::uint64_t word = 0;
        static_assert(sizeof(Payload) == sizeof(word));
        std::memcpy(&word, &message.m_payload, sizeof(word));
        constexpr unsigned kAddresses = 0b1100'0001; // by the low bits: see Payload
        if ((kAddresses >> (word & 7) & 1U) != 0)
            __builtin_prefetch(std::bit_cast<const void*>(word));
    }
};

namespace runtime {

/// What an envelope asks of its receiver. Everything but Message is acted on by whoever owns the
/// process, without running the process's code.
enum class Signal : std::uint32_t {
    Message,   // goes to the mailbox
    Call,      // goes to the mailbox; the sender also watches the receiver by `ref`
    Reply,     // to the caller that waits for `ref`; otherwise dropped
    Exit,      // exit(): from, reason
    Stop,      // Exit from a linked one that watches by `ref` and is linked no more: stopLinked()
    LinkExit,  // the linked `from` has ended
    Link,      // `from` links
    Unlink,    // `from` unlinks; `ref` is the id for the acknowledgement
    UnlinkAck, // `from` has seen Unlink with id `ref`
    Monitor,   // `from` watches by `ref`
    Demonitor, // the watcher of `ref` no longer does
    Down,      // the watched `from` has ended
    Suspend,
    Resume,
    Inquiry,   // `ref` holds the address of a detail::Inquiry
    TimerTick, // the deadline timer came up
    BlockDone, // blocking work has returned
    ByAlias,   // a message for who has the alias `ref`
    Leader,    // `from` is the group leader from now on
};

/// One signal on its way and in the mailbox. Owns its message.
struct Envelope {
    Envelope* next; // owned by the inbox, then by the mailbox
    Message message;
    std::uint32_t generation; // of the addressee; a later owner of the slot drops it
    std::uint32_t stampMs;    // coarse time of sending, from the runtime's start
    Signal signal;
    std::uint32_t earlier = 0; // for who walks an inbox, see EarlierEnvelopes; 0: none

    Envelope(Signal what, Message&& carried, std::uint32_t to, std::uint32_t stamp) noexcept
        : next(nullptr), message(std::move(carried)), generation(to), stampMs(stamp), signal(what) {
    }

    /// With the message made in place; push() writes `next`.
    Envelope(Signal what, MessageKind kind, Payload&& payload, Pid from, Ref ref, std::uint32_t to,
             std::uint32_t stamp) noexcept
        : message(kind, std::move(payload), from, ref), generation(to), stampMs(stamp),
          signal(what) {}

    [[nodiscard]] static Envelope* make(Signal what, Message&& carried, std::uint32_t to,
                                        std::uint32_t stamp) noexcept {
        return ::new (allocate(sizeof(Envelope))) Envelope(what, std::move(carried), to, stamp);
    }
    /// Whose message it is. Requires: an envelope's.
    [[nodiscard]] static Envelope& of(Message& message) noexcept;
    static void drop(Envelope* envelope) noexcept { dropHere(envelope); }
    /// The same, inlined: on the way of most messages.
    [[gnu::always_inline]] static inline void dropHere(Envelope* envelope) noexcept {
        envelope->~Envelope();
        release(envelope, sizeof(Envelope));
    }
    /// Counts in the mailbox's length.
    [[nodiscard]] bool isMessage() const noexcept {
        return signal == Signal::Message || signal == Signal::Call;
    }
};
static_assert(sizeof(Envelope) <= 56);

inline Envelope& Envelope::of(Message& message) noexcept {
    static_assert(std::is_standard_layout_v<Envelope>);
    return *reinterpret_cast<Envelope*>(reinterpret_cast<char*>(&message) -
                                        offsetof(Envelope, message));
}

} // namespace runtime
} // namespace grove
