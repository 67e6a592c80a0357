#include "caught.h"
#include "core.h"

#include <grove/runtime/attempt.h>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <typeinfo>
#include <vector>

namespace grove {

using runtime::Extras;

void error(Term reason, std::source_location where) {
    throw Raised(ErrorClass::Error, std::move(reason), where);
}

void exit(Term reason, std::source_location where) {
    throw Raised(ErrorClass::Exit, std::move(reason), where);
}

void error(Atom reason, std::source_location where) {
    throw Raised(ErrorClass::Error, reason, where);
}

void exit(Atom reason, std::source_location where) {
    throw Raised(ErrorClass::Exit, reason, where);
}

void throwTerm(Term term, std::source_location where) {
    throw Raised(ErrorClass::Throw, std::move(term), where);
}

namespace {

/// What was caught and goes on: it keeps the stack it had.
class RaisedAgain final : public Raised {
public:
    RaisedAgain(Caught caught, std::source_location where)
        : Raised(caught.errorClass, std::move(caught.term), where), stack(std::move(caught.stack)) {
    }

    Term stack;
};

Term frameTerm(const std::source_location& where) {
    static const Atom file = atom("file");
    static const Atom line = atom("line");
    return tuple(where.function_name(),
                 list({tuple(file, where.file_name()), tuple(line, where.line())}));
}

/// The place of the throw, where it is known, then the coroutines the exception came through.
Term stackTerm(const std::source_location* raisedAt) {
    std::vector<Term> frames;
    if (raisedAt != nullptr)
        frames.push_back(frameTerm(*raisedAt));
    runtime::Worker* const worker = runtime::thisWorker();
    Extras* const extras =
        worker == nullptr || worker->current == nullptr ? nullptr : worker->current->findExtras();
    if (extras != nullptr && extras->seldom) {
        runtime::Seldom& way = *extras->seldom;
        for (const std::source_location& where : way.unwound) {
            // The function that raised is known more exactly: by the line that raised.
            const bool isRaiser =
                &where == &way.unwound.front() && raisedAt != nullptr &&
                std::string_view(where.function_name()) == raisedAt->function_name();
            if (!isRaiser)
                frames.push_back(frameTerm(where));
        }
        way.unwound.clear();
        way.unwoundTo = nullptr;
    }
    return listFrom(frames);
}

std::string typeName(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
    return status == 0 ? name.get() : type.name();
}

} // namespace

void raise(Caught caught) {
    throw RaisedAgain(std::move(caught), std::source_location::current());
}

namespace {

/// What was thrown, if it is exactly a T; null otherwise. Catching it once more would cost 2 us.
template <class T> const T* thrownAs(const std::exception_ptr& error) noexcept {
#if defined(__GLIBCXX__)
    // libstdc++'s exception_ptr is the address of what was thrown, and tells its type.
    static_assert(sizeof(error) == sizeof(void*));
    const std::type_info* const type = error.__cxa_exception_type();
    return type != nullptr && *type == typeid(T) ? *reinterpret_cast<const T* const*>(&error)
                                                 : nullptr;
#else
    return nullptr;
#endif
}

Caught caughtRaised(const Raised& raised) {
    return {raised.errorClass, raised.term, stackTerm(&raised.where)};
}
Caught caughtAgain(const RaisedAgain& raised) {
    static_cast<void>(stackTerm(nullptr)); // forgets the coroutines it came through again
    return {raised.errorClass, raised.term, raised.stack};
}

} // namespace

Caught detail::caughtOf(const std::exception_ptr& error) noexcept {
    if (!error) // of another language: libstdc++ has no pointer to it
        return {ErrorClass::Error, tuple(atoms::cxxException, "unknown", ""), stackTerm(nullptr)};
    if (const auto* raised = thrownAs<Raised>(error))
        return caughtRaised(*raised);
    if (const auto* again = thrownAs<RaisedAgain>(error))
        return caughtAgain(*again);
    try {
        std::rethrow_exception(error);
    } catch (const RaisedAgain& raised) {
        return caughtAgain(raised);
    } catch (const Raised& raised) {
        return caughtRaised(raised);
    } catch (const std::exception& foreign) {
        return {ErrorClass::Error,
                tuple(atoms::cxxException, typeName(typeid(foreign)), foreign.what()),
                stackTerm(nullptr)};
    } catch (...) {
        const std::type_info* const type = abi::__cxa_current_exception_type();
        return {ErrorClass::Error,
                tuple(atoms::cxxException, type != nullptr ? typeName(*type) : "unknown", ""),
                stackTerm(nullptr)};
    }
}

Caught caughtNow() noexcept {
    return detail::caughtOf(std::current_exception());
}

Term Caught::exitReason() const {
    switch (errorClass) {
    case ErrorClass::Exit:
        return term;
    case ErrorClass::Error:
        return tuple(term, stack);
    case ErrorClass::Throw:
        break;
    }
    return tuple(tuple(atom("nocatch"), term), stack);
}

Term Caught::catchValue() const {
    switch (errorClass) {
    case ErrorClass::Exit:
        return tuple(atoms::EXIT, term);
    case ErrorClass::Error:
        return tuple(atoms::EXIT, tuple(term, stack));
    case ErrorClass::Throw:
        break;
    }
    return term;
}

namespace detail {

void PromiseBase::unhandled_exception() noexcept {
    error = std::current_exception();
    runtime::Worker* const worker = runtime::thisWorker();
    if (worker == nullptr || worker->current == nullptr)
        return;
    // One exception on its way out passes each coroutine and then the one that awaits it. A
    // coroutine that is not the next one begins another exception.
    runtime::Seldom& way = worker->current->ensureExtras().ensureSeldom();
    if (way.unwoundTo != this)
        way.unwound.clear();
    way.unwound.push_back(awaiting);
    way.unwoundTo = parent();
}

void awaitChainTooDeep() {
    grove::error(atoms::systemLimit);
}

} // namespace detail
} // namespace grove
