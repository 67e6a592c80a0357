#pragma once

#include "support/sim_fixture.h"

#include <QTest>

#include <span>

/// Scenarios as rows: each is a process's body under the number it shows, run under simulation with
/// many seeds.
namespace grove::test {

struct Scenario {
    const char* name; // "G-018 a call gives its reply"
    Task<> (*body)();
};

inline void addScenarioRows(std::span<const Scenario> scenarios) {
    QTest::addColumn<int>("index");
    for (int i = 0; i < static_cast<int>(scenarios.size()); ++i)
        QTest::newRow(scenarios[static_cast<std::size_t>(i)].name) << i;
}

/// The next plain message, within a minute.
inline Task<Term> nextMessage() {
    auto got = co_await receive(any(), after(std::chrono::minutes(1)));
    if (const auto* message = std::get_if<Message>(&got))
        co_return message->term();
    error(atom("no_message"));
}

/// Nothing has come: whoever could have sent something has been asked or waited for before.
inline Task<bool> isSilent() {
    const auto more = co_await receive(any(), after(Duration::zero()));
    co_return more.index() == 1;
}

/// What a task ends with when it is run as attempt(): the term of an exit or error, `none` when it
/// worked.
template <class T> Term caughtTerm(const Attempt<T>& attempted) {
    return attempted ? Term(atoms::none) : attempted.error().term;
}

} // namespace grove::test

#define GROVE_SCENARIOS(table)                                                                     \
    void scenario_data() {                                                                         \
        ::grove::test::addScenarioRows(table);                                                     \
    }                                                                                              \
    void scenario() {                                                                              \
        QFETCH(int, index);                                                                        \
        GROVE_SIMULATED(table[index].body);                                                        \
    }
