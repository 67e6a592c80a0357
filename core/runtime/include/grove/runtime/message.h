#pragma once

#include <grove/term/box.h>
#include <grove/term/describe.h>
#include <grove/term/term.h>

#include <bit>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

namespace grove {

/// Work as a message: a function with the place where it was written. Never becomes part of a term.
struct Callable {
    std::move_only_function<void()> run;
    std::source_location where;
};

/// What a message carries: a Term, a Box (a described C++ value), or a Callable. One word.
///
/// Owns: its value. Moves never count. Threads: one at a time.
class Payload {
public:
    enum class Kind : std::uint8_t { Term, Box, Callable };

    Payload() noexcept : m_word(0) {}
    Payload(Term term) noexcept : m_term(std::move(term)) {}
    Payload(Box box) noexcept : m_word(tagged(std::move(box).leak(), kBoxTag)) {}
    Payload(Callable callable);
    /// Anything that converts to a Term: atoms, numbers, text, pids, refs.
    template <class T>
        requires(!std::same_as<std::remove_cvref_t<T>, Payload> &&
                 !std::same_as<std::remove_cvref_t<T>, Term> && std::convertible_to<T, Term>)
    Payload(T&& value) noexcept : m_term(Term(std::forward<T>(value))) {}
    /// A described struct; it travels as itself.
    template <class T>
        requires(!std::same_as<std::remove_cvref_t<T>, Payload> &&
                 !std::same_as<std::remove_cvref_t<T>, Box> &&
                 !std::same_as<std::remove_cvref_t<T>, Callable> && !std::convertible_to<T, Term> &&
                 Describable<std::remove_cvref_t<T>>)
    Payload(T&& value) noexcept : Payload(Box::make(std::forward<T>(value))) {}

    Payload(Payload&& other) noexcept : m_word(std::exchange(other.m_word, 0)) {}
    Payload& operator=(Payload&& other) noexcept {
        Payload moved(std::move(other));
        std::swap(m_word, moved.m_word);
        return *this;
    }
    Payload(const Payload&) = delete;
    Payload& operator=(const Payload&) = delete;
    ~Payload() {
        // What is the word itself comes first: most payloads, and those that were moved from. No
        // function is given the address: a payload may stay in registers, and one that is not
        // looked at takes no room in the frame of a process that waits for it.
        if ((m_word & kLowBits) != 0) [[likely]] {
            if (!isTerm()) [[unlikely]]
                dropOther(m_word);
        } else if (m_word != 0) {
            detail::releaseBoxed(std::bit_cast<detail::Header*>(m_word));
        }
    }

    [[nodiscard]] Kind kind() const noexcept {
        if (isTerm()) [[likely]]
            return Kind::Term;
        return (m_word & kLowBits) == kBoxTag ? Kind::Box : Kind::Callable;
    }
    [[nodiscard]] bool isTerm() const noexcept { return (m_word & kBoxTag) != kBoxTag; }
    /// The boxed value if it is a T, borrowed; null otherwise.
    template <class T> [[nodiscard]] const T* get() const noexcept {
        if ((m_word & kLowBits) != kBoxTag)
            return nullptr;
        auto* const header = static_cast<detail::BoxHeader*>(pointer());
        return header != nullptr && header->description == &descriptionOf<T>()
                   ? static_cast<const T*>(header->value())
                   : nullptr;
    }
    /// Null unless this is a term; borrowed.
    [[nodiscard]] const Term* asTerm() const noexcept { return isTerm() ? &m_term : nullptr; }
    /// Of a boxed value. Requires: kind() == Kind::Box.
    [[nodiscard]] const Description& description() const noexcept {
        GROVE_ASSERT(kind() == Kind::Box && pointer() != nullptr, "the payload is no box");
        return *static_cast<detail::BoxHeader*>(pointer())->description;
    }
    /// Requires: kind() == Kind::Callable. Borrowed.
    [[nodiscard]] Callable& callable() const noexcept {
        GROVE_ASSERT(kind() == Kind::Callable, "the payload is no callable");
        return *static_cast<Callable*>(pointer());
    }
    /// The value as a term: itself, made from the description, or `{'$callable', File, Line}`.
    [[nodiscard]] Term term() const;
    /// The same, moved where it is a term.
    [[nodiscard]] Term takeTerm() && { return isTerm() ? std::move(m_term) : term(); }
    /// Takes the value out as a T: a box of T, or a term that describes one.
    /// Errors: badarg with the path of what did not fit; the payload is then unchanged.
    template <class T> [[nodiscard]] Result<T> take() &&;
    /// Another payload with the same value, which both share. Requires: no callable.
    [[nodiscard]] Payload shared() const noexcept;
    [[nodiscard]] Box takeBox() && noexcept {
        GROVE_ASSERT(kind() == Kind::Box, "the payload is no box");
        void* const leaked = pointer();
        m_word = 0;
        return Box::adopt(leaked);
    }
    /// What it takes in memory without walking; for counters.
    [[nodiscard]] std::uint32_t bytes() const noexcept;

private:
    // A Term's word, or the address of a leaked Box or an owned Callable with a tag in its low
    // bits, which no term has: there 0 is an object's address, 1 to 5 are terms without one.
    static constexpr std::uint64_t kLowBits = 7;
    static constexpr std::uint64_t kBoxTag = 6;
    static constexpr std::uint64_t kCallableTag = 7;

