#pragma once

#include <grove/otp/application.h>

namespace grove::otp {

/// How an application's top supervisor started, or why not.
struct TopStart {
    StartResult result;
    /// What the start answers: `{Reason, {Name, start, [normal, []]}}`, or
    /// `{bad_return, {{Name, start, [normal, []]}, V}}` for what was raised and for ignore.
    Term told;
};

/// Starts the top supervisor, linked to the caller.
[[nodiscard]] grove::Task<TopStart> startTop(Application application, PlaceId place,
                                             std::uint32_t restarts);
/// Runs prepStop, if there is one; what it gives is the application's state from then on.
[[nodiscard]] grove::Task<> prepareStop(std::string name);
/// Runs stop, if there is one.
[[nodiscard]] grove::Task<> stopped(std::string name);

} // namespace grove::otp
