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
    return tuple(where.function_name(),
                 list({tuple(atom("file"), where.file_name()), tuple(atom("line"), where.line())}));
}

/// The place of the throw, where it is known, then the coroutines the exception came through.
Term stackTerm(const std::source_location* raisedAt) {
    std::vector<Term> frames;
    if (raisedAt != nullptr)
        frames.push_back(frameTerm(*raisedAt));
    runtime::Worker* const worker = runtime::thisWorker();
    Extras* const extras =
        worker == nullptr || worker->current == nullptr ? nullptr : worker->current->findExtras();
    if (extras != nullptr) {
        for (const std::source_location& where : extras->unwound) {
            // The function that raised is known more exactly: by the line that raised.
            const bool isRaiser =
                &where == &extras->unwound.front() && raisedAt != nullptr &&
                std::string_view(where.function_name()) == raisedAt->function_name();
            if (!isRaiser)
                frames.push_back(frameTerm(where));
        }
        extras->unwound.clear();
        extras->unwoundTo = nullptr;
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

Caught caughtNow() noexcept {
    try {
        throw;
    } catch (const RaisedAgain& raised) {
        static_cast<void>(stackTerm(nullptr)); // forgets the coroutines it came through again
        return {raised.errorClass, raised.term, raised.stack};
    } catch (const Raised& raised) {
        return {raised.errorClass, raised.term, stackTerm(&raised.where)};
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
    Extras& extras = worker->current->ensureExtras();
    if (extras.unwoundTo != this)
        extras.unwound.clear();
    extras.unwound.push_back(awaiting);
    extras.unwoundTo = parent();
}

void awaitChainTooDeep() {
    grove::error(atoms::systemLimit);
}

} // namespace detail
} // namespace grove
