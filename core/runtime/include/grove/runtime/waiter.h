#pragma once

#include <grove/runtime/clock.h>
#include <grove/runtime/message.h>

#include <array>
#include <coroutine>
#include <cstdint>
#include <span>

namespace grove::runtime {
struct Slot;
struct Worker;
} // namespace grove::runtime

namespace grove::detail {

/// What a suspended process waits for.
enum class WaitKind : std::uint8_t { Receive, Call, Sleep, Yield, Blocking, Hibernate };

/// The tags of the messages that may match, for walking skipped ones; see tagOf().
class WantedTags {
public:
    void add(std::uint16_t tag) noexcept {
        if (m_count < kMax)
            m_tags[m_count] = tag;
        ++m_count;
    }
    void addAny() noexcept { m_count = kMax + 1; }
    /// Empty: any message may match.
    [[nodiscard]] std::span<const std::uint16_t> wanted() const noexcept {
        return {m_tags.data(), m_count <= kMax ? m_count : 0};
    }

private:
    static constexpr unsigned kMax = 4;

    std::array<std::uint16_t, kMax> m_tags{};
    unsigned m_count = 0;
};

/// The innermost awaiter of a suspended process; lies in the process's frame. This is the low-level
/// matcher interface: the runtime offers messages, the waiter takes the one it wants. Nothing is
/// allocated, and the process runs only once something matched.
///
/// Threads: whoever owns the process; tryMatch() always on the thread that runs the process.
class Waiter {
public:
    explicit Waiter(WaitKind waitKind) noexcept : kind(waitKind) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Takes what it wants out of `message` and returns true, or leaves it alone. What it throws is
    /// raised in the process. One that sets `hasEnvelope` leaves what it wants there until the
    /// process goes on, which it does at once.
    virtual bool tryMatch(Message& message) = 0;
    /// Tells which messages may match; nothing added: any.
    virtual void addTags(WantedTags&) const noexcept {}
    /// Blocking work: a kill or exit has hit the process; called once, by whoever owns it then.
    virtual void requestStop() noexcept {}
    /// Blocking work: does it, on the thread that was given for it.
    virtual void runBlocking() noexcept {}

    // Small: it lies in the frame of every process that waits.
    Instant deadline = kNever;
    union {
        Ref ref{}; // every alternative wants this reference: older messages need not be looked at
        Message* taken; // once `isTaken` by a waiter that leaves the message where it lies
    };
    WaitKind kind;
    bool timedOut = false;
    bool isOver = false;     // Call: the outcome is here
    bool hasScanned = false; // messages skipped earlier have been offered
    bool looksOnce = false;  // Receive: its limit is 0
    bool hasThrown = false;  // tryMatch() has; what it threw is kept by the process
    bool isTaken = false;    // Receive: it has a message
    // Receive: that message lies in its envelope, which is the waiter's to drop, see Opened.
    bool hasEnvelope = false;

    /// `limit`: from now. True when the wait is over before it began (await_ready).
    [[nodiscard]] bool begin(Duration limit = Duration::max());
    /// Hands the process back to its scheduler (await_suspend).
    void suspend(std::coroutine_handle<> leaf) noexcept;
    /// Rethrows what tryMatch() threw.
    void finish() {
        if (hasThrown) [[unlikely]]
            rethrow();
    }

protected:
    ~Waiter() = default;

    /// While the value is taken out; then the envelope goes, if it is the waiter's.
    class Opened {
    public:
        explicit Opened(Waiter& waiter) noexcept : m_waiter(waiter) {}
        Opened(const Opened&) = delete;
        Opened& operator=(const Opened&) = delete;
        ~Opened() {
            if (m_waiter.hasEnvelope)
                m_waiter.dropTaken();
        }

    private:
        Waiter& m_waiter;
    };

private:
    [[nodiscard]] bool beginSlowly(runtime::Worker& worker, runtime::Slot& process, Duration limit);
    void dropTaken() noexcept;
    [[noreturn]] void rethrow();
};

/// What waits for an answer.
class CallWaiter : public Waiter {
public:
    CallWaiter() noexcept : Waiter(WaitKind::Call) {}
    Pid target; // who was asked and is watched meanwhile; none: nobody is

protected:
    ~CallWaiter() = default;
};

/// The 16-bit tag by which skipped messages are walked: equal for messages that one alternative can
/// match. Never zero.
[[nodiscard]] std::uint16_t tagOf(const Message& message) noexcept;
[[nodiscard]] std::uint16_t tagOfKind(MessageKind kind) noexcept; // Call, Exit, Down, Reply
[[nodiscard]] std::uint16_t tagOfDescription(const Description& description) noexcept;
[[nodiscard]] std::uint16_t
tagOfTuple(Atom first) noexcept; // of any size: last fields may be missing
[[nodiscard]] std::uint16_t tagOfAtom(Atom atom) noexcept;

} // namespace grove::detail
