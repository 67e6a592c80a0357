#include <grove/otp/call.h>
#include <grove/otp/sys.h>
#include <grove/runtime/errors.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace grove::otp::sys {

namespace {

using What = Request::What;

constexpr std::array kNames{
    std::pair{What::GetState, std::string_view("get_state")},
    std::pair{What::GetView, std::string_view("get_view")},
    std::pair{What::GetStatus, std::string_view("get_status")},
    std::pair{What::ReplaceState, std::string_view("replace_state")},
    std::pair{What::Suspend, std::string_view("suspend")},
    std::pair{What::Resume, std::string_view("resume")},
    std::pair{What::Terminate, std::string_view("terminate")},
    std::pair{What::Stop, std::string_view("stop")},
    std::pair{What::ChangeCode, std::string_view("change_code")},
    std::pair{What::Debug, std::string_view("debug")},
};

Atom nameOf(What what) {
    for (const auto& [each, name] : kNames)
        if (each == what)
            return atom(name);
    GROVE_UNREACHABLE("a system request without a name");
}

/// What a request is called in an exit: `{Function, Arguments}` behind the server.
struct Shown {
    Term function;
    std::vector<Term> arguments;
};

Shown shownOf(const Request& request) {
    if (request.what == What::Unknown)
        return {atom("request"), {request.argument}};
    if (request.what != What::Debug)
        return {nameOf(request.what), {}};
    const Term& what = request.argument;
    if (request.install)
        return {atom("install"), {tuple(what, atoms::function, request.state)}};
    if (what.isTuple(2) && what.element(0).isAtom())
        return {what.element(0), {what.element(1)}};
    return {tuple(atom("debug"), what), {}};
}

[[noreturn]] void fail(Term reason, Shown shown, const ServerRef& server) {
    shown.arguments.insert(shown.arguments.begin(), server.term());
    grove::exit(tuple(std::move(reason),
                      tuple(atom("sys"), std::move(shown.function), listFrom(shown.arguments))));
}

grove::Task<Term> ask(ServerRef server, Request request, Duration limit) {
    const std::optional<Pid> pid = whereis(server);
    if (!pid)
        fail(atoms::noproc, shownOf(request), server);
    if (*pid == self())
        fail(atoms::callingSelf, shownOf(request), server);
    Shown shown = shownOf(request);
    const CallResult got = co_await grove::request(*pid, Payload(std::move(request)), limit);
    if (got.isTimeout())
        fail(atoms::timeout, std::move(shown), server);
    if (got.isDown())
        fail(got.reason(), std::move(shown), server);
    co_return got.term();
}

grove::Task<Term> debug(ServerRef server, Term what, Duration limit) {
    return ask(std::move(server), Request{.what = What::Debug, .argument = std::move(what)}, limit);
}
grove::Task<> debugOnly(ServerRef server, Term what, Duration limit) {
    static_cast<void>(co_await debug(std::move(server), std::move(what), limit));
}
Term onOff(const char* what, Switch on) {
    return tuple(atom(what), on == Switch::On);
}
Term get(const char* what) {
    return tuple(atom(what), atom("get"));
}

/// The value of `{ok, Value}`.
Term valueOf(const Term& answer) {
    return answer.isTagged(atoms::ok, 2) ? answer.element(1) : answer;
}

grove::Task<Term> replace(ServerRef server, Request request, Duration limit) {
    const Term answer = co_await ask(server, std::move(request), limit);
    if (answer.isTagged(atoms::error, 2))
        fail(tuple(atom("callback_failed"), tuple(atoms::genServer, atom("system_replace_state")),
                   answer.element(1)),
             {nameOf(What::ReplaceState), {}}, server);
    co_return valueOf(answer);
}

Request requestOf(What what) {
    return {.what = what, .argument = atoms::undefined};
}

} // namespace

grove::Task<Term> getState(ServerRef server, Duration limit) {
    co_return valueOf(co_await ask(std::move(server), requestOf(What::GetState), limit));
}

