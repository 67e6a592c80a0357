#include "access.h"

#include <grove/term/counter_word.h>
#include <grove/term/in_place.h>

#include <atomic>

namespace grove::detail {

namespace {

constexpr std::size_t kCounterSize = 2;

/// A Term's word, as several threads may see it.
std::atomic_ref<std::uint64_t> wordOf(Term& term) noexcept {
    return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(&term));
}

/// See isCounterTuple().
std::atomic_ref<std::uint8_t> flagsOf(const Term& tuple) noexcept {
    return std::atomic_ref(TermAccess::header(tuple)->flags);
}

/// The word of a counter that counts.
std::atomic_ref<std::uint64_t> numberOf(const Term& counter) noexcept {
    return wordOf(TermAccess::object<TupleObject>(counter)->elements()[1]);
}

TupleObject* newTuple(std::size_t size) noexcept {
    auto* const made = makeObject<TupleObject>(BoxedKind::Tuple, size * sizeof(Term));
    made->size = static_cast<std::uint32_t>(size);
    made->flatWords = static_cast<std::uint32_t>(size + 1);
    return made;
}

void copyWords(TupleObject* from, TupleObject* to, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size; ++i)
        TermAccess::makeImmediate(to->elements() + i,
                                  wordOf(from->elements()[i]).load(std::memory_order_acquire));
}

/// Null for a counter that is held.
[[gnu::always_inline]] inline TupleObject* copied(const Term& tuple) noexcept {
    auto* const from = TermAccess::object<TupleObject>(tuple);
    if (from->size != kCounterSize) {
        TupleObject* const made = newTuple(from->size);
        copyWords(from, made, from->size);
        return made;
    }
    TupleObject* const made = newTuple(kCounterSize);
    copyWords(from, made, kCounterSize);
    if (isHeldWord(made->elements()[1].bits())) [[unlikely]] {
        release(made, sizeof(TupleObject) + kCounterSize * sizeof(Term));
        return nullptr;
    }
    return made;
}

} // namespace

bool isHeldOnce(const Term& term) noexcept {
    return TermAccess::header(term)->count.load(std::memory_order_acquire) == 1;
}

Term copyOfImmediates(const Term& tuple) noexcept {
    TupleObject* const made = copied(tuple);
    return made == nullptr ? Term() : TermAccess::adopt(made);
}

Term listOfCopy(const Term& tuple) noexcept {
    TupleObject* const made = copied(tuple);
    if (made == nullptr) [[unlikely]]
        return {};
    auto* const list = makeObject<ConsObject>(BoxedKind::Cons, 0);
    list->flatWords = made->flatWords + 2;
    ::new (&list->head) Term(TermAccess::adopt(made));
    ::new (&list->tail) Term(Term::nil());
    return TermAccess::adopt(list);
}

// -- counters -------------------------------------------------------------------------------------

bool canCount(const Term& tuple) noexcept {
    return tuple.isTuple(kCounterSize) && tuple.flatWords() == kCounterSize + 1 &&
           tuple.element(1).isSmallInteger();
}

bool becomeCounter(const Term& tuple) noexcept {
    if (!canCount(tuple) || !isHeldOnce(tuple))
        return false;
    flagsOf(tuple).store(kCounter, std::memory_order_release);
    return true;
}

bool isCounter(const Term& term) noexcept {
    return term.isTuple() && isCounterTuple(TermAccess::object<TupleObject>(term));
}

Term addToCounter(const Term& counter, std::int64_t by) noexcept {
    static_assert(Term(1).bits() - Term(0).bits() == kStepOfWord && !isHeldWord(Term(0).bits()));
    Term sum;
    TermAccess::makeImmediate(&sum, addToTuple(TermAccess::object<TupleObject>(counter), by));
    return sum;
}

Term holdCounter(const Term& counter) noexcept {
    auto* const from = TermAccess::object<TupleObject>(counter);
    TupleObject* const made = newTuple(kCounterSize);
    TermAccess::makeImmediate(made->elements(), from->elements()[0].bits());
    TermAccess::makeImmediate(made->elements() + 1, holdWord(numberOf(counter)));
    GROVE_ASSERT(!isHeldWord(made->elements()[1].bits()), "the counter is held already");
    return TermAccess::adopt(made);
}

void letGoOfCounter(const Term& counter, const Term& settled) noexcept {
    numberOf(counter).store(settled.element(1).bits(), std::memory_order_release);
}

} // namespace grove::detail
