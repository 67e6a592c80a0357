// Where a process of OTP comes from: its dictionary tells, mostly without being made.

#include "core.h"

#include <grove/runtime/spawn_dictionary.h>
#include <grove/term/assert.h>

#include <algorithm>
#include <string_view>

namespace grove::runtime {

using grove::detail::ancestorsKey;
using grove::detail::initialCallKey;

namespace {

Term initialCallOf(const ColdSlot& cold) {
    const char* const name = cold.initialCall.load(std::memory_order_relaxed);
    return atom(std::string_view(name).substr(0, Atom::kCharactersMax));
}

std::optional<Term> findIn(const Dictionary& dictionary, const Term& key) {
    const auto found = std::ranges::find_if(
        dictionary, [&](const auto& entry) { return equalsExact(entry.first, key); });
    return found == dictionary.end() ? std::nullopt : std::optional(found->second);
}

bool isOfOrigin(const Term& key) {
    return key.isAtom(ancestorsKey()) || key.isAtom(initialCallKey());
}

} // namespace

Dictionary Core::dictionaryOf(const Slot& process) const {
    Dictionary dictionary;
    if (const Term* ancestors = process.findAncestors()) {
        dictionary.emplace_back(ancestorsKey(), *ancestors);
        dictionary.emplace_back(initialCallKey(), initialCallOf(coldOf(process)));
    }
    if (const Extras* extras = process.findExtras(); extras != nullptr && extras->dictionary)
        dictionary.insert(dictionary.end(), extras->dictionary->begin(), extras->dictionary->end());
    return dictionary;
}

void Core::beginWith(Slot& process, Term ancestors) {
    if (!process.hasAny(kHosted | kOwnThread))
        process.setAncestors(std::move(ancestors));
    else
        process.ensureExtras().ensureDictionary() = {
            {ancestorsKey(), std::move(ancestors)},
            {initialCallKey(), initialCallOf(coldOf(process))}};
}

void Core::writeOrigin(Slot& process) {
    if (process.findAncestors() == nullptr)
        return;
    Dictionary whole = dictionaryOf(process);
    process.ensureExtras().ensureDictionary() = std::move(whole);
    process.dropAncestors();
}

std::optional<Term> Core::lookUp(const Slot& process, const Term& key) const {
    if (const Term* ancestors = process.findAncestors(); ancestors != nullptr && isOfOrigin(key))
        return key.isAtom(ancestorsKey()) ? *ancestors : initialCallOf(coldOf(process));
    const Extras* const extras = process.findExtras();
    return extras == nullptr || !extras->dictionary ? std::nullopt
                                                    : findIn(*extras->dictionary, key);
}

Dictionary& Core::dictionaryToChange(Slot& process, const Term& key) {
    Extras& extras = process.ensureExtras();
    if (isOfOrigin(key)) {
        writeOrigin(process);
        extras.childrensAncestors = Term();
    }
    return extras.ensureDictionary();
}

Term Core::ancestorsOfChild(Slot& parent) {
    const auto name = NameTable::nameIn(coldOf(parent).nameWord.load(std::memory_order_relaxed));
    Term nearest = name ? Term(*name) : Term(pidOf(parent));
    Term& latest = parent.ensureExtras().childrensAncestors; // siblings share the list
    if (latest.isNone() || !equalsExact(latest.head(), nearest))
        latest = cons(std::move(nearest), lookUp(parent, ancestorsKey()).value_or(Term::nil()));
    return latest;
}

} // namespace grove::runtime

namespace grove {

using runtime::Core;
using runtime::Extras;
using runtime::hereWorker;
using runtime::Slot;
using runtime::Worker;

std::optional<Term> dictionaryPut(Term key, Term value) {
    Worker& worker = hereWorker();
    auto& dictionary = worker.core.dictionaryToChange(*worker.current, key);
    const auto found = std::ranges::find_if(
        dictionary, [&](const auto& entry) { return equalsExact(entry.first, key); });
    if (found != dictionary.end())
        return std::exchange(found->second, std::move(value));
    dictionary.emplace_back(std::move(key), std::move(value));
    return std::nullopt;
}

std::optional<Term> dictionaryGet(const Term& key) noexcept {
    const Worker& worker = hereWorker();
    return worker.core.lookUp(*worker.current, key);
}

std::optional<Term> dictionaryErase(const Term& key) noexcept {
    Worker& worker = hereWorker();
    std::optional<Term> old = worker.core.lookUp(*worker.current, key);
    if (old)
        std::erase_if(worker.core.dictionaryToChange(*worker.current, key),
                      [&](const auto& entry) { return equalsExact(entry.first, key); });
    return old;
}

void setInitialCall(const char* initialCall) noexcept {
    Worker& worker = hereWorker();
    worker.core.writeOrigin(*worker.current); // `$initial_call` stays what it was
    worker.core.coldOf(*worker.current).initialCall.store(initialCall, std::memory_order_relaxed);
}

namespace detail {

Atom ancestorsKey() {
    static const Atom key = atom("$ancestors");
    return key;
}

Atom initialCallKey() {
    static const Atom key = atom("$initial_call");
    return key;
}

Spawned spawnDescendant(Task<> task, const SpawnOptions& options) {
    Worker& worker = hereWorker();
    const runtime::Descent descent{.ancestors = worker.core.ancestorsOfChild(*worker.current)};
    return worker.core.spawn(&worker, worker.current, std::move(task), options, &descent);
}

StartAwaiter::StartAwaiter(Ref start, Task<> body, const SpawnOptions& options, Duration limit)
    : m_body(std::move(body)), m_options(options), m_limit(checkedLimit(limit)) {
    ref = start;
}

bool StartAwaiter::await_ready() {
    Worker& worker = hereWorker();
    const runtime::Descent descent{.ancestors = worker.core.ancestorsOfChild(*worker.current),
                                   .start = ref};
    m_spawned = worker.core.spawn(&worker, worker.current, std::move(m_body), m_options, &descent);
    target = m_spawned.pid;
    hasScanned = true; // nothing in the mailbox can be the answer
    worker.current->waitsFor.store(target.raw(), std::memory_order_relaxed);
    return begin(m_limit);
}

bool StartAwaiter::tryMatch(Message& message) {
    m_result = message.kind() == MessageKind::Down
                   ? CallResult::down(std::move(message).takeDown().reason)
                   : CallResult(std::move(message).takePayload());
    isOver = true;
    return true;
}

CallResult StartAwaiter::await_resume() {
    Worker& worker = hereWorker();
    worker.current->waitsFor.store(0, std::memory_order_relaxed);
    if (timedOut && !isOver) {
        worker.core.post(target, runtime::Signal::Demonitor,
                         Message(MessageKind::Plain, {}, self(), ref));
    }
    return std::move(m_result);
}

void answerStart(Pid starter, Ref start, Payload answer) {
    reply(From{.caller = starter, .ref = start, .server = self()}, std::move(answer));
    Slot& process = *hereWorker().current;
    if (const Extras* extras = process.findExtras(); extras != nullptr && extras->isUnused())
        delete process.extras.exchange(nullptr, std::memory_order_relaxed);
}

} // namespace detail
} // namespace grove
