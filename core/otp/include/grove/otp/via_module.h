#pragma once

#include <grove/runtime/message.h>
#include <grove/term/pid.h>
#include <grove/term/term.h>

#include <memory>
#include <optional>

namespace grove {
class Runtime;
}

namespace grove::otp {

/// A keeper of names of one's own, as OTP's `{via, Module, Key}` has it: once it is there under an
/// atom, `otp::via("phone_book", key)` names processes by it, at their start and in calls and
/// casts.
///
/// When not to use it: Registry is one already, and looks keys up without a message.
///
/// Threads: its functions run in the processes that start, call and cast, several at once; they
/// cannot wait for messages. What they raise ends the caller. Departures from OTP: a key is freed
/// by unregisterName() only when a start fails; who keeps names watches their holders.
class ViaModule {
public:
    virtual ~ViaModule() = default;

    /// For the process that starts under `key`. Returns: false when somebody has it (`no`).
    [[nodiscard]] virtual bool registerName(const Term& key, Pid pid) = 0;
    /// For a process whose start failed.
    virtual void unregisterName(const Term& key) = 0;
    [[nodiscard]] virtual std::optional<Pid> whereisName(const Term& key) = 0;
    /// A cast (`kind` Cast), dropped where nobody has the key, or a plain message; for that raises
    /// error(badarg) there. By default to who whereisName() says.
    virtual void send(const Term& key, Payload message, MessageKind kind);
};

/// Names of `via(name, key)` are this module's from now on, until the runtime ends. Requires: no
/// registry has this name; no other module.
void addViaModule(Runtime& runtime, Atom name, std::shared_ptr<ViaModule> module);

} // namespace grove::otp
