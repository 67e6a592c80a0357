#include "named_tables.h"

#include <grove/otp/gen_server.h>
#include <grove/otp/registry.h>
#include <grove/runtime/exit_hook.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/runtime.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

namespace grove::otp {

namespace {

struct ExactlyEqual {
    bool operator()(const Term& a, const Term& b) const noexcept { return equalsExact(a, b); }
};

/// The entries of one registry. Shared by its process, the processes registered and whoever reads.
///
/// Threads: any; each member takes the lock for a few steps.
class Table {
public:
    Table(Keys keys, Pid owner) : keys(keys), owner(owner) {}

    const Keys keys;
    const Pid owner;

    /// Returns: who has a unique key already; `isFirst` when the process had no entry before.
    struct Added {
        std::optional<Pid> holder;
        bool isFirst = false;
    };
    Added add(Pid pid, Term key, Term value) {
        const Lock lock(m_mutex);
        std::vector<Registry::Entry>& entries = m_byKey[key];
        if (keys == Keys::Unique && !entries.empty())
            return {.holder = entries.front().pid};
        entries.push_back({pid, std::move(value)});
        std::vector<Term>& owned = m_byPid[pid.raw()];
        owned.push_back(std::move(key));
        ++m_count;
        return {.holder = std::nullopt, .isFirst = owned.size() == 1};
    }
    /// Returns: whether the process has no entry left and had one.
    bool remove(Pid pid, const Term& key) {
        const Lock lock(m_mutex);
        const auto owned = m_byPid.find(pid.raw());
        if (owned == m_byPid.end())
            return false;
        removeEntries(pid, key);
        std::erase_if(owned->second, [&](const Term& each) { return equalsExact(each, key); });
        if (!owned->second.empty())
            return false;
        m_byPid.erase(owned);
        return true;
    }
    void removeAll(Pid pid) {
        const Lock lock(m_mutex);
        const auto owned = m_byPid.find(pid.raw());
        if (owned == m_byPid.end())
            return;
        for (const Term& key : owned->second)
            removeEntries(pid, key);
        m_byPid.erase(owned);
    }
    [[nodiscard]] std::vector<Registry::Entry> lookup(const Term& key) const {
        const Lock lock(m_mutex);
        const auto at = m_byKey.find(key);
        return at == m_byKey.end() ? std::vector<Registry::Entry>() : at->second;
    }
    [[nodiscard]] std::optional<Pid> holder(const Term& key) const {
        const Lock lock(m_mutex);
        const auto at = m_byKey.find(key);
        return at == m_byKey.end() ? std::nullopt : std::optional(at->second.front().pid);
    }
    [[nodiscard]] std::vector<Term> keysOf(Pid pid) const {
        const Lock lock(m_mutex);
        const auto at = m_byPid.find(pid.raw());
        return at == m_byPid.end() ? std::vector<Term>() : at->second;
    }
    [[nodiscard]] std::size_t count() const {
        const Lock lock(m_mutex);
        return m_count;
    }
    /// Requires: the entry is the caller's own, so that nobody else changes it meanwhile.
    void setValue(Pid pid, const Term& key, Term value) {
        const Lock lock(m_mutex);
        const auto at = m_byKey.find(key);
        if (at != m_byKey.end())
            for (Registry::Entry& entry : at->second)
                if (entry.pid == pid)
                    entry.value = value;
    }
    void putMeta(Term key, Term value) {
        const Lock lock(m_mutex);
        m_meta.insert_or_assign(std::move(key), std::move(value));
    }
    [[nodiscard]] std::optional<Term> meta(const Term& key) const {
        const Lock lock(m_mutex);
        const auto at = m_meta.find(key);
        return at == m_meta.end() ? std::nullopt : std::optional(at->second);
    }

private:
    template <class T> using ByTerm = std::unordered_map<Term, T, std::hash<Term>, ExactlyEqual>;

    void removeEntries(Pid pid, const Term& key) GROVE_REQUIRES(m_mutex) {
        const auto at = m_byKey.find(key);
        if (at == m_byKey.end())
            return;
        m_count -= std::erase_if(at->second,
                                 [&](const Registry::Entry& entry) { return entry.pid == pid; });
        if (at->second.empty())
            m_byKey.erase(at);
    }

    mutable Mutex m_mutex;
    ByTerm<std::vector<Registry::Entry>> m_byKey GROVE_GUARDED_BY(m_mutex); // no empty entries
    std::unordered_map<std::uint64_t, std::vector<Term>>
        m_byPid GROVE_GUARDED_BY(m_mutex); // once per entry
    ByTerm<Term> m_meta GROVE_GUARDED_BY(m_mutex);
    std::size_t m_count GROVE_GUARDED_BY(m_mutex) = 0;
};

/// Gives back a registered process's entries when it ends, before anybody hears of it. One for each
/// registry in which it has entries.
class EntriesHook final : public ExitHook {
public:
    explicit EntriesHook(std::shared_ptr<Table> table) : m_table(std::move(table)) {}
    void released(Runtime&, Pid pid, const Term&) noexcept override {
        m_table->removeAll(pid);
        delete this;
    }

private:
    std::shared_ptr<Table> m_table;
};

class RegistryServer final : public GenServer<RegistryServer> {
public:
    static constexpr const char* kBehaviour = "Registry";
    struct State {
        Atom name;
        bool unique = true;
        GROVE_MAP_FIELDS(State, name, unique)
    };

