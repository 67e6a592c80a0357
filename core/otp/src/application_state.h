#pragma once

#include <grove/otp/application.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace grove::otp {

/// What a controller has begun and its successor goes on with.
struct ControllerNotes {
    struct End {
        Term reason;
        bool isPrepared = false; // prepStop has begun, and is not begun again
    };
    std::map<std::string, End> ends; // of trees, known and not seen to
    std::set<std::string> failed;    // did not start again; a RestartAgain is under way
    std::optional<NodeStop> stop;    // the others are being stopped
};

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
    ControllerNotes notes;

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
    /// A copy of what is noted.
    [[nodiscard]] static ControllerNotes notes(const Applications& all);
    /// Changes it; `change` runs under the lock.
    static void note(Applications& all, const std::function<void(ControllerNotes&)>& change);
    /// All are stopped because of what is noted; tells whoever wants to know.
    static void stopNode(Applications& all);
};

/// The body of the process `application_controller`.
[[nodiscard]] grove::Task<> runApplicationController();

} // namespace grove::otp
