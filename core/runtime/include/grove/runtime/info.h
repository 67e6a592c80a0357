#pragma once

#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace grove {

class Runtime;

enum class ProcessStatus : std::uint8_t {
    Free,     // no process
    Runnable, // has something to do and waits for a scheduler
    Running,
    Holding, // running, and holds its scheduler: RuntimeOptions::holdLimit
    Waiting,
    Suspended,
    Blocked,  // in blocking work
    Exiting,  // its code runs no more; see `blockedExit`
    External, // a thread that is no process's
};

/// What everyone may read of a process at any time, without a message, a lock or an allocation.
/// Texts live as long as the program. A row is consistent in who it is about; its numbers were each
/// true at some moment of the reading.
struct ProcessRow {
    Pid pid;
    ProcessStatus status = ProcessStatus::Free;
    Priority priority = Priority::Normal;
    bool ownThread = false;
    bool hosted = false; // on a thread of somebody else's
    bool trapExit = false;
    bool blockedExit = false; // Exiting, and waits for blocking work to return
    bool hibernates = false;  // waits for a message with as little memory as it can
    std::optional<Atom> name;
    std::optional<Atom> label;
    const char* behaviour = nullptr;   // "GenServer", … or null
    const char* initialCall = nullptr; // the function it started with
    std::source_location waitsAt;      // its latest co_await
    Pid parent;
    Pid groupLeader; // of the spawner unless set; none: nobody has set one
    Pid waitsFor;    // the server of the call it waits for, or whose start
    std::uint32_t mailboxLength = 0;
    std::uint64_t received = 0; // messages taken out of the mailbox
    std::uint64_t sent = 0;
    std::uint64_t reductions = 0;
    std::uint64_t memoryBytes = 0; // slot, frames, queued envelopes
    Duration runTime{};            // sampled
    Duration oldestMessageAge{};   // of the messages waiting
    Instant spawnedAt{};
    std::uint32_t restarts = 0;
};

/// A place in the program where a coroutine waits.
struct AwaitFrame {
    std::source_location function; // the coroutine
    std::source_location at;       // its co_await
};

/// What a process says about itself when asked.
struct ProcessInfo {
    ProcessRow row;
    std::vector<Pid> links;
    struct Monitor {
        Ref ref;
        Pid pid;
        std::optional<Atom> name; // when it was asked for by name
    };
    std::vector<Monitor> monitors;
    std::vector<Pid> monitoredBy;
    std::vector<std::pair<Term, Term>> dictionary;
    std::vector<Pid> ancestors;         // nearest first
    std::vector<AwaitFrame> awaitChain; // innermost first
    std::uint32_t suspendCount = 0;
    std::vector<std::pair<Pid, std::uint32_t>> suspending; // whom it has suspended, and how often
    MailboxLimit mailboxLimit;
    std::uint64_t messagesDropped = 0; // because of that
};

/// A stretch of a mailbox: messages [first, first + messages.size()) in order of arrival.
struct MailboxPage {
    struct Entry {
        MessageKind kind = MessageKind::Plain;
        Pid sender;
        Term term;
        Duration age{};
    };
    std::uint64_t first = 0;
    std::uint64_t length = 0; // of the whole mailbox
    std::vector<Entry> messages;
};

/// The process did not come round to answering within the asker's limit; its counters say why.
struct Busy {
    ProcessRow row;
};
/// There is no such process.
struct NoProcess {};

/// What can be asked of a process and comes with its answer.
template <class T> using Answered = std::variant<T, Busy, NoProcess>;

/// How much of a runtime's schedulers is in use.
struct SchedulerRow {
    unsigned number = 0;
    bool isHeld = false; // a callback holds it; a spare runs its queue
    bool isAsleep = false;
    std::uint32_t queueLength = 0;
    std::uint64_t dispatches = 0;
    std::uint64_t steals = 0;
};

