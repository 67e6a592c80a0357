// What an application does of its own at its start and end.

#include "application_callbacks.h"

#include "application_state.h"
#include "supervision.h"

#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

namespace grove::otp {

namespace {

/// Erlang's words for the call of a start callback.
Term startCall(const std::string& name) {
    return tuple(atom(name), atom("start"), list({atom("normal"), Term::nil()}));
}

Term badReturn(const std::string& name, Term value) {
    return tuple(atom("bad_return"), tuple(startCall(name), std::move(value)));
}

/// As a coroutine: what a callback raises before it is one is raised in here.
template <class R, class... Args>
grove::Task<R> called(std::function<grove::Task<R>(Args...)> callback, Args... args) {
    co_return co_await callback(std::move(args)...);
}

/// The start function. What it raises, and ignore, are no answers of it: `bad` says which.
grove::Task<StartResult> callStart(StartFunction start, StartOptions options, std::string name,
                                   Term* bad) {
    Attempt<StartResult> started = co_await attempt(called(std::move(start), std::move(options)));
    if (started && !started->isIgnore())
        co_return std::move(*started);
    *bad = badReturn(name, started ? Term(atoms::ignore) : started.error().catchValue());
    co_return StartResult::error(*bad);
}

void logFailure(const std::string& name, const char* callback, const Caught& caught) {
    logReport(LogLevel::Error, LogKind::Application,
              tuple(atom("callback_failed"), Term(name), atom(callback), caught.exitReason()));
}

} // namespace

grove::Task<TopStart> startTop(Application application, PlaceId place, std::uint32_t restarts) {
    Term bad; // in this frame, which outlives the start
    ChildSpec top = *application.top;
    top.start([start = top.start(), name = application.name, &bad](StartOptions options) {
        return callStart(start, std::move(options), name, &bad);
    });
    StartResult started = co_await supervision::startProcess(&top, place, restarts);
    Term told = bad;
    if (started.isError() && bad.isNone())
        told = tuple(started.reason(), startCall(application.name));
    co_return TopStart{std::move(started), std::move(told)};
}

grove::Task<> prepareStop(std::string name) {
    Applications& all = extension<Applications>(Runtime::current());
    const std::optional<Application> known = all.specification(name);
    if (!known || !known->prepStop)
        co_return;
    const auto prepared =
        co_await attempt(called(known->prepStop, ApplicationsAccess::callbackState(all, name)));
    if (prepared)
        ApplicationsAccess::setCallbackState(all, name, *prepared);
    else
        logFailure(name, "prep_stop", prepared.error());
}

grove::Task<> stopped(std::string name) {
    Applications& all = extension<Applications>(Runtime::current());
    const std::optional<Application> known = all.specification(name);
    if (!known || !known->stop)
        co_return;
    const auto done =
        co_await attempt(called(known->stop, ApplicationsAccess::callbackState(all, name)));
    if (!done)
        logFailure(name, "stop", done.error());
}

} // namespace grove::otp
