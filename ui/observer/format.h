#pragma once
// Words for what an observer shows: pids, places in the source, statuses. Pure functions.

#include <grove/observe/tree.h>
#include <ui/common/marks.h>

#include <QString>

#include <chrono>
#include <string>

namespace grove::ui {

inline QString text(const std::string& utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}
inline std::string utf8(const QString& text) {
    return text.toStdString();
}

/// Returns: "#PID<0.46.0>", as a person types it into a shell; empty for no process.
QString pidText(Pid pid);
/// Returns: "0.46.0", for the drawn tree; empty for no process.
QString pidShort(Pid pid);
/// Returns: a span of time, "1.4 ms".
QString spanText(std::chrono::nanoseconds span);
/// Returns: an age in whole units: "4 s", "4 min 3 s", "2 h 5 min", "3 days 4 h".
QString ageText(std::chrono::nanoseconds age);
/// Returns: an age with its largest unit only: "4 min".
QString roundAgeText(std::chrono::nanoseconds age);
/// Returns: "list_server.cpp:88", empty if the place is not known.
QString sourceText(const observe::SourcePlace& place);
/// A function as a person calls it: "GenServer::serve" of the compiler's whole signature.
QString functionText(const std::string& signature);

/// Returns: "running", "own thread", "holding its scheduler", … A waiting process with its own
/// thread is called "own thread", since no scheduler has to do with it.
QString statusText(observe::Status status, bool ownThread);
StatusMark markOf(observe::Status status, bool ownThread);
StrategyGlyph glyphOf(observe::Strategy strategy);
QString strategyText(observe::Strategy strategy);
QString restartTypeText(observe::RestartType type);
QString priorityText(observe::Priority priority);
/// Returns: "application", "supervisor", "dynamic supervisor", "worker".
QString kindText(observe::PlaceKind kind);

} // namespace grove::ui
