#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace grove::detail {

/// A stack of plain values whose first N take no heap: walks over terms are iterative, and most are
/// shallow.
template <class T, std::size_t N> class SmallStack {
public:
    [[nodiscard]] bool isEmpty() const noexcept { return m_size == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return m_size; }
    void push(const T& value) { emplace(value); }
    /// Made in its place: reading back in one piece what was just written in several is slow.
    template <class... Args> void emplace(Args&&... args) {
        if (m_size < N) [[likely]] {
            std::construct_at(m_few + m_size, T{std::forward<Args>(args)...});
        } else {
            m_more.push_back(T{std::forward<Args>(args)...});
        }
        ++m_size;
    }
    [[nodiscard]] T& top() noexcept { return m_size <= N ? m_few[m_size - 1] : m_more.back(); }
    T pop() noexcept {
        const T value = top();
        drop();
        return value;
    }
    void drop() noexcept {
        if (m_size > N) [[unlikely]] {
            m_more.pop_back();
        }
        --m_size;
    }

private:
    T m_few[N];
    std::size_t m_size = 0;
    std::vector<T> m_more;
};

} // namespace grove::detail
