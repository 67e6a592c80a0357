#include "tables.h"

#include <grove/runtime/errors.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/outside_exit_hook.h>
#include <grove/runtime/process.h>
#include <grove/runtime/runtime.h>

#include <algorithm>

namespace grove::ets {

namespace {

constexpr std::size_t kSliceEntries = 4'096; // well below 1 ms
constexpr auto kPinPatience = std::chrono::milliseconds(1);

/// How a table lies in the directory.
Term entryOf(const Term& id, const Table& table) {
    return tuple(id, reinterpret_cast<std::uintptr_t>(&table));
}

Table* tableOf(const Term& entry) {
    return reinterpret_cast<Table*>(static_cast<std::uintptr_t>(entry.element(1).toInt()));
}

void forget(std::vector<std::shared_ptr<Table>>& some, const Table& table) {
    std::erase_if(some, [&](const auto& each) { return each.get() == &table; });
}

} // namespace

/// Releases what a process has when it ends, before anybody hears of it.
class Tables::OwnerHook final : public ExitHook {
public:
    explicit OwnerHook(Tables& tables) : m_tables(tables) {}
    void released(Runtime&, Pid pid, const Term&) noexcept override {
        m_tables.ownerEnded(pid);
        delete this;
    }

private:
    Tables& m_tables;
};

Tables::Tables(Runtime& runtime) : m_runtime(runtime) {}

Tables::~Tables() {
    // All processes have ended, and their tables with them; but for those of threads that were
    // processes without an end.
    std::vector<std::shared_ptr<Table>> left;
    std::deque<Ruin> ruins;
    decltype(m_owners) owners;
    {
        const Lock lock(m_mutex);
        m_isSweeping = true; // no more sweepers
        s_departures.fetch_add(1, std::memory_order_release);
        std::swap(owners, m_owners);
        for (auto& [address, table] : m_tables)
            left.push_back(std::move(table));
        m_tables.clear();
        std::swap(ruins, m_ruins);
    }
    owners.clear(); // they hold shares of their tables
    left.clear();   // buries their trees
    ruins.clear();  // and so do these
    const Lock lock(m_mutex);
    m_ruins.clear();
}

constinit thread_local std::array<Tables::Remembered, Tables::kRemembered> Tables::t_remembered
    [[gnu::tls_model("initial-exec")]] = {};
constinit std::atomic<std::uint64_t> Tables::s_departures{0};

// -- the directory --------------------------------------------------------------------------------

Table* Tables::find(const Term& id) const noexcept {
    if (!id.isRef() && !id.isAtom())
        return nullptr;
    const Cell entry = m_directory.find(id);
    return entry == 0 ? nullptr : tableOf(*Borrowed(entry));
}

Table* Tables::findAndRemember(const Term& id) noexcept {
    const std::uint64_t departures = s_departures.load(std::memory_order_acquire);
    Runtime& runtime = Runtime::current();
    Table* const table = extension<Tables>(runtime).find(id);
    if (table != nullptr)
        t_remembered[placeOf(id)] = {id.bits(), &runtime, departures, table};
    return table;
}

void Tables::enter(const Term& id, Table& table) {
    m_directory.add(m_directory.look(id), id, entryOf(id, table));
}

void Tables::leave(const Term& id) {
    m_directory.remove(m_directory.look(id));
    s_departures.fetch_add(1, std::memory_order_release);
}

bool Tables::add(const std::shared_ptr<Table>& table) {
    const std::shared_ptr<Owner> owner = ensureOwner(table->owner());
    if (!owner)
        return false;
    const Lock lock(m_mutex);
    if (owner->isDead || (table->isNamed && m_directory.look(table->name())))
        return false;
    enter(table->tid, *table);
    if (table->isNamed)
        enter(table->name(), *table);
    m_tables.emplace(table.get(), table);
    owner->owned.push_back(table);
    return true;
}

bool Tables::remove(Table& table) {
    std::shared_ptr<Table> removed;
    {
        const Lock lock(m_mutex);
        const auto at = m_tables.find(&table);
        if (at == m_tables.end())
            return false;
        removed = std::move(at->second);
        m_tables.erase(at);
        leave(table.tid);
        if (table.isNamed)
            leave(table.name());
        const auto owner = m_owners.find(table.owner());
        if (owner != m_owners.end())
            forget(owner->second->owned, table);
    }
    removed->close();
    bury(Ruin{.freeFrom = epochs().advance(), .table = std::move(removed), .rubble = Rubble()});
    return true;
}

bool Tables::rename(Table& table, Atom name) {
    const Lock lock(m_mutex);
    if (!m_tables.contains(&table) || (table.isNamed && m_directory.look(name)))
        return false;
    if (table.isNamed) {
        const Atom before = table.name();
        enter(name, table); // first: it has a name at every moment
        leave(before);
    }
    table.setName(name);
    return true;
}

std::vector<std::shared_ptr<Table>> Tables::all() const {
    std::vector<std::shared_ptr<Table>> all;
    {
        const Lock lock(m_mutex);
        for (const auto& [address, table] : m_tables)
            all.push_back(table);
    }
    std::ranges::sort(all, {}, [](const auto& table) { return table->tid; });
    return all;
}

// -- owners ---------------------------------------------------------------------------------------

std::shared_ptr<Tables::Owner> Tables::ensureOwner(Pid pid) {
    std::shared_ptr<Owner> owner;
    {
        const Lock lock(m_mutex);
        auto& entry = m_owners[pid];
        if (!entry)
            entry = std::make_shared<Owner>();
        if (entry->isHooked)
            return entry;
        owner = entry;
    }
    // Two may do this at once; the second hook then finds nothing to release.
    auto* const hook = new OwnerHook(*this); // deletes itself
    const bool isHooked = addExitHook(m_runtime, pid, *hook);
    if (!isHooked)
        delete hook;
    const Lock lock(m_mutex);
    if (isHooked) {
        owner->isHooked = true;
        return owner;
    }
    owner->isDead = true;
    // If another's hook was in time, it comes and finds what the owner had.
    const auto at = m_owners.find(pid);
    if (!owner->isHooked && at != m_owners.end() && at->second == owner)
        m_owners.erase(at);
    return nullptr;
}

bool Tables::give(Table& table, Pid to) {
    const std::shared_ptr<Owner> owner = ensureOwner(to);
    if (!owner)
        return false;
    const Lock lock(m_mutex);
    const auto at = m_tables.find(&table);
    if (owner->isDead || at == m_tables.end())
        return false;
    const auto former = m_owners.find(table.owner());
    if (former != m_owners.end())
        forget(former->second->owned, table);
    owner->owned.push_back(at->second);
    table.setOwner(to);
    return true;
}

bool Tables::fix(Table& table, Pid pid) {
    const std::shared_ptr<Owner> owner = ensureOwner(pid);
    if (!owner)
        return false;
    if (!table.fix(pid))
        return true;
    const Lock lock(m_mutex);
    std::erase_if(owner->fixed, [](const auto& each) { return each.expired(); });
    owner->fixed.push_back(table.weak_from_this());
    return true;
}

void Tables::unfix(Table& table, Pid pid) {
    if (!table.unfix(pid, false))
        return;
    const Lock lock(m_mutex);
    const auto owner = m_owners.find(pid);
    if (owner == m_owners.end())
        return;
    // Without taking a share of any: the last one of a table must not go under this lock.
    const std::weak_ptr<Table> wanted = table.weak_from_this();
    std::erase_if(owner->second->fixed, [&](const auto& each) {
        return !each.owner_before(wanted) && !wanted.owner_before(each);
    });
}

void Tables::ownerEnded(Pid pid) noexcept {
    std::shared_ptr<Owner> owner;
    {
        const Lock lock(m_mutex);
        const auto at = m_owners.find(pid);
        if (at == m_owners.end())
            return;
        owner = std::move(at->second);
        m_owners.erase(at);
        owner->isDead = true;
    }
    // Nobody else touches the entry of the dead.
    for (const auto& each : owner->fixed)
        if (const auto table = each.lock())
            table->unfix(pid, true);
    for (const auto& table : owner->owned)
        passOn(*table, pid);
}

void Tables::passOn(Table& table, Pid from) noexcept {
    const std::optional<Heir> heir = table.heir();
    if (heir && heir->pid != from && give(table, heir->pid))
        m_runtime.send(heir->pid, tuple(atom("ETS-TRANSFER"), table.id(), from, heir->data));
    else
        remove(table);
}

// -- what is left ---------------------------------------------------------------------------------

/// The sweeper's end: whoever killed it, another goes on.
class Tables::SweeperHook final : public ExitHook {
public:
    explicit SweeperHook(Tables& tables) : m_tables(tables) {}
    void released(Runtime&, Pid, const Term&) noexcept override {
        {
            const Lock lock(m_tables.m_mutex);
            m_tables.m_isSweeping = false;
        }
        m_tables.startSweeper();
        delete this;
    }

private:
    Tables& m_tables;
};

void Tables::bury(Rubble rubble) {
    if (!rubble.isEmpty())
        bury(Ruin{.freeFrom = epochs().advance(), .table = nullptr, .rubble = std::move(rubble)});
}

void Tables::bury(Ruin ruin) {
    if (ruin.freeFrom <= epochs().oldestPinned()) {
        ruin.table.reset(); // buries its tree
        ruin.rubble.free(kSliceEntries);
        if (ruin.rubble.isEmpty())
            return;
    }
    {
        const Lock lock(m_mutex);
        m_ruins.push_back(std::move(ruin));
    }
    startSweeper();
}

void Tables::startSweeper() {
    {
        const Lock lock(m_mutex);
        if (m_isSweeping || m_ruins.empty() || m_runtime.isStopping())
            return; // what is left then is freed with this object
        m_isSweeping = true;
    }
    auto* const hook = new SweeperHook(*this); // deletes itself
    const auto started = attempt([&] {
        return m_runtime.spawnOpt({.priority = Priority::Low,
                                   .label = atom("ets_sweeper"),
                                   .behaviour = "EtsSweeper",
                                   .exitHook = hook},
                                  &Tables::sweep, this);
    });
    if (started)
        return;
    delete hook; // no slot for a process: the next burial tries again
    const Lock lock(m_mutex);
    m_isSweeping = false;
}

/// Returns: the oldest ruin, as soon as nobody looks at it; nothing when there is none.
std::optional<Tables::Ruin> Tables::takeRuin(bool& mustWait) {
    const Lock lock(m_mutex);
    // Under the lock: after the advance() of every ruin that is there.
    const std::uint64_t oldest = epochs().oldestPinned();
    mustWait = !m_ruins.empty() && m_ruins.front().freeFrom > oldest;
    if (m_ruins.empty() || mustWait)
        return std::nullopt;
    Ruin ruin = std::move(m_ruins.front());
    m_ruins.pop_front();
    return ruin;
}

Task<> Tables::sweep(Tables* tables) {
    for (;;) {
        bool mustWait = false;
        std::optional<Ruin> ruin = tables->takeRuin(mustWait);
        if (mustWait)
            co_await sleep(kPinPatience);
        else if (!ruin)
            co_return;
        else {
            ruin->table.reset();
            while (!ruin->rubble.isEmpty()) {
                ruin->rubble.free(kSliceEntries);
                co_await yield();
            }
        }
    }
}

} // namespace grove::ets
