#include <grove/otp/call.h>
#include <grove/otp/sys.h>
#include <grove/runtime/errors.h>

#include <array>
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
};

Atom nameOf(What what) {
    for (const auto& [each, name] : kNames)
        if (each == what)
            return atom(name);
    GROVE_UNREACHABLE("a system request without a name");
}

[[noreturn]] void fail(Term reason, What what, const ServerRef& server) {
    grove::exit(tuple(std::move(reason), tuple(atom("sys"), nameOf(what), list({server.term()}))));
}

grove::Task<Term> ask(ServerRef server, Request request, Duration limit) {
    const What what = request.what;
    const std::optional<Pid> pid = whereis(server);
    if (!pid)
        fail(atoms::noproc, what, server);
    if (*pid == self())
        fail(atoms::callingSelf, what, server);
    const CallResult got = co_await grove::request(*pid, Payload(std::move(request)), limit);
    if (got.isTimeout())
        fail(atoms::timeout, what, server);
    if (got.isDown())
        fail(got.reason(), what, server);
    co_return got.term();
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
             What::ReplaceState, server);
    co_return valueOf(answer);
}

Request requestOf(What what) {
    return {.what = what, .argument = atoms::undefined, .replace = {}};
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

} // namespace grove::otp::sys

namespace grove {

Term TermConversion<otp::sys::Request>::toTerm(const otp::sys::Request& request) {
    using What = otp::sys::Request::What;
    const Term name = otp::sys::nameOf(request.what);
    const bool hasArgument = request.what == What::ReplaceState ||
                             request.what == What::Terminate || request.what == What::Stop;
    return tuple(atoms::system, hasArgument ? tuple(name, request.argument) : name);
}

bool TermConversion<otp::sys::Request>::fromTerm(const Term& term, otp::sys::Request& request,
                                                 Conversion& conversion) {
    if (!term.isTagged(atoms::system, 2))
        return conversion.failExpected("{system, Request}", term);
    const Term& asked = term.element(1);
    const Term name = asked.isTuple(2) ? asked.element(0) : asked;
    for (const auto& [what, text] : otp::sys::kNames) {
        if (!name.isAtom(atom(text)))
            continue;
        request.what = what;
        request.argument = asked.isTuple(2) ? asked.element(1) : Term(atoms::undefined);
        return true;
    }
    return conversion.failExpected("a system request", asked);
}

} // namespace grove
