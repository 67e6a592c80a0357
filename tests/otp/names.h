#pragma once

#include "children.h"

#include <grove/otp/registry.h>

/// The registry `names` and processes that register in it.
namespace grove::test {

inline const Atom kNames = atom("names");

/// Starts the registry `names`, linked to the test, which traps exits.
inline Task<Pid> startNames(otp::RegistryOptions options = {}) {
    setTrapExit(TrapExit::Yes);
    const otp::StartResult started =
        co_await otp::startLink(otp::registry("names", std::move(options)));
    check(started.isOk());
    co_return started.pid();
}

/// Registers itself under `key` with `value`, tells so, and waits for ever.
inline Task<> holds(Pid listener, Term key, Term value) {
    const std::optional<Pid> holder = otp::Registry::registerName(kNames, key, value);
    send(listener, tuple(atom("holds"), holder ? Term(*holder) : Term(atoms::ok), self()));
    co_await idle();
}
/// Returns: the process that now holds the key.
inline Task<Pid> holderOf(Term key, Term value = atoms::nil) {
    const Pid holder = spawn(holds, self(), std::move(key), std::move(value));
    checkEqual(co_await nextMessage(), tuple(atom("holds"), atoms::ok, holder));
    co_return holder;
}

inline Term entryTerm(const otp::Registry::Entry& entry) {
    return tuple(entry.pid, entry.value);
}
inline Term lookedUp(Term key) {
    std::vector<Term> entries;
    for (const otp::Registry::Entry& entry : otp::Registry::lookup(kNames, key))
        entries.push_back(entryTerm(entry));
    return listFrom(entries);
}

} // namespace grove::test
