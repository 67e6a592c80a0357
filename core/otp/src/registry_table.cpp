#include "registry_table.h"

#include <grove/term/phash2.h>

#include <algorithm>

namespace grove::otp {

// -- a partition's entries ------------------------------------------------------------------------

RegistryPartition::RegistryPartition(Pid owner)
    : owner(owner), hookKey(tuple(atom("$registry_hook"), owner)) {}

std::optional<Pid> RegistryPartition::addEntry(Keys keys, Pid pid, const Term& key, Term value) {
    const Lock lock(m_mutex);
    if (keys == Keys::Unique)
        if (const std::optional<Pid> holder = m_entries.holder(key))
            return holder;
    m_entries.add(pid, key, std::move(value));
    return std::nullopt;
}

void RegistryPartition::removeEntries(Pid pid, const Term& key) {
    const Lock lock(m_mutex);
    m_entries.removeIf(key, [pid](Pid each) { return each == pid; });
}

void RegistryPartition::removeMarked(Pid pid, const Term& key, const std::vector<bool>& isRemoved) {
    const Lock lock(m_mutex);
    std::size_t own = 0;
    m_entries.removeIf(key, [&](Pid each) { return each == pid && isRemoved[own++]; });
}

void RegistryPartition::setValue(Pid pid, const Term& key, const Term& value) {
    const Lock lock(m_mutex);
    m_entries.setValue(pid, key, value);
}

void RegistryPartition::clear() {
    std::unordered_map<std::uint64_t, std::vector<Term>> gone; // freed without the lock
    const Lock lock(m_mutex);
    m_entries.clear();
    gone.swap(m_byPid);
}

// -- a partition's processes ----------------------------------------------------------------------

bool RegistryPartition::addKey(Pid pid, Term key) {
    const Lock lock(m_mutex);
    std::vector<Term>& keys = m_byPid[pid.raw()];
    keys.push_back(std::move(key));
    return keys.size() == 1;
}

bool RegistryPartition::removeKey(Pid pid, const Term& key, std::size_t times) {
    const Lock lock(m_mutex);
    const auto keys = m_byPid.find(pid.raw());
    if (keys == m_byPid.end())
        return false;
    std::erase_if(keys->second, [&](const Term& each) {
        return times > 0 && equalsExact(each, key) && times-- > 0;
    });
    if (!keys->second.empty())
        return false;
    m_byPid.erase(keys);
    return true;
}

std::vector<Term> RegistryPartition::takeKeys(Pid pid) {
    const Lock lock(m_mutex);
    const auto keys = m_byPid.find(pid.raw());
    if (keys == m_byPid.end())
        return {};
    std::vector<Term> taken = std::move(keys->second);
    m_byPid.erase(keys);
    return taken;
}

std::vector<Term> RegistryPartition::keysOf(Pid pid) const {
    const Lock lock(m_mutex);
    const auto at = m_byPid.find(pid.raw());
    return at == m_byPid.end() ? std::vector<Term>() : at->second;
}

// -- all partitions -------------------------------------------------------------------------------

RegistryPartition& RegistryTable::ofProcess(Pid pid) const {
    return *partitions[partitions.size() == 1 ? 0 : phash2(Term(pid), partitions.size())];
}

std::span<const std::shared_ptr<RegistryPartition>>
RegistryTable::partitionsOf(const Term& key) const {
    if (partitions.size() == 1 || home->options.keys == Keys::Duplicate)
        return partitions;
    return std::span(partitions).subspan(phash2(key, partitions.size()), 1);
}

RegistryPartition& RegistryTable::ofKey(const Term& key, Pid pid) const {
    return home->options.keys == Keys::Duplicate ? ofProcess(pid) : *partitionsOf(key).front();
}

std::vector<Registry::Entry> RegistryTable::lookup(const Term& key) const {
    std::vector<Registry::Entry> found;
    for (const auto& partition : partitionsOf(key))
        partition->entries().appendTo(found, key);
    return found;
}

void RegistryTable::removeAll(Pid pid) const {
    for (const Term& key : ofProcess(pid).takeKeys(pid))
        ofKey(key, pid).removeEntries(pid, key);
}

// -- the registry ---------------------------------------------------------------------------------

RegistryHome::RegistryHome(Atom name, RegistryOptions options)
    : name(name), options(std::move(options)),
      m_index(extension<NamedTables<RegistryHome>>(Runtime::current())),
      m_owners(this->options.partitions), m_partitions(this->options.partitions),
      m_meta(this->options.meta.begin(), this->options.meta.end()) {}

void RegistryHome::started(std::size_t partition, Pid owner) {
    const Lock lock(m_mutex);
    m_owners[partition] = owner;
    m_partitions[partition] = std::make_shared<RegistryPartition>(owner);
    renew();
}

void RegistryHome::ended(std::size_t partition) {
    std::shared_ptr<RegistryPartition> gone;
    {
        const Lock lock(m_mutex);
        m_owners[partition] = Pid();
        gone = std::exchange(m_partitions[partition], std::make_shared<RegistryPartition>(Pid()));
        renew();
    }
    gone->clear();
}

/// A table is never changed: who registers meanwhile does so in the one that he has found, and what
/// that holds goes with it.
void RegistryHome::renew() {
    const auto runs = [](Pid owner) { return static_cast<bool>(owner); };
    const bool isUnique = options.keys == Keys::Unique;
    const bool isThere = isUnique ? std::ranges::all_of(m_owners, runs)
                                  : std::ranges::any_of(m_owners, runs) &&
                                        std::ranges::none_of(m_partitions, [](const auto& each) {
                                            return each == nullptr;
                                        });
    if (isThere && isUnique)
        for (std::size_t i = 0; i < m_owners.size(); ++i)
            m_partitions[i] = std::make_shared<RegistryPartition>(m_owners[i]);
    m_table =
        isThere
            ? std::make_shared<const RegistryTable>(RegistryTable{shared_from_this(), m_partitions})
            : nullptr;
    m_index.changed();
}

std::shared_ptr<const RegistryTable> RegistryHome::table() const {
    const Lock lock(m_mutex);
    return m_table;
}

void RegistryHome::putMeta(Term key, Term value) {
    const Lock lock(m_mutex);
    m_meta.insert_or_assign(std::move(key), std::move(value));
}

std::optional<Term> RegistryHome::meta(const Term& key) const {
    const Lock lock(m_mutex);
    const auto at = m_meta.find(key);
    return at == m_meta.end() ? std::nullopt : std::optional(at->second);
}

} // namespace grove::otp
