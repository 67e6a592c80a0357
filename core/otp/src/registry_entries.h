#pragma once

#include <grove/otp/registry.h>
#include <grove/runtime/epoch.h>
#include <grove/runtime/hash_table.h>
#include <grove/runtime/limbo.h>
#include <grove/term/alloc.h>
#include <grove/term/atomics.h>
#include <grove/term/key_order.h>

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace grove::otp {

/// An entry of a registry. The key and the pid never change.
template <class Atomics> struct RegistryNode {
    const runtime::Cell key;
    const std::uint64_t pid;
    /// Stored by the writer with release, loaded by readers with acquire. So is `next`.
    typename Atomics::template Atomic<runtime::Cell> value;
    typename Atomics::template Atomic<RegistryNode*> next; // the one before it, of the same key

    [[nodiscard]] Registry::Entry entry() const {
        const runtime::Borrowed held(value.load(std::memory_order_acquire));
        return {Pid::fromRaw(pid), *held};
    }
    [[nodiscard]] static RegistryNode* of(runtime::Cell cell) noexcept {
        return reinterpret_cast<RegistryNode*>(cell);
    }
    [[nodiscard]] runtime::Cell cell() noexcept { return reinterpret_cast<runtime::Cell>(this); }
};

/// What a hash table's cells are to a registry: the latest entry of a key.
template <class Atomics> struct RegistryRows {
    using Node = RegistryNode<Atomics>;
    /// Borrows the key.
    struct Probe {
        const Term& key;
        std::uint32_t hash;
    };
    [[nodiscard]] static Probe probe(const Term& key) noexcept {
        return {key, grove::detail::keyHash(key)};
    }
    [[nodiscard]] static bool isAt(runtime::Cell cell, const Probe& probe) noexcept {
        const runtime::Borrowed key(Node::of(cell)->key);
        return key->isSame(probe.key) ||
               (!probe.key.isSmallInteger() && equalsExact(*key, probe.key));
    }
    [[nodiscard]] static std::uint32_t hashOf(runtime::Cell cell) noexcept {
        return grove::detail::keyHash(*runtime::Borrowed(Node::of(cell)->key));
    }
    [[nodiscard]] static std::weak_ordering order(runtime::Cell a, runtime::Cell b) noexcept {
        return order(a, Probe{*runtime::Borrowed(Node::of(b)->key), 0});
    }
    [[nodiscard]] static std::weak_ordering order(runtime::Cell a, const Probe& probe) noexcept {
        return grove::detail::compareKeys(*runtime::Borrowed(Node::of(a)->key), probe.key);
    }
};

/// The running program's, which tests replace.
struct RegistrySeams {
    using Atomics = StdAtomics;
    using Pin = runtime::Pin;
    using Limbo = runtime::Limbo;
    static constexpr std::size_t kKeysAtOnce = 256; // a walk is pinned for
};

/// The entries of a part of a registry by key, compared exactly.
///
/// A hash table has the latest entry of each key, which leads to the others: nearly always there is
/// one. Readers take no lock and write nothing, but for the count of a value that is no word.
///
/// Threads: one writer at a time, any number of readers. Each change of one entry is seen wholly or
/// not at all; entries that are there all the time are seen exactly once.
template <class Seams> class BasicRegistryEntries {
public:
    BasicRegistryEntries() = default;
    /// Requires: nobody looks any more.
    ~BasicRegistryEntries();
    BasicRegistryEntries(const BasicRegistryEntries&) = delete;
    BasicRegistryEntries& operator=(const BasicRegistryEntries&) = delete;

    // -- readers ----------------------------------------------------------------------------------
    /// A key's, in the order in which they came.
    void appendTo(std::vector<Registry::Entry>& found, const Term& key) const;
    /// Whose the latest is.
    [[nodiscard]] std::optional<Pid> holder(const Term& key) const;
    [[nodiscard]] std::size_t count() const noexcept {
        return m_count.load(std::memory_order_relaxed);
    }
    /// All of them as `{Key, {Pid, Value}}`. Pinned for some keys at a time, so that a long walk
    /// keeps nothing from being freed.
    [[nodiscard]] std::vector<Term> objects() const;

    // -- the writer -------------------------------------------------------------------------------
    void add(Pid pid, const Term& key, Term value);
    /// Asks about a key's entries in the order in which they came.
    void removeIf(const Term& key, const std::function<bool(Pid)>& isRemoved);
    /// Of all entries of a process under a key.
    void setValue(Pid pid, const Term& key, const Term& value);
    void clear();

private:
    using Atomics = typename Seams::Atomics;
    using Pin = typename Seams::Pin;
    using Rows = RegistryRows<Atomics>;
    using Node = RegistryNode<Atomics>;
    /// Entries that are no longer there, and what the table has outgrown.
    struct Bin {
        typename Seams::Limbo limbo;
        void take(runtime::Cell cell) {
            Node* const node = Node::of(cell);
            limbo.take(node->key);
            limbo.take(node->value.load(std::memory_order_relaxed));
            limbo.take(runtime::Block{node, sizeof(Node)});
        }
        void take(runtime::Block block) { limbo.take(block); }
    };
    using Table = runtime::BasicHashTable<Atomics, Rows, Bin>;

    [[nodiscard]] Node* latest(const Term& key) const noexcept {
        return Node::of(m_table.find(Rows::probe(key)).cell);
    }
    /// A key's, in the order in which they came. The caller is pinned.
    static void appendObjects(std::vector<Term>& objects, const Node* latest);
    /// A key's, the latest first. The writer's.
    [[nodiscard]] static std::vector<Node*> chainFrom(Node* latest);
    void unlink(const typename Table::Place& place, const std::vector<Node*>& chain,
                const std::vector<bool>& isGone);

    Bin m_bin;
    Table m_table{Rows(), m_bin};
    std::atomic<std::size_t> m_count{0}; // entries; by the writer, relaxed: a count
};

using RegistryEntries = BasicRegistryEntries<RegistrySeams>;

} // namespace grove::otp

#include "registry_entries_changes.h" // IWYU pragma: export
