#pragma once

#include <grove/runtime/clock.h>
#include <grove/runtime/message.h>

#include <array>
#include <coroutine>
#include <cstdint>
#include <exception>

namespace grove::runtime {
struct Slot;
struct Worker;
} // namespace grove::runtime

namespace grove::detail {

/// What a suspended process waits for.
enum class WaitKind : std::uint8_t { Receive, Call, Sleep, Yield, Blocking };

/// The innermost awaiter of a suspended process; lies in the process's frame. This is the low-level
/// matcher interface: the runtime offers messages, the waiter takes the one it wants. Nothing is
/// allocated, and the process runs only once something matched.
///
/// Threads: whoever owns the process; tryMatch() always on the thread that runs the process.
class Waiter {
public:
    static constexpr unsigned kTagsMax = 4;

    explicit Waiter(WaitKind waitKind) noexcept : kind(waitKind) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Takes what it wants out of `message` and returns true, or leaves it alone. What it throws is
    /// raised in the process.
    virtual bool tryMatch(Message& message) = 0;
    /// Blocking work: a kill or exit has hit the process; called once, by whoever owns it then.
    virtual void requestStop() noexcept {}
    /// Blocking work: does it, on the thread that was given for it.
    virtual void runBlocking() noexcept {}

    WaitKind kind;
    bool timedOut = false;
    bool isOver = false;       // Call: the outcome is here
    bool hasScanned = false;   // messages skipped earlier have been offered
    std::uint8_t tagCount = 0; // tags wanted; 0: any message may match
    std::array<std::uint16_t, kTagsMax> tags{};
    Duration limit = Duration::max(); // from the start of the wait
    Instant deadline = kNever;
    Ref ref;    // every alternative wants this reference: older messages need not be looked at
    Pid target; // Call: who was asked
    std::exception_ptr error; // thrown by tryMatch()

    /// True when the wait is over before it began (await_ready).
    [[nodiscard]] bool begin();
    /// Hands the process back to its scheduler (await_suspend).
    void suspend(std::coroutine_handle<> leaf) noexcept;
    /// Rethrows what tryMatch() threw.
    void finish() {
        if (error) [[unlikely]]
            std::rethrow_exception(std::exchange(error, nullptr));
    }
    /// Narrows to messages with this tag; more than kTagsMax means any.
    void addTag(std::uint16_t tag) noexcept {
        if (tagCount < kTagsMax)
            tags[tagCount] = tag;
        ++tagCount;
    }

protected:
    ~Waiter() = default;

private:
    [[nodiscard]] bool beginSlowly(runtime::Worker& worker, runtime::Slot& process);
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
