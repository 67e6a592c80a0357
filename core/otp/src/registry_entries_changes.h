#pragma once

#include "registry_entries.h"

/// What the members of registry_entries.h do.
namespace grove::otp {

// -- readers --------------------------------------------------------------------------------------

template <class Seams>
void BasicRegistryEntries<Seams>::appendTo(std::vector<Registry::Entry>& found,
                                           const Term& key) const {
    const Pin pin;
    const Node* const node = latest(key);
    if (node == nullptr)
        return;
    const Node* older = node->next.load(std::memory_order_acquire);
    if (found.empty())
        found.reserve(1);
    found.push_back(node->entry());
    if (older == nullptr) [[likely]]
        return;
    const auto first = static_cast<std::ptrdiff_t>(found.size()) - 1;
    for (; older != nullptr; older = older->next.load(std::memory_order_acquire))
        found.push_back(older->entry());
    std::reverse(found.begin() + first, found.end());
}

template <class Seams>
std::optional<Pid> BasicRegistryEntries<Seams>::holder(const Term& key) const {
    const Pin pin;
    const Node* const node = latest(key);
    return node != nullptr ? std::optional(Pid::fromRaw(node->pid)) : std::nullopt;
}

template <class Seams>
void BasicRegistryEntries<Seams>::appendObjects(std::vector<Term>& objects, const Node* latest) {
    const auto before = static_cast<std::ptrdiff_t>(objects.size());
    for (const Node* node = latest; node != nullptr;
         node = node->next.load(std::memory_order_acquire)) {
        Registry::Entry entry = node->entry();
        objects.push_back(
            tuple(*runtime::Borrowed(node->key), tuple(entry.pid, std::move(entry.value))));
    }
    std::reverse(objects.begin() + before, objects.end());
}

template <class Seams> std::vector<Term> BasicRegistryEntries<Seams>::objects() const {
    std::vector<Term> objects;
    std::vector<runtime::Cell> cells;
    Term last; // none: from the first on
    for (;;) {
        const Pin pin;
        std::optional<typename Rows::Probe> behind;
        if (!last.isNone())
            behind.emplace(Rows::probe(last));
        cells.clear();
        m_table.collectAfter(behind ? &*behind : nullptr, Seams::kKeysAtOnce, cells);
        if (cells.empty())
            return objects;
        for (const runtime::Cell cell : cells)
            appendObjects(objects, Node::of(cell));
        last = *runtime::Borrowed(Node::of(cells.back())->key);
    }
}

// -- the writer -----------------------------------------------------------------------------------

template <class Seams> void BasicRegistryEntries<Seams>::add(Pid pid, const Term& key, Term value) {
    const typename Rows::Probe probe = Rows::probe(key);
    const typename Table::Place place = m_table.find(probe);
    auto* const made = ::new (allocate(sizeof(Node))) Node{
        runtime::toCell(key), pid.raw(), runtime::toCell(std::move(value)), Node::of(place.cell)};
    if (place)
        static_cast<void>(m_table.exchange(place, made->cell()));
    else
        m_table.add(probe, made->cell());
    m_count.store(count() + 1, std::memory_order_relaxed);
}

template <class Seams>
auto BasicRegistryEntries<Seams>::chainFrom(Node* latest) -> std::vector<Node*> {
    std::vector<Node*> chain;
    for (Node* node = latest; node != nullptr; node = node->next.load(std::memory_order_relaxed))
        chain.push_back(node);
    return chain;
}

template <class Seams>
void BasicRegistryEntries<Seams>::removeIf(const Term& key,
                                           const std::function<bool(Pid)>& isRemoved) {
    const typename Table::Place place = m_table.find(Rows::probe(key));
    if (!place)
        return;
    const std::vector<Node*> chain = chainFrom(Node::of(place.cell));
    std::vector<bool> isGone(chain.size());
    for (std::size_t i = chain.size(); i-- > 0;)
        isGone[i] = isRemoved(Pid::fromRaw(chain[i]->pid));
    const auto gone = static_cast<std::size_t>(std::ranges::count(isGone, true));
    if (gone == chain.size()) {
        m_table.remove(place); // first: what is taken out must not be found any more
        for (std::size_t i = 1; i < chain.size(); ++i)
            m_bin.take(chain[i]->cell());
    } else {
        unlink(place, chain, isGone);
    }
    m_count.store(count() - gone, std::memory_order_relaxed);
}

/// Requires: one stays.
template <class Seams>
void BasicRegistryEntries<Seams>::unlink(const typename Table::Place& place,
                                         const std::vector<Node*>& chain,
                                         const std::vector<bool>& isGone) {
    Node* newer = nullptr; // the last one that stays
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (!isGone[i]) {
            newer = chain[i];
            continue;
        }
        Node* const older = chain[i]->next.load(std::memory_order_relaxed);
        if (newer != nullptr)
            newer->next.store(older, std::memory_order_release);
        else
            static_cast<void>(m_table.exchange(place, older->cell()));
        m_bin.take(chain[i]->cell());
    }
}

template <class Seams>
void BasicRegistryEntries<Seams>::setValue(Pid pid, const Term& key, const Term& value) {
    for (Node* const node : chainFrom(latest(key))) {
        if (node->pid != pid.raw())
            continue;
        const runtime::Cell old = node->value.load(std::memory_order_relaxed);
        node->value.store(runtime::toCell(Term(value)), std::memory_order_release);
        m_bin.limbo.take(old);
    }
}

template <class Seams> void BasicRegistryEntries<Seams>::clear() {
    std::vector<runtime::Cell> cells;
    m_table.collectAfter(nullptr, ~std::size_t{0}, cells);
    std::vector<Node*> others;
    for (const runtime::Cell cell : cells) {
        const std::vector<Node*> chain = chainFrom(Node::of(cell));
        others.insert(others.end(), chain.begin() + 1, chain.end());
    }
    m_table.clear(); // first, as above
    for (Node* const node : others)
        m_bin.take(node->cell());
    m_bin.limbo.close();
    m_count.store(0, std::memory_order_relaxed);
}

template <class Seams> BasicRegistryEntries<Seams>::~BasicRegistryEntries() {
    runtime::HashRubble<Table>(m_table.takeAll()).free(~std::size_t{0}, [](runtime::Cell cell) {
        for (Node* const node : chainFrom(Node::of(cell))) {
            static_cast<void>(runtime::adopt(node->key));
            static_cast<void>(runtime::adopt(node->value.load(std::memory_order_relaxed)));
            release(node, sizeof(Node));
        }
    });
}

} // namespace grove::otp
