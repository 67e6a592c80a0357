#pragma once

#include <grove/term/alloc.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace grove::runtime {

/// A small hash table of plain values by a 64-bit key other than 0: links and monitors of a
/// process. One entry lies inside; more are open-addressed. Order depends only on keys and history.
///
/// Threads: one at a time. Pointers into it are valid until the next change.
template <class Value> class FlatTable {
    static_assert(std::is_trivially_copyable_v<Value>);

public:
    struct Entry {
        std::uint64_t key = 0;
        Value value{};
    };

    FlatTable() noexcept : m_one() {}
    FlatTable(const FlatTable&) = delete;
    FlatTable& operator=(const FlatTable&) = delete;
    ~FlatTable() { freeMany(); }

    [[nodiscard]] std::size_t count() const noexcept { return m_count; }
    [[nodiscard]] bool isEmpty() const noexcept { return m_count == 0; }

    [[nodiscard]] Value* find(std::uint64_t key) noexcept {
        if (!hasMany())
            return m_one.key == key && key != 0 ? &m_one.value : nullptr;
        Entry* const at = lookFor(key);
        return at->key == key && key != 0 ? &at->value : nullptr;
    }
    /// Replaces the value of an existing key.
    void put(std::uint64_t key, const Value& value) noexcept {
        if (m_count == 0) { // the call that a server answers before it takes the next
            m_one = {key, value};
            m_count = 1;
            return;
        }
        putBeside(key, value);
    }
    /// Returns: whether it was there.
    bool erase(std::uint64_t key) noexcept {
        if (hasMany())
            return take(key).has_value();
        if (m_one.key != key || key == 0)
            return false;
        m_one.key = 0;
        m_count = 0;
        return true;
    }
    /// Removes what find() has found.
    void drop(Value* found) noexcept {
        if (hasMany())
            eraseAt(static_cast<std::uint32_t>(
                reinterpret_cast<Entry*>(reinterpret_cast<char*>(found) - offsetof(Entry, value)) -
                m_many));
        else
            m_one = {};
        if (--m_count == 0)
            freeMany();
    }
    std::optional<Value> take(std::uint64_t key) noexcept {
        Value* const found = find(key);
        if (found == nullptr)
            return std::nullopt;
        const Value value = *found;
        drop(found);
        return value;
    }
    /// Any entry, taken out; nothing when empty.
    std::optional<Entry> takeAny() noexcept {
        if (m_count == 0)
            return std::nullopt;
        if (hasMany()) {
            while (m_many[m_sweep & m_mask].key == 0)
                ++m_sweep;
        }
        const Entry entry = hasMany() ? m_many[m_sweep & m_mask] : m_one;
        static_cast<void>(take(entry.key));
        return entry;
    }
    /// As little memory as its entries need.
    void shrink() noexcept {
        if (!hasMany())
            return;
        Entry* const old = m_many;
        const std::uint32_t oldSize = m_mask + 1;
        std::uint32_t size = 8;
        while ((m_count + 1) * 4 > size * 3)
            size *= 2;
        if (size >= oldSize)
            return;
        makeMany(size);
        for (std::uint32_t at = 0; at < oldSize; ++at) {
            if (old[at].key != 0)
                *lookFor(old[at].key) = old[at];
        }
        release(old, oldSize * sizeof(Entry));
    }
    template <class F> void forEach(F&& each) const {
        if (!hasMany()) {
            if (m_one.key != 0)
                each(m_one.key, m_one.value);
            return;
        }
        for (std::uint32_t at = 0; at <= m_mask; ++at) {
            if (m_many[at].key != 0)
                each(m_many[at].key, m_many[at].value);
        }
    }

private:
    [[gnu::noinline]] void putBeside(std::uint64_t key, const Value& value) noexcept {
        if (!hasMany()) {
            if (m_one.key == key) {
                m_one.value = value;
                return;
            }
            grow();
        }
        Entry* at = lookFor(key);
        if (at->key == 0) {
            if ((m_count + 1) * 4 > (m_mask + 1) * 3) {
                grow();
                at = lookFor(key);
            }
            at->key = key;
            ++m_count;
        }
        at->value = value;
    }
    [[nodiscard]] bool hasMany() const noexcept { return m_mask != 0; }
    /// Four keys in turn stand together: pids and references of things that were made one after
    /// the other are looked up one after the other.
    [[nodiscard]] std::uint32_t home(std::uint64_t key) const noexcept {
        const auto row = static_cast<std::uint32_t>(((key >> 2) * 0x9E3779B97F4A7C15ULL) >> 32);
        return (row << 2 | static_cast<std::uint32_t>(key & 3)) & m_mask;
    }
    /// Returns: the entry of the key, or the free one where it would stand. Requires: hasMany().
    [[nodiscard]] Entry* lookFor(std::uint64_t key) noexcept {
        std::uint32_t at = home(key);
        while (m_many[at].key != key && m_many[at].key != 0)
            at = (at + 1) & m_mask;
        return &m_many[at];
    }
    void grow() noexcept {
        if (!hasMany()) {
            const Entry one = m_one;
            makeMany(8);
            *lookFor(one.key) = one;
            return;
        }
        Entry* const old = m_many;
        const std::uint32_t oldSize = m_mask + 1;
        makeMany(oldSize * 2);
        for (std::uint32_t at = 0; at < oldSize; ++at) {
            if (old[at].key != 0)
                *lookFor(old[at].key) = old[at];
        }
        release(old, oldSize * sizeof(Entry));
    }
    void makeMany(std::uint32_t size) noexcept {
        m_many = static_cast<Entry*>(allocate(size * sizeof(Entry)));
        for (std::uint32_t at = 0; at < size; ++at)
            ::new (m_many + at) Entry();
        m_mask = size - 1;
        m_sweep = 0;
    }
    void eraseAt(std::uint32_t hole) noexcept {
        // Backward shift: no entry may lie behind a hole on its way from home.
        for (std::uint32_t at = (hole + 1) & m_mask; m_many[at].key != 0; at = (at + 1) & m_mask) {
            if (((at - home(m_many[at].key)) & m_mask) >= ((at - hole) & m_mask)) {
                m_many[hole] = m_many[at];
                hole = at;
            }
        }
        m_many[hole].key = 0;
    }
    void freeMany() noexcept {
        if (hasMany())
            release(m_many, (std::size_t{m_mask} + 1) * sizeof(Entry));
        m_one = {};
        m_mask = 0;
        m_sweep = 0;
    }

    union {
        Entry m_one;
        Entry* m_many; // m_mask + 1 entries; key 0: free
    };
    std::uint32_t m_mask = 0; // 0: there is at most m_one
    std::uint32_t m_count = 0;
    std::uint32_t m_sweep = 0; // where takeAny() goes on
};

} // namespace grove::runtime
