#pragma once

#include <grove/otp/application.h>
#include <grove/term/describe.h>

#include <string>

namespace grove::otp {

inline constexpr const char* kControllerName = "application_controller";
inline constexpr const char* kKernelName = "kernel";

// What the application controller understands. Answers are {ok, Names} or {error, {Code, Text}}.

struct StartApplication {
    std::string name;
    bool withDependencies = false;
    ApplicationType type = ApplicationType::Temporary;
    GROVE_FIELDS(StartApplication, name, withDependencies, type)
};
struct StopApplication {
    std::string name;
    GROVE_FIELDS(StopApplication, name)
};
struct StopAllApplications {
    GROVE_FIELDS(StopAllApplications)
};
/// As messages that nobody waits for.
struct RequestStart {
    std::string name;
    GROVE_FIELDS(RequestStart, name)
};
/// To itself: an application with restartAtOnce did not start, and is tried again.
struct RestartAgain {
    std::string name;
    GROVE_FIELDS(RestartAgain, name)
};
struct RequestStop {
    std::string name;
    GROVE_FIELDS(RequestStop, name)
};

} // namespace grove::otp
