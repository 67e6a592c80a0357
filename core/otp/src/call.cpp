#include "via.h"

#include <grove/otp/call.h>
#include <grove/otp/partition_supervisor.h>
#include <grove/otp/sys.h>
#include <grove/term/inspect.h>

#include <chrono>

namespace grove::otp {

std::optional<Pid> findServer(const ServerRef& server) {
    if (const Pid* pid = server.asPid()) [[likely]]
        return *pid;
    if (const Via* name = server.asVia();
        name != nullptr && name->registry == atom(kPartitionModule) && name->key.isTuple(2))
        return PartitionSupervisor::find(name->key.element(0).toAtom(), name->key.element(1));
    return whereis(server);
}

namespace {

/// The module that delivers for this name itself; null: none does.
ViaModule* delivererOf(const ServerRef& server) {
    const Via* const name = server.asVia();
    return name == nullptr ? nullptr : findViaModule(name->registry);
}

} // namespace

std::optional<Pid> whereis(const ServerRef& server) {
    if (const Pid* pid = server.asPid())
        return *pid;
    if (const Atom* name = server.asAtom())
        return grove::whereis(*name);
    return whereisVia(*server.asVia());
}

namespace detail {

Term limitTerm(Duration limit) {
    if (limit == kInfinity)
        return atoms::infinity;
    return Term(std::chrono::ceil<std::chrono::milliseconds>(limit).count());
}

CallCore::CallCore(ServerRef server, Payload message, std::optional<Duration> limit)
    : m_server(std::move(server)), m_limit(limit), m_target(findServer(m_server).value_or(Pid())),
      m_call(m_target, std::move(message), limit.value_or(kCallLimit)) {}

bool CallCore::await_ready() {
    return m_target.isNone() || m_target == self() || m_call.await_ready();
}

CallResult CallCore::result() {
    if (m_call.target)
        return m_call.await_resume(); // it was sent
    return CallResult::down(m_target ? Term(atoms::callingSelf) : Term(atoms::noproc));
}

void CallCore::exitAs(Atom module, const CallResult& got, RequestTerm request) {
    if (!m_target)
        static_cast<void>(whereis(m_server)); // raises itself where its keeper does not run
    Term reason = got.isTimeout() ? Term(atoms::timeout) : got.reason();
    Term arguments = m_limit ? list({m_server.term(), request(*this), limitTerm(*m_limit)})
                             : list({m_server.term(), request(*this)});
    grove::exit(tuple(std::move(reason), tuple(module, atoms::call, std::move(arguments))));
}

Payload CallCore::replyOrExit(RequestTerm request) {
    CallResult got = result();
    if (got.isReply())
        return std::move(got).takeReply();
    exitAs(atoms::genServer, got, request);
}

Payload CallCore::replyOrExitAs(Atom module, RequestTerm request) {
    CallResult got = result();
    if (got.isReply())
        return std::move(got).takeReply();
    exitAs(module, got, request);
}

Result<Payload> CallCore::replyOrError() {
    CallResult got = result();
    if (got.isReply())
        return std::move(got).takeReply();
    if (got.isTimeout())
        return failure(atoms::timeout, "no answer within the limit");
    const Term reason = got.reason();
    if (reason.isAtom(atoms::noproc))
        return failure(atoms::noproc, "there is no such process: " + inspect(m_server.term()));
    if (reason.isAtom(atoms::callingSelf))
        return failure(atoms::callingSelf, "a process cannot call itself");
    return failure(atom("down"), "the server ended: " + inspect(reason));
}

void badReply(const Error& why) {
    grove::error(tuple(atom("bad_reply"), Term(why.message)));
}

} // namespace detail

void cast(const ServerRef& server, Payload message) {
    if (const Pid* pid = server.asPid()) [[likely]] {
        grove::sendCast(*pid, std::move(message));
        return;
    }
    if (ViaModule* const deliverer = delivererOf(server))
        deliverer->send(server.asVia()->key, std::move(message), MessageKind::Cast);
    else if (const std::optional<Pid> pid = findServer(server))
        grove::sendCast(*pid, std::move(message));
}

void send(const ServerRef& server, Payload message) {
    if (ViaModule* const deliverer = delivererOf(server))
        return deliverer->send(server.asVia()->key, std::move(message), MessageKind::Plain);
    const std::optional<Pid> pid = whereis(server);
    if (!pid)
        grove::error(atoms::badarg);
    grove::send(*pid, std::move(message));
}

grove::Task<> stop(ServerRef server, Term why, Duration limit) {
    const std::optional<Pid> pid = whereis(server);
    if (!pid)
        grove::exit(atoms::noproc);
    if (*pid == self())
        grove::exit(tuple(atoms::callingSelf, tuple(atoms::genServer, atoms::stop,
                                                    list({*pid, why, detail::limitTerm(limit)}))));
    CallResult got = co_await request(
        *pid,
        Payload(sys::Request{.what = sys::Request::What::Stop, .argument = why, .replace = {}}),
        limit);
    if (got.isTimeout())
        grove::exit(atoms::timeout); // the request stays queued and is honoured later
    if (got.isDown() && !equalsExact(got.reason(), why))
        grove::exit(got.reason());
}

} // namespace grove::otp
