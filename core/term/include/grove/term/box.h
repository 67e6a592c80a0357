#pragma once

#include <grove/term/alloc.h>
#include <grove/term/assert.h>
#include <grove/term/describe.h>
#include <grove/term/term.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace grove {

namespace detail {

/// In front of each boxed C++ value. count: as in Header (boxed.h), with the same orders.
struct alignas(16) BoxHeader {
    std::atomic<std::uint32_t> count{1};
    const Description* description;

    explicit BoxHeader(const Description& described) noexcept : description(&described) {}
    [[nodiscard]] void* value() noexcept { return this + 1; }
};
static_assert(sizeof(BoxHeader) == 16);

void destroyBox(BoxHeader* header) noexcept;

} // namespace detail

/// An immutable, counted C++ value of a described type, in one word: the payload of a message
/// between typed servers. A receiver of that type gets the value, everybody else a term made from
/// the description.
///
/// Threads: as Term. Errors: none; a value that cannot be made into a term does not compile.
/// The value must be movable without exceptions and aligned to 16 at most.
class Box {
public:
    constexpr Box() noexcept = default;
    Box(const Box& other) noexcept : m_header(other.m_header) {
        if (m_header != nullptr) {
            m_header->count.fetch_add(1, std::memory_order_relaxed);
        }
    }
    constexpr Box(Box&& other) noexcept : m_header(std::exchange(other.m_header, nullptr)) {}
    Box& operator=(Box other) noexcept {
        std::swap(m_header, other.m_header);
        return *this;
    }
    ~Box() noexcept {
        if (m_header != nullptr) {
            drop(m_header);
        }
    }

    template <class Value, Describable T = std::remove_cvref_t<Value>>
    [[nodiscard]] static Box make(Value&& value) noexcept {
        static_assert(alignof(T) <= 16, "a boxed value's alignment is 16 at most");
        static_assert(std::is_nothrow_move_constructible_v<T>,
                      "a boxed value moves without exceptions");
        Box made;
        void* block = allocate(sizeof(detail::BoxHeader) + sizeof(T));
        made.m_header = ::new (block) detail::BoxHeader(descriptionOf<T>());
        ::new (made.m_header->value()) T(std::forward<Value>(value));
        return made;
    }

    [[nodiscard]] bool isNone() const noexcept { return m_header == nullptr; }
    [[nodiscard]] explicit operator bool() const noexcept { return m_header != nullptr; }

    /// Requires: not none.
    [[nodiscard]] const Description& description() const noexcept {
        GROVE_ASSERT(m_header != nullptr, "an empty box has no description");
        return *m_header->description;
    }
    template <class T> [[nodiscard]] bool is() const noexcept {
        return m_header != nullptr && m_header->description == &descriptionOf<T>();
    }
    /// Returns: the value, borrowed; null when this is none or holds another type.
    template <class T> [[nodiscard]] const T* get() const noexcept {
        return is<T>() ? static_cast<const T*>(m_header->value()) : nullptr;
    }
    /// Takes the value out, leaving none: moved when nobody else holds it, otherwise copied.
    /// Requires: is<T>().
    template <class T> [[nodiscard]] T take() && {
        GROVE_ASSERT(is<T>(), "the box holds another type");
        T* value = static_cast<T*>(m_header->value());
        Box self = std::move(*this);
        if constexpr (std::is_copy_constructible_v<T>) {
            if (!self.isUnique()) {
                return T(std::as_const(*value));
            }
        } else {
            GROVE_ASSERT(self.isUnique(), "a shared value that cannot be copied");
        }
        return T(std::move(*value));
    }
    /// The value, to be moved from: this box's alone, copied first if somebody else holds it.
    /// Requires: is<T>().
    template <class T> [[nodiscard]] T& own() {
        GROVE_ASSERT(is<T>(), "the box holds another type");
        if (!isUnique()) [[unlikely]] {
            if constexpr (std::is_copy_constructible_v<T>)
                *this = make<T>(T(*get<T>()));
            else
                GROVE_UNREACHABLE("a shared value that cannot be copied");
        }
        return *static_cast<T*>(m_header->value());
    }
    /// Nobody else holds the value.
    [[nodiscard]] bool isUnique() const noexcept {
        return m_header != nullptr && m_header->count.load(std::memory_order_acquire) == 1;
    }

    /// The value as a term, made anew each time. Requires: not none.
    [[nodiscard]] Term term() const { return description().toTerm(m_header->value()); }
    /// The block's size; what the value itself holds elsewhere is not counted.
    [[nodiscard]] std::size_t memoryBytes() const noexcept {
        return m_header == nullptr ? 0 : sizeof(detail::BoxHeader) + description().sizeBytes;
    }

    /// The share as a plain pointer, for intrusive storage; give it back through adopt().
    [[nodiscard]] void* leak() && noexcept { return std::exchange(m_header, nullptr); }
    [[nodiscard]] static Box adopt(void* leaked) noexcept {
        Box made;
        made.m_header = static_cast<detail::BoxHeader*>(leaked);
        return made;
    }

private:
    static void drop(detail::BoxHeader* header) noexcept {
        if (header->count.load(std::memory_order_acquire) == 1 ||
            header->count.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            detail::destroyBox(header);
        }
    }

    detail::BoxHeader* m_header = nullptr;
};

} // namespace grove
