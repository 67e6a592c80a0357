#pragma once
// Finds things that lie elsewhere by numbers that are given in turn.

#include "pointer_index.h"

#include <grove/term/alloc.h>
#include <grove/term/assert.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace grove::otp {

/// Pointers by numbers that only grow and are never given again, 64 in turn to a page. What came
/// one after the other is looked up and goes one after the other: such a look is a comparison and
/// one load. Any other is a look for its page.
///
/// Memory: 8 bytes for each while their neighbours are there, at most 1,200 for one whose
/// neighbours have gone.
template <class T> class NumberedPages {
public:
    NumberedPages() = default;
    NumberedPages(const NumberedPages&) = delete;
    NumberedPages& operator=(const NumberedPages&) = delete;
    ~NumberedPages() {
        while (m_pages != nullptr)
            drop(*m_pages);
    }

    /// Returns: null when there is none.
    [[nodiscard]] T* find(std::uint64_t number) const {
        const Page* const page = pageOf(number);
        return page == nullptr ? nullptr : page->there[number % kNumbers];
    }
    /// Requires: a number above all that were added before.
    void add(std::uint64_t number, T& there) {
        GROVE_ASSERT(m_newest == nullptr || number / kNumbers >= m_newest->number,
                     "numbers are given in turn");
        if (m_newest == nullptr || m_newest->number != number / kNumbers)
            turnOver(number / kNumbers);
        m_newest->there[number % kNumbers] = &there;
        ++m_newest->count;
    }
    /// Does nothing when it is not there.
    void erase(std::uint64_t number) {
        Page* const page = pageOf(number);
        if (page == nullptr || std::exchange(page->there[number % kNumbers], nullptr) == nullptr)
            return;
        if (--page->count == 0 && page != m_newest)
            drop(*page);
    }

private:
    static constexpr std::size_t kNumbers = 64;

    struct Page {
        std::uint64_t number; // of those in it, divided
        std::array<T*, kNumbers> there{};
        std::size_t count = 0;
        Page* before = nullptr; // in the list of all
        Page* behind = nullptr;

        static void* operator new(std::size_t size) { return allocate(size); }
        static void operator delete(void* block, std::size_t size) noexcept {
            release(block, size);
        }
    };

    [[nodiscard]] Page* pageOf(std::uint64_t number) const {
        number /= kNumbers;
        if (m_latest == nullptr || m_latest->number != number) {
            Page* const page = m_index.find(number);
            if (page == nullptr)
                return nullptr;
            m_latest = page;
        }
        return m_latest;
    }
    void turnOver(std::uint64_t number) {
        if (m_newest != nullptr && m_newest->count == 0) {
            m_index.erase(m_newest->number, *m_newest);
            m_newest->number = number;
        } else {
            m_newest = new Page{.number = number, .behind = m_pages};
            if (m_pages != nullptr)
                m_pages->before = m_newest;
            m_pages = m_newest;
        }
        m_index.add(number, *m_newest);
    }
    void drop(Page& page) {
        m_index.erase(page.number, page);
        (page.before != nullptr ? page.before->behind : m_pages) = page.behind;
        if (page.behind != nullptr)
            page.behind->before = page.before;
        if (m_latest == &page)
            m_latest = nullptr;
        delete &page;
    }

    PointerIndex<Page> m_index;
    Page* m_pages = nullptr;          // all of them
    Page* m_newest = nullptr;         // stays when it is empty: the next one comes there
    mutable Page* m_latest = nullptr; // where the latest look ended
};

} // namespace grove::otp
