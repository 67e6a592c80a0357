#include "ancestry.h"
#include "start_ack.h"

#include <grove/otp/proc_lib.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/info.h>
#include <grove/runtime/receive.h>

namespace grove::otp::proc_lib {

namespace detail {

namespace {

/// The reason of a Down that waits in the mailbox, and stays there.
grove::Task<std::optional<Term>> reasonAhead(Ref monitor) {
    std::optional<Term> reason;
    co_await grove::receive(on([monitor, found = &reason](const Message& message) {
                                if (message.kind() == MessageKind::Down && message.ref() == monitor)
                                    *found = message.payload().term();
                                return false;
                            }),
                            after(Duration::zero()));
    co_return reason;
}

} // namespace

grove::Task<MonitoredStart> launchMonitored(otp::detail::StartInfo info, grove::Task<> body) {
    if (const std::optional<Pid> holder = otp::detail::findHolder(info.options.name))
        co_return MonitoredStart{StartResult::error(tuple(atoms::alreadyStarted, *holder)), {}};
    const Spawned spawned = otp::detail::spawnStarting(info, kPlain, std::move(body));
    // The caller's monitor keeps its message; the start has one of its own.
    const Spawned watched{spawned.pid, grove::monitor(spawned.pid)};
    StartResult result =
        co_await otp::detail::awaitStart(watched, std::move(info), otp::detail::KeepMonitor::No);
    if (result.isError() && result.reason().isAtom(atoms::noproc)) {
        // It had ended before it was watched: then it has been told to the caller's monitor.
        std::optional<Term> reason = co_await reasonAhead(spawned.monitor);
        if (reason)
            result = StartResult::error(std::move(*reason));
    }
    co_return MonitoredStart{std::move(result), spawned.monitor};
}

} // namespace detail

namespace {

void tell(const Parent& parent, const StartResult& result, bool isLast) {
    grove::send(parent.pid(),
                Payload(otp::detail::StartAck{
                    .start = parent.start(), .result = result.term(), .isLast = isLast}));
}

} // namespace

void initAck(const Parent& parent, Term info) {
    tell(parent, StartResult::ok(self(), std::move(info)), false);
}

void initAck(const Parent& parent, const StartResult& result) {
    tell(parent, result, false);
}

void initFail(const Parent& parent, const StartResult& result, Term why) {
    tell(parent, result, true);
    grove::exit(std::move(why));
}

void initFail(const Parent& parent, Term why) {
    initFail(parent, StartResult::error(why), why);
}

grove::Task<std::optional<Term>> translateInitialCall(Pid pid) {
    auto answer = co_await processInfo(pid);
    if (const auto* told = std::get_if<ProcessInfo>(&answer))
        co_return otp::detail::initialCallIn(told->dictionary);
    co_return std::nullopt;
}

} // namespace grove::otp::proc_lib
