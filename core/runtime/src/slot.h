#pragma once

#include "envelope.h"
#include "flat_table.h"
#include "inbox.h"
#include "seldom.h"
#include "skipped.h"

#include <grove/runtime/exit_hook.h>
#include <grove/runtime/info.h>
#include <grove/runtime/process.h>
#include <grove/runtime/spawn_dictionary.h>
#include <grove/runtime/waiter.h>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <source_location>
#include <utility>
#include <vector>

namespace grove::runtime {

class Host;
struct Timer;

using Inbox = BasicInbox<Envelope, StdAtomics>;

/// A link to another process.
struct Link {
    /// Let go by stopLinked(), until the peer's end is known: it may have ended before, and then
    /// its exit signal still counts.
    static constexpr std::uint64_t kStopped = ~std::uint64_t{0};

    std::uint64_t unlinkId = 0; // not 0: unlinked, until the peer has acknowledged this id
};
/// A process or name watched by this one.
struct Watching {
    Pid target;
    Atom name; // when it was named
    bool byName : 1 = false;
    bool isRequest : 1 = false;   // sendRequest(): a Reply with this reference is welcome
    bool isSuspender : 1 = false; // its end is no message: what it suspended goes on
    bool isSpecial : 1 = false;   // has a tag or is an alias: see Seldom
    bool isStop : 1 = false;      // stopLinked(): with its end ends what is left of the link
    std::uint64_t mark = 0;       // skipped messages from before the reference was made end here
};
/// Somebody who hears of this process's death.
struct Watcher {
    Pid watcher;
    bool isCall = false; // made by a call; ends with the reply
};

/// What was taken out of an inbox at once and is too much for one step: first it is turned round,
/// oldest first, then it goes to the mailbox in order. See Core::fetch().
struct Arriving {
    Envelope* newest = nullptr; // not yet turned round
    Envelope* oldest = nullptr; // turned round
    std::uint64_t messages = 0; // among those; of a limited mailbox those not yet taken in
    std::uint32_t counted = 0;  // messages already counted in the mailbox's length
    [[nodiscard]] bool isAny() const noexcept { return newest != nullptr || oldest != nullptr; }
};

/// How far a death has come; see Core::continueDeath().
enum class DeathStage : std::uint8_t { Alive, Frames, Releases, Links, Watchers, Mailbox, Close };

/// What only some processes need. Touched by the owner of the process only.
struct Extras {
    static void* operator new(std::size_t size) { return allocate(size); }
    static void operator delete(void* block, std::size_t size) noexcept { release(block, size); }

    FlatTable<Link> links;        // by pid
    FlatTable<Watching> watching; // by reference
    FlatTable<Watcher> watchers;  // by reference
    SkippedMessages skipped;
    std::unique_ptr<Dictionary> dictionary; // without what Slot::findAncestors() stands for
    Term childrensAncestors;                // `$ancestors` of its latest child
    Term exitReason;                        // once doomed or dying
    ExitHook* exitHooks = nullptr;          // the latest first
    Ref deadlineTimer;              // the one timer of its receives and calls; none: not armed
    Instant deadlineAt = kNever;    // when that comes up
    std::uint32_t suspendCount = 0; // by suspenders and from outside
    DeathStage death = DeathStage::Alive;
    bool stopRequested = false; // of blocking work
    Arriving arriving;
    std::unique_ptr<Seldom> seldom;