grove::Task<Term> getView(ServerRef server, Duration limit) {
    co_return valueOf(co_await ask(std::move(server), requestOf(What::GetView), limit));
}

grove::Task<Term> getStatus(ServerRef server, Duration limit) {
    return ask(std::move(server), requestOf(What::GetStatus), limit);
}

grove::Task<Term> replaceState(ServerRef server, Term state, Duration limit) {
    Request request = requestOf(What::ReplaceState);
    request.argument = std::move(state);
    return replace(std::move(server), std::move(request), limit);
}

grove::Task<Term> replaceState(ServerRef server, std::function<Term(Term)> change, Duration limit) {
    Request request = requestOf(What::ReplaceState);
    request.replace = std::move(change);
    return replace(std::move(server), std::move(request), limit);
}

grove::Task<> suspend(ServerRef server, Duration limit) {
    co_await ask(std::move(server), requestOf(What::Suspend), limit);
}

grove::Task<> resume(ServerRef server, Duration limit) {
    co_await ask(std::move(server), requestOf(What::Resume), limit);
}

grove::Task<> terminate(ServerRef server, Term why, Duration limit) {
    Request request = requestOf(What::Terminate);
    request.argument = std::move(why);
    co_await ask(std::move(server), std::move(request), limit);
}

grove::Task<std::expected<void, Term>> changeCode(ServerRef server,
                                                  const detail::ServerType* (*successor)(),
                                                  Term oldVersion, Term extra, Duration limit) {
    Request request{.what = What::ChangeCode,
                    .argument = std::move(oldVersion),
                    .extra = std::move(extra),
                    .successor = successor};
    const Term answer = co_await ask(std::move(server), std::move(request), limit);
    if (answer.isTagged(atoms::error, 2))
        co_return std::unexpected(answer.element(1));
    co_return std::expected<void, Term>();
}

grove::Task<std::expected<void, Term>> changeCode(ServerRef server, Term oldVersion, Term extra,
                                                  Duration limit) {
    return changeCode(std::move(server), nullptr, std::move(oldVersion), std::move(extra), limit);
}

grove::Task<> trace(ServerRef server, Switch on, Duration limit) {
    return debugOnly(std::move(server), onOff("trace", on), limit);
}

grove::Task<> statistics(ServerRef server, Switch on, Duration limit) {
    return debugOnly(std::move(server), onOff("statistics", on), limit);
}

namespace {

WallTime timeOf(const Term& dateTime) {
    const auto part = [&](std::size_t group, std::size_t i) {
        return dateTime.element(group).element(i).toInt();
    };
    using namespace std::chrono;
    const year_month_day date(year(static_cast<int>(part(0, 0))),
                              month(static_cast<unsigned>(part(0, 1))),
                              day(static_cast<unsigned>(part(0, 2))));
    return sys_days(date) + hours(part(1, 0)) + minutes(part(1, 1)) + seconds(part(1, 2));
}

} // namespace

grove::Task<std::optional<Statistics>> getStatistics(ServerRef server, Duration limit) {
    const Term told = valueOf(co_await debug(std::move(server), get("statistics"), limit));
    if (told.isAtom())
        co_return std::nullopt;
    std::vector<Term> values;
    for (const Term& pair : told.listElements())
        values.push_back(pair.element(1));
    const auto number = [&](std::size_t i) {
        return static_cast<std::uint64_t>(values.at(i).toInt());
    };
    co_return Statistics{.startTime = timeOf(values.at(0)),
                         .currentTime = timeOf(values.at(1)),
                         .reductions = number(2),
                         .messagesIn = number(3),
                         .messagesOut = number(4)};
}

grove::Task<> log(ServerRef server, Switch on, Duration limit) {
    return debugOnly(std::move(server), onOff("log", on), limit);
}

grove::Task<> log(ServerRef server, std::size_t events, Duration limit) {
    return debugOnly(std::move(server), tuple(atom("log"), tuple(true, events)), limit);
}

