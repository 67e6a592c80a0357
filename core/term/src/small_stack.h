#pragma once

#include <cstddef>
#include <vector>

namespace grove::detail {

/// A stack of plain values whose first N take no heap: walks over terms are iterative, and most are
/// shallow.
template <class T, std::size_t N> class SmallStack {
public:
    [[nodiscard]] bool isEmpty() const noexcept { return m_size == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return m_size; }
    void push(const T& value) {
        if (m_size < N) {
            m_few[m_size] = value;
        } else {
            m_more.push_back(value);
        }
        ++m_size;
    }
    [[nodiscard]] T& top() noexcept { return m_size <= N ? m_few[m_size - 1] : m_more.back(); }
    T pop() noexcept {
        const T value = top();
        if (m_size > N) {
            m_more.pop_back();
        }
        --m_size;
        return value;
    }

private:
    T m_few[N];
    std::size_t m_size = 0;
    std::vector<T> m_more;
};

} // namespace grove::detail