    [[nodiscard]] Dictionary& ensureDictionary() {
        if (!dictionary)
            dictionary = std::make_unique<Dictionary>();
        return *dictionary;
    }
    [[nodiscard]] bool isUnused() const noexcept;
    [[nodiscard]] Seldom& ensureSeldom() {
        if (!seldom)
            seldom = std::make_unique<Seldom>();
        return *seldom;
    }
    void putMark(Ref ref, std::uint64_t number) noexcept { ensureSeldom().putMark(ref, number); }
};
static_assert(sizeof(Extras) <= 256, "whoever is linked, monitored or called has them");

/// Flags of a process; written by its owner, read by anyone.
enum Flag : std::uint8_t {
    kTrapsExit = 1,
    kOwnThread = 2,
    kHosted = 4,
    kObserved = 8,
    kInBlocking = 16, // between the start of blocking work and BlockDone
    kExternal = 32,
    kLimited = 64, // has a MailboxLimit
    kHibernates = 128,
};

/// What stands in the way of a process that would run or wait; none as a rule.
enum Care : std::uint8_t {
    kDoomed = 1,    // an exit signal has hit it, or it dies; never taken back
    kSuspended = 2, // Extras::suspendCount is not 0
    kArrives = 4,   // Extras::arriving is not empty
};

/// A process: 128 bytes, type-stable, one line for those who send and one for who runs it.
///
/// Who may touch what: see BasicInbox; everything that is not atomic belongs to the owner. The
/// atomics besides the inbox are counters and facts for observers, each written by the owner alone
/// (relaxed; they publish nothing), except where said.
struct alignas(128) Slot {
    // -- line 0: senders, and what seldom changes --
    Inbox inbox;
    std::atomic<std::int32_t> overflow{
        0}; // wraps of the inbox's count; senders add, the owner takes
    std::uint32_t generation = 0;
    std::uint32_t runNext =
        0; // index + 1 in a RunStack; belongs to who has the process to schedule
    std::atomic<std::uint32_t> oldestStampMs{0}; // of the oldest message that waits; 0: none known
    std::atomic<std::uint64_t> reductions{0};    // written once a turn
    std::atomic<std::uint64_t> waitPoint{0};     // a std::source_location as a word
    union {
        Host* host = nullptr; // of one with an own thread, hosted or external; see findHost()
        Term ancestors;       // of any other, where `hasAncestors` says so
        std::uint64_t parentsMonitor; // the spawner's, of one without both; see hasRoomForMonitor()
    };
    grove::detail::Waiter* waiter = nullptr;
    std::atomic<std::uint64_t> waitsFor{0}; // pid of the server of the call it waits in

    // -- line 1: who runs it --
    alignas(64) std::coroutine_handle<> resume;
    Envelope* freshHead = nullptr; // fetched, not yet offered to a receive
    Envelope* freshTail = nullptr;
    // Handled, but still the inbox's only envelope. A call stays Signal::Call until it has been
    // answered, or stands among the watchers.
    Envelope* inHand = nullptr;
    std::atomic<std::uint32_t> privateLength{0}; // fresh and skipped messages
    std::atomic<ProcessStatus> status{ProcessStatus::Free};
    std::atomic<std::uint8_t> flags{0};
    std::atomic<Priority> priority{Priority::Normal};
    // The owner's: nobody else reads them.
    std::uint8_t care : 3 = 0;          // of Care: what is asked before it runs and before it waits
    bool isLinkedToParent : 1 = false;  // to ColdSlot::parent, who is not among Extras::links
    bool hasAncestors : 1 = false;      // see findAncestors()
    bool isWatchedByParent : 1 = false; // by `parentsMonitor`, not among Extras::watchers
    // Asked for by each receive: on the senders' line it would cost both sides a miss a message.
    std::atomic<Extras*> extras{nullptr};
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> received{0};

