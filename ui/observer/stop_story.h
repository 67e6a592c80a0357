#pragma once

#include <grove/observe/consequences.h>
#include <ui/observer/subject.h>

#include <vector>

namespace grove::ui {

class ObserverContext;

/// Returns: what led to the end of an application, oldest first: the exits, restarts and giving up
/// of its processes in the seconds before its top supervisor ended, with the time after the first;
/// at most 8, the last of them. Empty where nothing of it is known any more.
std::vector<observe::RecoveryEvent> stopStory(ObserverContext& context,
                                              observe::PlaceId application);

} // namespace grove::ui
