#include "ancestry.h"
#include "start_ack.h"

#include <grove/otp/proc_lib.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/info.h>
#include <grove/runtime/spawn_dictionary.h>

namespace grove::otp::proc_lib {

namespace {

void tell(const Parent& parent, const StartResult& result, bool isLast) {
    grove::detail::answerStart(
        parent.pid(), parent.start(),
        Payload(otp::detail::StartAck{.result = result.term(), .isLast = isLast}));
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
