#pragma once
// How the classes of a behaviour are started: the static functions that all of them have.

#include <grove/otp/spawn_server.h>

#include <utility>

namespace grove::otp::detail {

/// Start functions for a class `Derived` of a behaviour. Glue<Derived> has `processKind()` and
/// `body(StartInfo, args…)`, the process.
template <class Derived, template <class> class Glue> class Starts {
public:
    /// Starts a process that is linked to the calling one.
    /// Resumes: when init() has returned or failed. Errors: none are raised for a failed start, see
    /// StartResult.
    template <class... Args> [[nodiscard]] static grove::Task<StartResult> startLink(Args... args) {
        return launch(StartOptions{}, Linked::Yes, std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions options, Args... args) {
        return launch(std::move(options), Linked::Yes, std::move(args)...);
    }
    /// Starts a process that is nobody's child.
    template <class... Args> [[nodiscard]] static grove::Task<StartResult> start(Args... args) {
        return launch(StartOptions{}, Linked::No, std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] static grove::Task<StartResult> start(StartOptions options, Args... args) {
        return launch(std::move(options), Linked::No, std::move(args)...);
    }

    /// The same, and monitors it; of a failed start nothing comes.
    template <class... Args>
    [[nodiscard]] static grove::Task<MonitoredStart> startMonitor(Args... args) {
        return launchMonitored(StartOptions{}, std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] static grove::Task<MonitoredStart> startMonitor(StartOptions options,
                                                                  Args... args) {
        return launchMonitored(std::move(options), std::move(args)...);
    }

    /// Makes the running process such a one; for processes that are started in another way.
    /// Returns when it has stopped normally.
    template <class... Args>
    [[nodiscard]] static grove::Task<> enterLoop(StartOptions options, Args... args) {
        checkArguments<Args...>();
        return Glue<Derived>::template body<Args...>(
            StartInfo{.options = std::move(options), .ack = {}, .starter = {}}, std::move(args)...);
    }

protected:
    Starts() = default;
    ~Starts() = default;

private:
    template <class... Args> static consteval void checkArguments() {
        static_assert((... && (alignof(Args) <= 16)),
                      "the arguments of a start lie in memory aligned to 16");
    }
    template <class... Args>
    static grove::Task<StartResult> launch(StartOptions&& options, Linked linked, Args... args) {
        checkArguments<Args...>();
        StartInfo info = prepareStart(std::move(options), linked);
        StartPlan plan = planOf(info, Glue<Derived>::processKind());
        return detail::launch(std::move(plan), Glue<Derived>::template body<Args...>(
                                                   std::move(info), std::move(args)...));
    }
    template <class... Args>
    static grove::Task<MonitoredStart> launchMonitored(StartOptions&& options, Args... args) {
        checkArguments<Args...>();
        StartInfo info = prepareStart(std::move(options), Linked::No);
        StartPlan plan = planOf(info, Glue<Derived>::processKind());
        return detail::launchMonitored(std::move(plan), Glue<Derived>::template body<Args...>(
                                                            std::move(info), std::move(args)...));
    }
};

} // namespace grove::otp::detail
