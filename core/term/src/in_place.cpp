#include "access.h"

#include <grove/term/in_place.h>

#include <atomic>

namespace grove::detail {

namespace {

/// A Term's word, as several threads may see it.
std::uint64_t& wordOf(const Term& term) noexcept {
    return *reinterpret_cast<std::uint64_t*>(const_cast<Term*>(&term));
}

} // namespace

bool isHeldOnce(const Term& term) noexcept {
    return TermAccess::header(term)->count.load(std::memory_order_acquire) == 1;
}

Term copyOfImmediates(const Term& tuple) noexcept {
    const std::span<const Term> elements = tuple.elements();
    auto* made = makeObject<TupleObject>(BoxedKind::Tuple, elements.size_bytes());
    made->size = static_cast<std::uint32_t>(elements.size());
    made->flatWords = static_cast<std::uint32_t>(elements.size() + 1);
    Term* to = made->elements();
    for (const Term& element : elements) {
        const std::uint64_t word = std::atomic_ref(wordOf(element)).load(std::memory_order_relaxed);
        TermAccess::makeImmediate(to++, word);
    }
    return TermAccess::adopt(made);
}

void storeImmediate(const Term& tuple, std::size_t index, const Term& value) noexcept {
    GROVE_ASSERT(!TermAccess::isBoxed(value) && !TermAccess::isBoxed(tuple.element(index)),
                 "only immediate values are set in place");
    std::atomic_ref(wordOf(tuple.element(index))).store(value.bits(), std::memory_order_relaxed);
}

} // namespace grove::detail
