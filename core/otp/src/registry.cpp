#include "registry_table.h"

#include <grove/otp/registry.h>
#include <grove/otp/task.h>
#include <grove/runtime/exit_hook.h>
#include <grove/runtime/runtime.h>
#include <grove/runtime/worker_cache.h>

namespace grove::otp {

namespace {

/// Gives back a registered process's entries when it ends, before anybody hears of it. One for each
/// registry in which it has entries.
class EntriesHook final : public ExitHook {
public:
    explicit EntriesHook(std::shared_ptr<const RegistryTable> table) : m_table(std::move(table)) {}
    void released(Runtime&, Pid pid, const Term&) noexcept override {
        m_table->removeAll(pid);
        delete this;
    }

private:
    std::shared_ptr<const RegistryTable> m_table;
};

[[noreturn]] void raiseUnknown(Atom registry) {
    grove::error(tuple(atoms::badarg, Term("unknown registry: " + std::string(registry.name()))));
}

} // namespace

std::shared_ptr<const RegistryTable> findRegistry(Runtime& runtime, Atom registry) {
    const std::shared_ptr<RegistryHome> home = NamedTables<RegistryHome>::find(runtime, registry);
    return home ? home->table() : nullptr;
}

const RegistryTable* peekRegistry(Runtime& runtime, Atom registry,
                                  std::shared_ptr<const RegistryTable>& held) {
    const std::uint64_t key = registry.index();
    WorkerCache* const cache = workerCache(runtime, key);
    if (cache != nullptr && cache->has(key))
        return static_cast<const RegistryTable*>(cache->object.get());
    held =
        WorkerCache::findAnew(cache, key, extension<NamedTables<RegistryHome>>(runtime).version(),
                              [&] { return findRegistry(runtime, registry); });
    return held.get();
}

std::shared_ptr<const RegistryTable> registryTable(Atom registry) {
    std::shared_ptr<const RegistryTable> table = findRegistry(Runtime::current(), registry);
    if (!table)
        raiseUnknown(registry);
    return table;
}

void leaveRegistry(const RegistryPartition& partition) {
    unlink(partition.owner);
    if (const std::optional<Term> kept = dictionaryErase(partition.hookKey)) {
        auto* hook = reinterpret_cast<EntriesHook*>(*kept->asUint());
        if (removeExitHook(*hook))
            delete hook;
    }
}

void tellListeners(const RegistryHome& home, const Term& event) {
    for (const Atom listener : home.options.listeners)
        grove::send(listener, Payload(event));
}

std::optional<Pid> Registry::registerName(Atom registry, Term key, Term value) {
    const std::shared_ptr<const RegistryTable> table = registryTable(registry);
    RegistryPartition& mine = table->ofProcess(self());
    if (!mine.owner)
        raiseUnknown(registry);
    link(mine.owner); // before the entry: a registry that ends takes along whom it lists
    const std::optional<Pid> holder =
        table->ofKey(key, self()).addEntry(table->home->options.keys, self(), key, value);
    if (holder) {
        if (mine.keysOf(self()).empty())
            unlink(mine.owner);
        return holder;
    }
    if (mine.addKey(self(), key)) {
        auto* hook = new EntriesHook(table); // deletes itself, or leaveRegistry() does
        addExitHook(*hook);
        // Needed again only when its last key goes.
        dictionaryPut(mine.hookKey, Term(reinterpret_cast<std::uintptr_t>(hook)));
    }
    tellListeners(*table->home, tuple(atom("register"), registry, key, self(), value));
    return std::nullopt;
}

void Registry::unregister(Atom registry, const Term& key) {
    const std::shared_ptr<const RegistryTable> table = registryTable(registry);
    table->ofKey(key, self()).removeEntries(self(), key);
    RegistryPartition& mine = table->ofProcess(self());
    if (mine.removeKey(self(), key))
        leaveRegistry(mine);
    tellListeners(*table->home, tuple(atom("unregister"), registry, key, self()));
}

std::vector<Registry::Entry> Registry::lookup(Atom registry, const Term& key) {
    std::shared_ptr<const RegistryTable> held;
    const RegistryTable* const table = peekRegistry(Runtime::current(), registry, held);
    if (table == nullptr)
        raiseUnknown(registry);
    return table->lookup(key);
}

std::vector<Registry::Entry> Registry::lookup(Runtime& runtime, Atom registry, const Term& key) {
    std::shared_ptr<const RegistryTable> held;
    const RegistryTable* const table = peekRegistry(runtime, registry, held);
    return table != nullptr ? table->lookup(key) : std::vector<Entry>();
}

std::optional<Pid> Registry::whereis(Atom registry, const Term& key) {
    return whereis(Runtime::current(), registry, key);
}

std::optional<Pid> Registry::whereis(Runtime& runtime, Atom registry, const Term& key) {
    std::shared_ptr<const RegistryTable> held;
    const RegistryTable* const table = peekRegistry(runtime, registry, held);
    return table != nullptr && table->home->options.keys == Keys::Unique
               ? table->partitionsOf(key).front()->entries().holder(key)
               : std::nullopt;
}

std::vector<Term> Registry::keys(Atom registry, Pid pid) {
    return registryTable(registry)->ofProcess(pid).keysOf(pid);
}

std::vector<Term> Registry::values(Atom registry, const Term& key, Pid pid) {
    std::vector<Term> values;
    for (Entry& entry : registryTable(registry)->lookup(key))
        if (entry.pid == pid)
            values.push_back(std::move(entry.value));
    return values;
}

std::size_t Registry::count(Atom registry) {
    std::size_t count = 0;
    for (const auto& partition : registryTable(registry)->partitions)
        count += partition->entries().count();
    return count;
}

std::optional<std::pair<Term, Term>>
Registry::updateValue(Atom registry, const Term& key,
                      const std::function<Term(const Term&)>& change) {
    const std::shared_ptr<const RegistryTable> table = registryTable(registry);
    if (table->home->options.keys != Keys::Unique)
        grove::error(tuple(atoms::badarg, Term("values are updated in unique registries only")));
    const std::vector<Entry> entries = table->lookup(key);
    if (entries.empty() || entries.front().pid != self())
        return std::nullopt;
    const Term& old = entries.front().value;
    Term changed = change(old);
    table->ofKey(key, self()).setValue(self(), key, changed);
    return std::pair(std::move(changed), old);
}

// -- dispatch -------------------------------------------------------------------------------------

namespace {

using Dispatched = std::function<void(const std::vector<Registry::Entry>&)>;

std::vector<std::vector<Registry::Entry>> entriesByPartition(Atom registry, const Term& key) {
    std::vector<std::vector<Registry::Entry>> all;
    const std::shared_ptr<const RegistryTable> table = registryTable(registry);
    for (const auto& partition : table->partitionsOf(key)) {
        std::vector<Registry::Entry> entries;
        partition->entries().appendTo(entries, key);
        if (!entries.empty())
            all.push_back(std::move(entries));
    }
    return all;
}

grove::Task<> dispatchIn(Dispatched each, std::vector<Registry::Entry> entries) {
    each(entries);
    co_return;
}

grove::Task<> dispatchByTasks(Dispatched each, std::vector<std::vector<Registry::Entry>> parts) {
    std::vector<AsyncTask<void>> tasks;
    for (std::vector<Registry::Entry>& entries : parts)
        tasks.push_back(otp::Task::async(dispatchIn, each, std::move(entries)));
    for (AsyncTask<void>& task : tasks)
        co_await task.await(kInfinity);
}

} // namespace

void Registry::dispatch(Atom registry, const Term& key, const Dispatched& each) {
    for (const std::vector<Entry>& entries : entriesByPartition(registry, key))
        each(entries);
}

grove::Task<> Registry::dispatch(Atom registry, Term key, Dispatched each, Parallel parallel) {
    if (parallel == Parallel::Yes && registryTable(registry)->partitionsOf(key).size() > 1)
        co_await dispatchByTasks(each, entriesByPartition(registry, key));
    else
        dispatch(registry, key, each);
}

void Registry::putMeta(Atom registry, Term key, Term value) {
    registryTable(registry)->home->putMeta(std::move(key), std::move(value));
}

std::optional<Term> Registry::meta(Atom registry, const Term& key) {
    return registryTable(registry)->home->meta(key);
}

} // namespace grove::otp
