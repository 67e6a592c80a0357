#pragma once
// What a LocalNode asks of processes: each request is a short-lived process of its own.

#include "local_state.h"

namespace grove::observe::detail {

using State = std::shared_ptr<LocalState>;

[[nodiscard]] grove::Task<> answerInfo(State state, Pid pid, Duration limit,
                                       Replier<ProcessInfo> reply);
[[nodiscard]] grove::Task<> answerMailbox(State state, Pid pid, std::uint64_t first,
                                          std::size_t count, Duration limit,
                                          Replier<MailboxPage> reply);
[[nodiscard]] grove::Task<> answerState(State state, Pid pid, Duration limit,
                                        Replier<StateView> reply);
[[nodiscard]] grove::Task<> answerOrder(State state, RowQuery query, std::uint64_t number,
                                        Replier<RowOrder> reply);
[[nodiscard]] grove::Task<> answerConsequences(State state, Pid pid, Term reason,
                                               Replier<Consequences> reply);
[[nodiscard]] grove::Task<> sendExit(State state, Pid pid, Term reason, Replier<Outcome> reply);

/// What would happen: asks every process that may be touched for its links.
[[nodiscard]] grove::Task<Consequences> foresee(State state, Pid pid, Term reason);

} // namespace grove::observe::detail