    Init init(Atom name, Keys keys) {
        setTrapExit(TrapExit::Yes);
        m_table = std::make_shared<Table>(keys, self());
        NamedTables<Table>::keep(name, m_table);
        return Init::ok(State{name, keys == Keys::Unique});
    }
    /// The entries of a process are gone before its exit signal is here.
    void handleInfo(Exit) {}

private:
    std::shared_ptr<Table> m_table;
};

std::shared_ptr<Table> findTable(Runtime& runtime, Atom registry) {
    return NamedTables<Table>::find(runtime, registry);
}

/// Raises badarg when there is no such registry.
std::shared_ptr<Table> tableOf(Atom registry) {
    std::shared_ptr<Table> table = findTable(Runtime::current(), registry);
    if (!table)
        grove::error(
            tuple(atoms::badarg, Term("unknown registry: " + std::string(registry.name()))));
    return table;
}

/// The hooks of the calling process, by table, in its dictionary: needed again only when its last
/// key goes.
Term hookKey(const Table& table) {
    return tuple(atom("$registry_hook"), table.owner);
}

} // namespace

grove::Task<StartResult> Registry::startLink(StartOptions start, Keys keys) {
    const Atom* name = start.name.asAtom();
    if (name == nullptr)
        grove::error(tuple(atoms::badarg, Term("a registry needs an atom as its name")));
    const Atom known = *name;
    return RegistryServer::startLink(std::move(start), known, keys);
}

std::optional<Pid> Registry::registerName(Atom registry, Term key, Term value) {
    const std::shared_ptr<Table> table = tableOf(registry);
    link(table->owner); // before the entry: a registry that ends takes along whom it lists
    const Table::Added added = table->add(self(), std::move(key), std::move(value));
    if (added.holder && table->keysOf(self()).empty())
        unlink(table->owner);
    if (added.isFirst) {
        auto* hook = new EntriesHook(table); // deletes itself, or unregister() does
        addExitHook(*hook);
        dictionaryPut(hookKey(*table), Term(reinterpret_cast<std::uintptr_t>(hook)));
    }
    return added.holder;
}

void Registry::unregister(Atom registry, const Term& key) {
    const std::shared_ptr<Table> table = tableOf(registry);
    if (!table->remove(self(), key))
        return;
    unlink(table->owner);
    if (const std::optional<Term> kept = dictionaryErase(hookKey(*table))) {
        auto* hook = reinterpret_cast<EntriesHook*>(*kept->asUint());
        if (removeExitHook(*hook))
            delete hook;
    }
}

std::vector<Registry::Entry> Registry::lookup(Atom registry, const Term& key) {
    return tableOf(registry)->lookup(key);
}

std::vector<Registry::Entry> Registry::lookup(Runtime& runtime, Atom registry, const Term& key) {
    const std::shared_ptr<Table> table = findTable(runtime, registry);
    return table ? table->lookup(key) : std::vector<Entry>();
}

std::optional<Pid> Registry::whereis(Atom registry, const Term& key) {
    return whereis(Runtime::current(), registry, key);
}

std::optional<Pid> Registry::whereis(Runtime& runtime, Atom registry, const Term& key) {
    const std::shared_ptr<Table> table = findTable(runtime, registry);
    return table && table->keys == Keys::Unique ? table->holder(key) : std::nullopt;
}

std::vector<Term> Registry::keys(Atom registry, Pid pid) {
    return tableOf(registry)->keysOf(pid);
}

std::vector<Term> Registry::values(Atom registry, const Term& key, Pid pid) {
    std::vector<Term> values;
    for (Entry& entry : tableOf(registry)->lookup(key))
        if (entry.pid == pid)
            values.push_back(std::move(entry.value));
    return values;
}

std::size_t Registry::count(Atom registry) {
    return tableOf(registry)->count();
}

std::optional<std::pair<Term, Term>>
Registry::updateValue(Atom registry, const Term& key,
                      const std::function<Term(const Term&)>& change) {
    const std::shared_ptr<Table> table = tableOf(registry);
    if (table->keys != Keys::Unique)
        grove::error(tuple(atoms::badarg, Term("values are updated in unique registries only")));
    const std::vector<Entry> entries = table->lookup(key);
    if (entries.empty() || entries.front().pid != self())
        return std::nullopt;
    const Term& old = entries.front().value;
    Term changed = change(old);
    table->setValue(self(), key, changed);
    return std::pair(std::move(changed), old);
}

void Registry::dispatch(Atom registry, const Term& key,
                        const std::function<void(const std::vector<Entry>&)>& each) {
    const std::vector<Entry> entries = lookup(registry, key);
    if (!entries.empty())
        each(entries);
}

void Registry::putMeta(Atom registry, Term key, Term value) {
    tableOf(registry)->putMeta(std::move(key), std::move(value));
}

std::optional<Term> Registry::meta(Atom registry, const Term& key) {
    return tableOf(registry)->meta(key);
}

ChildSpec registry(std::string_view name, Keys keys) {
    ChildSpec spec(Term(atom(name)), [keys](StartOptions start) {
        return Registry::startLink(std::move(start), keys);
    });
    spec.type(ChildType::Worker).behaviour("Registry").name(name);
    return spec;
}

} // namespace grove::otp
