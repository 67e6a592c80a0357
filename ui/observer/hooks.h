#pragma once
// What the observer asks of the program around it: words and ways it cannot know, because it knows
// no application.

#include <grove/observe/consequences.h>
#include <grove/observe/tree.h>
#include <ui/common/inline_bar.h>

#include <QString>

#include <functional>
#include <memory>

namespace grove::ui {

/// A message for a bar: rich text with what came from outside escaped.
struct BarText {
    BarKind kind = BarKind::Info;
    QString text;
    bool operator==(const BarText&) const = default;
};

/// Looks on while an exit or a start takes effect, and knows what became of the program's own
/// things. Asked again after ProcessActions::retell(), as long as the bar is there.
///
/// Threads: the interface thread.
class Witness {
public:
    Witness() = default;
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    virtual ~Witness() = default;

    /// Instead of the whole result of an exit: "<b>Welcome to Grove's process was killed.</b> The
    /// window reopened it in 0.8 ms: 7 of 7 entries there." Empty: the observer's own words.
    virtual BarText whatHappened(const observe::Outcome&) const { return {}; }
    /// Added to the result of an exit, plain text: "2 writes waited; both are saved."
    virtual QString kept(const observe::Outcome&) const { return {}; }
    /// Added when an application was started again, plain text: "2 changes were saved."
    virtual QString keptAfterStart() const { return {}; }
};

/// Providers that a program may set; each may stay empty. A provider that returns an empty text
/// says "nothing special", and the observer uses its own words.
///
/// Threads: called on the interface thread, while texts are shown: must be quick and must not wait.
struct ObserverHooks {
    using Consequences = observe::Consequences;

    /// Instead of the sentence on what an exit will do, plain text: "Its supervisor does not
    /// restart it (temporary). The window has this list open and asks for it again."
    std::function<QString(const Consequences&)> whatWillHappen;
    /// The row "Kept" of the kill question, plain text: "every saved entry; 2 queued writes are
    /// sent again".
    std::function<QString(const Consequences&)> kept;
    /// Called before an exit is sent or an application is started.
    std::function<std::shared_ptr<Witness>()> watch;
    /// What people call an application: "to-do" for "todo".
    std::function<QString(const QString& application)> applicationTitle;
    /// The bar of a stopped application, after the reason, plain text: "Saved entries are on disk;
    /// 2 changes wait here."
    std::function<QString(const QString& application)> keptWhileStopped;
    /// A muted note behind the name of a place: "2 of 4 lists open".
    std::function<QString(const observe::Place&)> note;
    /// What a person would call the kind of a process, under the inspector's title: "list server".
    std::function<QString(const observe::Place&)> kind;
    /// True if killing this process would end the window's own; it is then always asked about.
    std::function<bool(Pid)> isWindow;
    /// The way back from a process to what it serves (F4): whether there is one, and to go there.
    std::function<bool(Pid)> hasHome;
    std::function<void(Pid)> goHome;
};

} // namespace grove::ui
