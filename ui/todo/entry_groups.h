#pragma once

#include <QDate>

namespace grove::ui {

// A group's key is its place and its identity: children carry it as internalId, so it is never 0.
inline constexpr quintptr kOverdue = 1;
inline constexpr quintptr kToday = 2;
inline constexpr quintptr kTomorrow = 3;
inline constexpr quintptr kFirstDay = 10; // + Julian day
inline constexpr quintptr kNoDate = quintptr(1) << 40;
inline constexpr quintptr kDone = kNoDate + 1;

} // namespace grove::ui
