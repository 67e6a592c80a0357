#pragma once

#include "otp/scenarios.h"

#include <grove/ets/ets.h>
#include <grove/term/key_order.h>
#include <grove/term/parse.h>

#include <QTest>

#include <algorithm>

namespace grove::test {

/// A term as Erlang writes it.
inline Term t(std::string_view text) {
    const auto read = parseTerm(text);
    if (!read)
        error(tuple(atom("no_term"), Term(text), Term(read.error().describe())));
    return *read;
}

template <class F> bool isBadarg(F&& call) {
    const auto got = attempt([&] { static_cast<void>(call()); });
    return !got && got.error().errorClass == ErrorClass::Error &&
           got.error().term.isAtom(atoms::badarg);
}
template <class F>
void checkBadarg(F&& call, std::source_location where = std::source_location::current()) {
    check(isBadarg(std::forward<F>(call)), where);
}

/// An unnamed table of the caller's with options as Erlang writes them, and these objects.
inline Term tableOf(std::string_view options, std::string_view objects = "[]") {
    Term table = ets::newTable(atom("t"), t(options));
    ets::insert(table, t(objects));
    return table;
}

/// All objects, sorted: of tables whose order means nothing.
inline Term sorted(const Term& list) {
    std::vector<Term> all;
    for (const Term& each : list.listElements())
        all.push_back(each);
    std::ranges::sort(
        all, [](const Term& a, const Term& b) { return grove::detail::compareKeys(a, b) < 0; });
    return listFrom(all);
}
inline Term contentOf(const Term& table) {
    return sorted(ets::tab2list(table));
}

/// Runs `body` as a process that has ended when this goes on.
template <class F, class... Args> Task<> inAnother(F body, Args... args) {
    const Spawned other = spawnMonitor(body, std::move(args)...);
    const Down down = co_await receive(on<Down>(other.monitor));
    checkEqual(down.reason, atoms::normal);
}

} // namespace grove::test

/// As GROVE_SCENARIOS, and each again on real schedulers.
#define GROVE_SCENARIOS_EVERYWHERE(table)                                                          \
    void scenario_data() {                                                                         \
        ::grove::test::addScenarioRows(table);                                                     \
    }                                                                                              \
    void scenario() {                                                                              \
        QFETCH(int, index);                                                                        \
        GROVE_EVERYWHERE(table[index].body);                                                       \
    }
