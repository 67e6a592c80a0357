#pragma once

#include <grove/otp/application.h>

#include <memory>
#include <vector>

namespace grove::otp {

/// What outlives the application controller.
struct Applications::State {
    struct Entry {
        Application application;
        ApplicationStatus status;
        Term callbackState = Term::nil(); // what its start has said, or its prepStop
    };
    std::vector<std::unique_ptr<Entry>> entries; // in the order added
    std::vector<std::string> running;            // in the order started
    std::function<void(const NodeStop&)> nodeStopHandler;
    std::optional<NodeStop> nodeStop;

    [[nodiscard]] Entry* find(std::string_view name) const;
};

/// The controller's way to what is written down about applications.
struct ApplicationsAccess {
    /// Changes what is known; `change` runs under the lock. Does nothing for an unknown name.
    static void update(Applications& all, const std::string& name,
                       const std::function<void(ApplicationStatus&)>& change);
    [[nodiscard]] static Term callbackState(const Applications& all, const std::string& name);
    static void setCallbackState(Applications& all, const std::string& name, Term state);
    [[nodiscard]] static std::vector<std::string> running(const Applications& all);
    /// All are stopped because of this; tells whoever wants to know.
    static void stopNode(Applications& all, NodeStop why);
};

/// The body of the process `application_controller`.
[[nodiscard]] grove::Task<> runApplicationController();

} // namespace grove::otp
