#pragma once

#include <grove/observe/tree.h>

#include <functional>

namespace grove::ui {

/// A point of the time that places are stamped with.
using TimePoint = decltype(observe::Place::lastChange);
using Now = std::function<TimePoint()>;

/// What is looked at or acted on: a process, and the place it was shown at. Either may be none. An
/// action goes to the process of its subject, never to whatever fills the place by then.
struct Subject {
    observe::PlaceId place = 0;
    Pid pid;
    explicit operator bool() const { return place != 0 || bool(pid); }
    bool operator==(const Subject&) const = default;
};

} // namespace grove::ui
