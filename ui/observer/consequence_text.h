#pragma once
// The words for what an exit will do. Pure functions over observe::Consequences.

#include <ui/observer/hooks.h>

#include <QList>
#include <QString>

namespace grove::ui {

/// A line of facts: "Budget", "3 of 3 restarts in 5 s used; …".
struct Fact {
    QString key;
    QString value;
    bool operator==(const Fact&) const = default;
};

/// What the sentence depends on beside the consequences.
struct ConsequenceWords {
    const ObserverHooks* hooks = nullptr;
    observe::RestartType restartType = observe::RestartType::Permanent; ///< of the process's place
};

/// Returns: the sentence of "If it is killed", plain text.
QString whatWillHappen(const observe::Consequences& consequences, const ConsequenceWords& words);

/// Returns: the rows of the kill question: Restarts or What happens, Budget, Told, Kept.
QList<Fact> questionFacts(const observe::Consequences& consequences, const ConsequenceWords& words);

/// Returns: "todo › TopSupervisor › DatabaseSupervisor".
QString pathText(const observe::Consequences& consequences);

/// Returns: "1 of 3 in 5 s", empty if nothing of the budget is used or nothing is allowed.
QString budgetShort(std::size_t used, std::uint32_t intensity, std::chrono::milliseconds period);

/// Returns: "4th".
QString ordinal(std::uint32_t number);

/// Returns: "to-do application", or its bare name where no hook knows better.
QString applicationText(const ObserverHooks* hooks, const std::string& name);

/// True for what is never covered by "Do not ask again": an application or the window would stop.
bool alwaysAsks(const observe::Consequences& consequences, const ObserverHooks& hooks);

} // namespace grove::ui
