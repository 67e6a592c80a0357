#pragma once

#include "support/sim_fixture.h"

#include <vector>

namespace grove::test {

inline constexpr std::size_t kProcesses = 512;
inline constexpr std::size_t kSends = 40;

/// Sends something to each of those it is told about, now and then through a process of its own,
/// and passes on what it hears.
inline Task<> talks(Pid boss) {
    for (;;) {
        const Message message = co_await receive(any());
        const Term term = message.term();
        if (!term.isTuple()) {
            send(boss, "heard"_atom);
            continue;
        }
        int sent = 0;
        for (Term others = term.element(1); others.isCons(); others = others.tail()) {
            const Pid to = others.head().toPid();
            if (++sent % 8 == 0)
                spawn(
                    [](Pid whom) -> Task<> {
                        co_await yield();
                        send(whom, "hello"_atom);
                    },
                    to);
            else
                send(to, "hello"_atom);
        }
    }
}

/// Everybody talks to forty others; everything said is heard, and everybody can be killed.
inline Task<> crowd() {
    std::vector<Spawned> talkers;
    for (std::size_t i = 0; i < kProcesses; ++i)
        talkers.push_back(spawnMonitor(talks, self()));
    for (std::size_t i = 0; i < kProcesses; ++i) {
        std::vector<Term> others;
        for (std::size_t k = 1; k <= kSends; ++k)
            others.emplace_back(talkers[(i * 7 + k * 13) % kProcesses].pid);
        send(talkers[i].pid, tuple("others"_atom, listFrom(others)));
    }
    for (std::size_t i = 0; i < kProcesses * kSends; ++i)
        checkEqual((co_await receive(any())).term(), "heard"_atom);
    for (const Spawned& each : talkers) {
        exit(each.pid, atoms::kill);
        static_cast<void>(co_await receive(on<Down>(each.monitor)));
    }
}

} // namespace grove::test
