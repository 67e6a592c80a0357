#include "named_tables.h"
#include "via.h"

#include <grove/otp/partition_supervisor.h>
#include <grove/runtime/mutex.h>
#include <grove/runtime/runtime.h>
#include <grove/term/phash2.h>

#include <memory>

namespace grove::otp {

namespace {

/// The processes of one partition supervisor. Written by it, read by anybody.
class PartitionTable {
public:
    PartitionTable(Pid owner, std::size_t size) : owner(owner), size(size), m_pids(size) {}

    const Pid owner;
    const std::size_t size;

    void set(std::size_t partition, Pid pid) {
        const Lock lock(m_mutex);
        m_pids[partition] = pid;
    }
    [[nodiscard]] std::optional<Pid> at(std::size_t partition) const {
        const Lock lock(m_mutex);
        return m_pids[partition] ? std::optional(m_pids[partition]) : std::nullopt;
    }

private:
    mutable Mutex m_mutex;
    std::vector<Pid> m_pids GROVE_GUARDED_BY(m_mutex); // none: not started yet
};

std::shared_ptr<PartitionTable> findTable(Atom name) {
    return NamedTables<PartitionTable>::find(Runtime::current(), name);
}

/// For the supervisor: its table, made when it starts its first child.
std::shared_ptr<PartitionTable> ownTable(Atom name, std::size_t size) {
    std::shared_ptr<PartitionTable> table = findTable(name);
    if (table && table->owner == self())
        return table;
    table = std::make_shared<PartitionTable>(self(), size);
    NamedTables<PartitionTable>::keep(name, table);
    return table;
}

std::shared_ptr<PartitionTable> tableOf(Atom name) {
    std::shared_ptr<PartitionTable> table = findTable(name);
    if (!table)
        grove::exit(tuple(atoms::noproc,
                          tuple(atom(kPartitionModule), atom("partitions"), list({Term(name)}))));
    return table;
}

grove::Task<StartResult> startPartition(Atom name, std::size_t size, std::size_t partition,
                                        StartFunction start, StartOptions options) {
    const std::shared_ptr<PartitionTable> table = ownTable(name, size);
    const StartResult started = co_await start(std::move(options));
    if (started)
        table->set(partition, started.pid());
    co_return started;
}

/// The child itself, with its number as its id, written down once it runs.
ChildSpec numbered(Atom name, std::size_t size, std::size_t partition, ChildSpec child) {
    StartFunction start = std::as_const(child).start();
    child.id(Term(partition)).start([=, start = std::move(start)](StartOptions options) {
        return startPartition(name, size, partition, start, std::move(options));
    });
    return child;
}

std::size_t partitionIn(const PartitionTable& table, const Term& key) {
    if (!key.isInteger())
        return phash2(key, table.size);
    if (const auto number = key.asInt()) {
        const auto bits = static_cast<std::uint64_t>(*number);
        return (*number < 0 ? 0 - bits : bits) % table.size;
    }
    const BigIntView big = *key.asBigInt();
    unsigned __int128 rest = 0; // of |key|, from its highest digit on
    for (std::size_t i = big.limbs.size(); i-- > 0;)
        rest = ((rest << 64U) | big.limbs[i]) % table.size;
    return static_cast<std::size_t>(rest);
}

} // namespace

grove::Task<StartResult> PartitionSupervisor::startLink(StartOptions start, MakeChild child,
                                                        PartitionSupervisorOptions options) {
    const Atom* name = start.name.asAtom();
    if (name == nullptr)
        grove::error(
            tuple(atoms::badarg, Term("a partition supervisor needs an atom as its name")));
    const std::size_t size =
        options.partitions == 0 ? Runtime::current().schedulers().size() : options.partitions;
    SupervisorOptions made{.strategy = options.strategy, .intensity = options.intensity};
    for (std::size_t i = 0; i < size; ++i)
        made.children.push_back(numbered(*name, size, i, child(i)));
    return Supervisor::startLink(std::move(start), std::move(made));
}

std::size_t PartitionSupervisor::partitions(Atom name) {
    return tableOf(name)->size;
}

std::size_t PartitionSupervisor::partitionOf(Atom name, const Term& key) {
    return partitionIn(*tableOf(name), key);
}

std::optional<Pid> PartitionSupervisor::whereis(Atom name, const Term& key) {
    const std::shared_ptr<PartitionTable> table = tableOf(name);
    return table->at(partitionIn(*table, key));
}

std::optional<Pid> PartitionSupervisor::find(Atom name, const Term& key) {
    const std::shared_ptr<PartitionTable> table = findTable(name);
    return table ? table->at(partitionIn(*table, key)) : std::nullopt;
}

Via partition(std::string_view name, Term key) {
    return Via{.registry = atom(kPartitionModule), .key = tuple(atom(name), std::move(key))};
}

ChildSpec partitionSupervisor(std::string_view name, PartitionSupervisor::MakeChild child,
                              PartitionSupervisorOptions options) {
    ChildSpec spec(Term(atom(name)), [child = std::move(child), options](StartOptions start) {
        return PartitionSupervisor::startLink(std::move(start), child, options);
    });
    spec.type(ChildType::Supervisor).shutdown(Shutdown::infinity()).name(name);
    spec.behaviour("Supervisor");
    return spec;
}

ChildSpec partitionSupervisor(std::string_view name, ChildSpec child,
                              PartitionSupervisorOptions options) {
    return partitionSupervisor(
        name, [child = std::move(child)](std::size_t) { return child; }, options);
}

} // namespace grove::otp
