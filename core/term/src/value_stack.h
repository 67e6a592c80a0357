#pragma once

#include <grove/term/term.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace grove::detail {

/// Terms that wait until the collection they belong to is whole. The first few take no heap.
class ValueStack {
public:
    ValueStack() noexcept = default;
    ValueStack(const ValueStack&) = delete;
    ValueStack& operator=(const ValueStack&) = delete;
    ~ValueStack() { std::destroy_n(m_values, m_size); }

    [[nodiscard]] std::size_t size() const noexcept { return m_size; }
    void push(Term&& value) {
        if (m_size == m_capacity) [[unlikely]] {
            grow();
        }
        ::new (m_values + m_size) Term(std::move(value));
        ++m_size;
    }
    /// Those from the one with this number on.
    [[nodiscard]] std::span<Term> from(std::size_t first) noexcept {
        return {m_values + first, m_size - first};
    }
    /// Requires: all from the one with this number on have been taken out.
    void forget(std::size_t first) noexcept { m_size = first; }
    void drop(std::size_t first) noexcept {
        std::destroy_n(m_values + first, m_size - first);
        m_size = first;
    }

private:
    static constexpr std::size_t kFew = 64;

    [[gnu::noinline]] void grow() {
        const std::size_t capacity = 2 * m_capacity;
        auto room = std::make_unique_for_overwrite<std::byte[]>(capacity * sizeof(Term));
        auto* const values = reinterpret_cast<Term*>(room.get());
        std::uninitialized_move_n(m_values, m_size, values);
        std::destroy_n(m_values, m_size);
        m_values = values;
        m_room = std::move(room);
        m_capacity = capacity;
    }

    std::size_t m_size = 0;
    std::size_t m_capacity = kFew;
    std::unique_ptr<std::byte[]> m_room;
    alignas(Term) std::byte m_few[kFew * sizeof(Term)];
    Term* m_values = reinterpret_cast<Term*>(m_few);
};

} // namespace grove::detail