    [[nodiscard]] bool has(Flag flag) const noexcept {
        return (flags.load(std::memory_order_relaxed) & flag) != 0;
    }
    [[nodiscard]] bool hasAny(unsigned some) const noexcept {
        return (flags.load(std::memory_order_relaxed) & some) != 0;
    }
    void set(Flag flag, bool on) noexcept {
        const std::uint8_t old = flags.load(std::memory_order_relaxed);
        flags.store(static_cast<std::uint8_t>(on ? old | flag : old & ~flag),
                    std::memory_order_relaxed);
    }
    /// release: an observer that reads it (acquire) sees what the process began with.
    void setStatus(ProcessStatus to) noexcept { status.store(to, std::memory_order_release); }
    [[nodiscard]] ProcessStatus statusNow() const noexcept {
        return status.load(std::memory_order_relaxed);
    }
    [[nodiscard]] Extras* findExtras() const noexcept {
        return extras.load(std::memory_order_relaxed);
    }
    Slot() noexcept {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { dropAncestors(); }

    /// Where it runs; null: on the schedulers.
    [[nodiscard]] Host* findHost() const noexcept {
        return hasAny(kOwnThread | kHosted | kExternal) ? host : nullptr;
    }
    /// `$ancestors` of a process that began with them; null when there are none or they have moved
    /// to the dictionary. With them goes `$initial_call`, which ColdSlot::initialCall says.
    [[nodiscard]] const Term* findAncestors() const noexcept {
        return hasAncestors ? &ancestors : nullptr;
    }
    void setAncestors(Term list) noexcept {
        ::new (&ancestors) Term(std::move(list));
        hasAncestors = true;
    }
    /// Whether the spawner's monitor may stand here. Requires: host and ancestors are there.
    [[nodiscard]] bool hasRoomForMonitor() const noexcept {
        return !hasAncestors && !hasAny(kOwnThread | kHosted | kExternal);
    }
    /// Takes the spawner's monitor out. Returns: its reference; none: there is no such.
    Ref takeParentsMonitor() noexcept {
        if (!isWatchedByParent)
            return {};
        isWatchedByParent = false;
        return Ref::fromRaw(std::exchange(parentsMonitor, 0));
    }
    void dropAncestors() noexcept {
        if (hasAncestors) {
            ancestors.~Term();
            host = nullptr;
            hasAncestors = false;
        }
    }
    /// Null unless it waits for an answer.
    [[nodiscard]] grove::detail::CallWaiter* callWaiter() const noexcept {
        return waiter != nullptr && waiter->kind == grove::detail::WaitKind::Call
                   ? static_cast<grove::detail::CallWaiter*>(waiter)
                   : nullptr;
    }
    [[nodiscard]] bool isDoomed() const noexcept { return (care & kDoomed) != 0; }
    [[nodiscard]] bool isSuspended() const noexcept { return (care & kSuspended) != 0; }
    /// More has come than the latest Core::fetch() could take in.
    [[nodiscard]] bool hasArriving() const noexcept { return (care & kArrives) != 0; }
    void takeCare(Care of, bool on = true) noexcept {
        care = static_cast<std::uint8_t>(on ? care | of : care & ~of);
    }
    Extras& ensureExtras();
    /// Adds to a counter that only the caller writes.
    template <class T> static void add(std::atomic<T>& counter, T by) noexcept {
        counter.store(static_cast<T>(counter.load(std::memory_order_relaxed) + by),
                      std::memory_order_relaxed);
    }
};
static_assert(sizeof(Slot) == 128);

/// What is seldom touched, most of it read by observers. Written by the owner (relaxed), runTimeNs
/// by the watchdog.
struct alignas(64) ColdSlot {
    std::atomic<std::uint64_t> parent{0};
    /// generation:32 | atom:32. Atom kNoName: none; kNameClosed: never again. With the bit
    /// kOutsideHooks there are exit hooks from outside, too. Changed by compare-exchange from any
    /// thread (acq_rel), closed by the owner on death.
    std::atomic<std::uint64_t> nameWord{0};
    std::atomic<std::uint32_t> label{0}; // atom + 1, 0: none; beside it the bits below
    std::atomic<std::uint32_t> restarts{0};
    std::atomic<const char*> behaviour{nullptr};
    std::atomic<const char*> initialCall{nullptr};
    std::coroutine_handle<> root;            // its first frame; for its owner
    std::atomic<std::uint32_t> spawnedMs{0}; // from the runtime's start
    std::atomic<std::uint32_t> frameBytes{0};
    std::atomic<std::uint64_t> runTimeNs{0};

    // In `label`: how the process stands to its parent, see ParentTie.
    static constexpr std::uint32_t kLinkedToParent = 0x8000'0000;
    static constexpr std::uint32_t kToldToEnd = 0x4000'0000;
    static constexpr std::uint32_t kTies = kLinkedToParent | kToldToEnd;
    void setTie(std::uint32_t tie, bool on) noexcept { // by the owner
        const std::uint32_t word = label.load(std::memory_order_relaxed);
        label.store(on ? word | tie : word & ~tie, std::memory_order_relaxed);
    }

    static constexpr std::uint32_t kNoName = 0; // the atom `undefined`
    static constexpr std::uint32_t kNameClosed = 0xFFFF'FFFF;
    static constexpr std::uint32_t kOutsideHooks = 0x4000'0000; // atoms have 20 bits
};
static_assert(sizeof(ColdSlot) == 64);

[[nodiscard]] inline std::uint64_t toWord(std::source_location where) noexcept {
    static_assert(sizeof(where) == sizeof(std::uint64_t));
    return std::bit_cast<std::uint64_t>(where);
}
[[nodiscard]] inline std::source_location fromWord(std::uint64_t word) noexcept {
    return std::bit_cast<std::source_location>(word);
}

} // namespace grove::runtime