    [[nodiscard]] static std::uint64_t tagged(void* object, std::uint64_t tag) noexcept {
        return std::bit_cast<std::uint64_t>(object) | tag;
    }
    [[nodiscard]] static void* pointerIn(std::uint64_t word) noexcept {
        return std::bit_cast<void*>(word & ~kLowBits);
    }
    [[nodiscard]] void* pointer() const noexcept { return pointerIn(m_word); }
    static void dropOther(std::uint64_t word) noexcept; // no term

    union {
        Term m_term;
        std::uint64_t m_word;
    };
};
static_assert(sizeof(Payload) == 8);

template <class T> Result<T> Payload::take() && {
    if (get<T>() != nullptr)
        return std::move(*this).takeBox().template take<T>();
    if (kind() == Kind::Callable)
        return failure(atoms::badarg, "a function is no value");
    return fromTerm<T>(term());
}

/// What a message is.
enum class MessageKind : std::uint8_t {
    Plain,
    Cast,  // sendCast(): '$gen_cast'
    Call,  // request(), sendRequest(): '$gen_call'; from() says who waits
    Exit,  // {'EXIT', Pid, Reason} for a process that traps exits
    Down,  // {'DOWN', Ref, process, Pid, Reason}
    Reply, // the answer to sendRequest()
};

/// Whom to answer: the caller, the call's reference, and the server that was asked. A value; may be
/// kept and passed on, see reply().
struct From {
    Pid caller;
    Ref ref;
    Pid server;

    [[nodiscard]] friend bool operator==(const From&, const From&) = default;
    /// `{Pid, Ref}`.
    [[nodiscard]] Term term() const { return tuple(caller, ref); }
};

/// A trapped exit signal.
struct Exit {
    Pid from;
    Term reason;
};

/// A monitored process has ended, or there was none (reason noproc).
struct Down {
    Ref ref;
    Pid pid;
    Term reason;
    Atom name; // the name that was monitored; `undefined` when it was a pid
    Term tag;  // what stands first in the message; none: 'DOWN'
};

/// A message taken out of a mailbox, or looked at while it lies there.
///
/// Owns: its payload. Threads: one at a time.
class Message {
public:
    Message() noexcept = default;
    Message(MessageKind kind, Payload payload, Pid from = {}, Ref ref = {}) noexcept
        : m_payload(std::move(payload)), m_from(from), m_ref(ref), m_kind(kind) {}
    Message(Message&&) noexcept = default;
    Message& operator=(Message&&) noexcept = default;

    [[nodiscard]] MessageKind kind() const noexcept { return m_kind; }
    /// The payload; for Exit and Down the reason as a term, for a Down with a tag of its own
    /// `{Tag, Reason}`.
    [[nodiscard]] const Payload& payload() const noexcept { return m_payload; }
    [[nodiscard]] Payload takePayload() && noexcept { return std::move(m_payload); }
    /// The boxed value if it is a T, borrowed; null otherwise.
    template <class T> [[nodiscard]] const T* get() const noexcept { return m_payload.get<T>(); }
    /// Who sent it: for Exit and Down the process that ended. None for timers.
    [[nodiscard]] Pid sender() const noexcept { return m_from; }
    /// The reference of Call, Down and Reply.
    [[nodiscard]] Ref ref() const noexcept { return m_ref; }
    /// A Down whose monitor was given a tag in place of 'DOWN'.
    [[nodiscard]] bool isTagged() const noexcept { return m_isTagged; }
    /// Requires: kind() == Call, and taken out of a mailbox.
    [[nodiscard]] From from() const noexcept;
    /// Requires: kind() == Down.
    [[nodiscard]] Down takeDown() && noexcept;
    /// Requires: kind() == Exit.
    [[nodiscard]] Exit takeExit() && noexcept;
    /// The message as OTP would show it: `{'$gen_call', {Pid, Ref}, Payload}`, `{'EXIT', Pid,
    /// Reason}`, …
    [[nodiscard]] Term term() const;

private:
    friend struct MessageAccess;

    Payload m_payload;
    Pid m_from;
    Ref m_ref;
    MessageKind m_kind = MessageKind::Plain;
    bool m_isTagged = false; // Down: the payload is {Tag, Reason}
    Atom m_name;             // Down: the monitored name
};

} // namespace grove
