#pragma once
// Processes that know where they come from, and whose start is waited for; for rooms above.

#include <grove/runtime/call.h>
#include <grove/runtime/process.h>

#include <utility>
#include <vector>

namespace grove {

/// What a process remembers beside its code, see dictionaryPut().
using Dictionary = std::vector<std::pair<Term, Term>>;

namespace detail {

/// `$ancestors`, `$initial_call`.
[[nodiscard]] Atom ancestorsKey();
[[nodiscard]] Atom initialCallKey();

/// As spawnOpt(), but the process's dictionary begins with `$ancestors`, the spawner's name or pid
/// and then its own, and with `$initial_call`, an atom. Requires: on a thread that runs a process.
[[nodiscard]] Spawned spawnDescendant(Task<> task, const SpawnOptions& options);

/// Spawns such a process and waits until it calls answerStart() with this reference, or has ended:
/// a call whose message is the process. `co_await` gives the outcome; after the limit the process
/// goes on, and its answer never arrives. Nothing of it passes through the mailbox.
class StartAwaiter final : public CallWaiter {
public:
    StartAwaiter(Ref start, Task<> body, const SpawnOptions& options, Duration limit);
    ~StartAwaiter() = default;

    bool tryMatch(Message& message) override;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> leaf) noexcept { suspend(leaf); }
    CallResult await_resume();

    /// What await_ready() has spawned.
    [[nodiscard]] const Spawned& spawned() const noexcept { return m_spawned; }

private:
    Task<> m_body;
    const SpawnOptions& m_options; // borrowed until it is awaited
    Duration m_limit;
    Spawned m_spawned;
    CallResult m_result;
};

/// Answers the `starter` of the running process, the first time; gives back what only the start
/// needed.
void answerStart(Pid starter, Ref start, Payload answer);

} // namespace detail
} // namespace grove