struct RuntimeCounters {
    std::uint64_t processes = 0; // alive now
    std::uint64_t spawned = 0;   // ever
    std::uint64_t exited = 0;
    std::uint64_t eventsDropped = 0;
    std::uint64_t holds = 0;     // callbacks that held a scheduler: RuntimeOptions::holdLimit
    std::uint32_t slotsUsed = 0; // slots that ever held a process: the range for rows()
    unsigned schedulers = 0;
    unsigned spares = 0;
};

namespace detail {

struct Inquiry; // private

/// Asks a process through its signal queue and waits.
class InquiryAwaiter : public CallWaiter {
public:
    enum class What : std::uint8_t { Info, Mailbox, Alive, Items };
    InquiryAwaiter(Pid about, What what, Duration wanted, std::uint64_t first = 0,
                   std::size_t count = 0);
    bool tryMatch(Message& message) override;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }

protected:
    ~InquiryAwaiter();
    [[nodiscard]] Answered<ProcessInfo> takeInfo();
    [[nodiscard]] Answered<MailboxPage> takePage();
    [[nodiscard]] bool takeAlive();
    [[nodiscard]] Answered<Term> takeItems();
    void ask(std::vector<Atom> items);

private:
    Pid m_about;
    Duration m_limit;
    Inquiry* m_inquiry; // shared with the signal; counted
    bool m_answered = false;
};

struct InfoAwaiter final : InquiryAwaiter {
    using InquiryAwaiter::InquiryAwaiter;
    Answered<ProcessInfo> await_resume() { return takeInfo(); }
};
struct PageAwaiter final : InquiryAwaiter {
    using InquiryAwaiter::InquiryAwaiter;
    Answered<MailboxPage> await_resume() { return takePage(); }
};
struct ItemsAwaiter final : InquiryAwaiter {
    ItemsAwaiter(Pid about, std::vector<Atom> items, Duration wanted)
        : InquiryAwaiter(about, What::Items, wanted) {
        ask(std::move(items));
    }
    Answered<Term> await_resume() { return takeItems(); }
};
struct AliveAwaiter final : InquiryAwaiter {
    using InquiryAwaiter::InquiryAwaiter;
    bool await_resume() { return takeAlive(); }
};

} // namespace detail

inline constexpr Duration kInquiryLimit = std::chrono::milliseconds(500);

/// `co_await processInfo(pid)`. In order with other signals to it; runs none of its code.
[[nodiscard]] inline detail::InfoAwaiter processInfo(Pid pid, Duration limit = kInquiryLimit) {
    return {pid, detail::InquiryAwaiter::What::Info, limit};
}
/// `co_await mailboxPage(pid, 0, 100)`.
[[nodiscard]] inline detail::PageAwaiter
mailboxPage(Pid pid, std::uint64_t first, std::size_t count, Duration limit = kInquiryLimit) {
    return {pid, detail::InquiryAwaiter::What::Mailbox, limit, first, count};
}
/// `co_await processInfoItems(pid, {"links"_atom, "messages"_atom})`: the list `[{Item, Value}]` in
/// the order asked, as OTP's process_info/2 gives it. Knows what isProcessInfoItem() says; raises
/// error(badarg) for others.
[[nodiscard]] inline detail::ItemsAwaiter processInfoItems(Pid pid, std::vector<Atom> items,
                                                           Duration limit = kInquiryLimit) {
    return {pid, std::move(items), limit};
}
/// Of OTP's: current_function, dictionary, group_leader, initial_call, label, links, memory,
/// message_queue_len, messages, monitored_by, monitors, parent, priority, reductions,
/// registered_name, status, suspending, trap_exit.
[[nodiscard]] bool isProcessInfoItem(Atom item) noexcept;
/// `co_await isAlive(pid)`: false once an exit signal sent before by this process has ended it.
[[nodiscard]] inline detail::AliveAwaiter isAlive(Pid pid) {
    return {pid, detail::InquiryAwaiter::What::Alive, kInfinity};
}

// Without asking: see Runtime::peek…() for threads that run no process.

/// The row of a process of the running process's runtime; nothing when it has ended.
[[nodiscard]] std::optional<ProcessRow> peekRow(Pid pid) noexcept;

} // namespace grove