grove::Task<std::vector<Term>> getLog(ServerRef server, Duration limit) {
    const Term told = valueOf(co_await debug(std::move(server), get("log"), limit));
    std::vector<Term> events;
    for (const Term& event : told.listElements())
        events.push_back(event);
    co_return events;
}

grove::Task<Result<void>> logToFile(ServerRef server, std::string path, Duration limit) {
    const Term answer =
        co_await debug(std::move(server), tuple(atom("log_to_file"), Term(path)), limit);
    if (!answer.isAtom(atoms::ok))
        co_return failure(atom("open_file"), "cannot write to " + path);
    co_return Result<void>();
}

grove::Task<> stopLogToFile(ServerRef server, Duration limit) {
    return debugOnly(std::move(server), onOff("log_to_file", Switch::Off), limit);
}

grove::Task<> install(ServerRef server, DebugInstall function, Duration limit) {
    co_await ask(std::move(server),
                 Request{.what = What::Debug,
                         .argument = std::move(function.id),
                         .install = std::move(function.run),
                         .state = std::move(function.state)},
                 limit);
}

grove::Task<> remove(ServerRef server, Term id, Duration limit) {
    return debugOnly(std::move(server), tuple(atom("remove"), std::move(id)), limit);
}

grove::Task<> noDebug(ServerRef server, Duration limit) {
    return debugOnly(std::move(server), atom("no_debug"), limit);
}

grove::Task<Term> request(ServerRef server, Term what, Duration limit) {
    const Term wire = tuple(atoms::system, what);
    Result<Request> known = fromTerm<Request>(wire);
    return ask(std::move(server),
               known ? std::move(*known) : Request{.what = What::Unknown, .argument = what}, limit);
}

} // namespace grove::otp::sys

namespace grove {

Term TermConversion<otp::sys::Request>::toTerm(const otp::sys::Request& request) {
    using What = otp::sys::Request::What;
    if (request.what == What::Unknown)
        return tuple(atoms::system, request.argument);
    const Term name = otp::sys::nameOf(request.what);
    switch (request.what) {
    case What::ReplaceState:
    case What::Terminate:
    case What::Stop:
        return tuple(atoms::system, tuple(name, request.argument));
    case What::Debug:
        return tuple(atoms::system,
                     tuple(name, request.install ? tuple(atom("install"), request.argument)
                                                 : request.argument));
    case What::ChangeCode: {
        const Term module =
            request.successor ? Term(atom(request.successor()->name)) : Term(atoms::undefined);
        return tuple(atoms::system, tuple(name, module, request.argument, request.extra));
    }
    default:
        return tuple(atoms::system, name);
    }
}

bool TermConversion<otp::sys::Request>::fromTerm(const Term& term, otp::sys::Request& request,
                                                 Conversion& conversion) {
    using What = otp::sys::Request::What;
    if (!term.isTagged(atoms::system, 2))
        return conversion.failExpected("{system, Request}", term);
    const Term& asked = term.element(1);
    const Term name = asked.tupleSize() > 0 ? asked.element(0) : asked;
    for (const auto& [what, text] : otp::sys::kNames) {
        if (!name.isAtom(atom(text)))
            continue;
        const std::size_t size = what == What::ChangeCode     ? 4
                                 : what == What::ReplaceState ? 2
                                 : what == What::Terminate    ? 2
                                 : what == What::Stop         ? 2
                                 : what == What::Debug        ? 2
                                                              : 0;
        if (asked.tupleSize() != size)
            break;
        request.what = what;
        request.argument = Term(atoms::undefined);
        if (size == 2)
            request.argument = asked.element(1);
        if (what == What::ChangeCode) { // the module is this server's own: code has no names here
            request.argument = asked.element(2);
            request.extra = asked.element(3);
        }
        return true;
    }
    return conversion.failExpected("a system request", asked);
}

} // namespace grove
