#pragma once

#include <grove/observe/consequences.h>
#include <ui/common/question_dialog.h>
#include <ui/observer/subject.h>

#include <optional>

namespace grove::ui {

class ObserverContext;

/// "Kill SQLite worker 3?" with what will follow, kept up to date while it is open.
///
/// Bound to the pid of its subject: if that process ends while the question is open, there is
/// nothing left to kill and it says so. Threads: the window's only.
class KillQuestion : public QuestionDialog {
    Q_OBJECT
public:
    /// The context must outlive the question.
    KillQuestion(ObserverContext& context, const Subject& subject,
                 const observe::Consequences& consequences, QWidget* parent);

    const Subject& subject() const { return m_subject; }
    /// The last prediction that was shown.
    const observe::Consequences& consequences() const { return m_consequences; }

private:
    void askAgain();
    void display(const observe::Consequences& consequences);

    ObserverContext& m_context;
    Subject m_subject;
    observe::Consequences m_consequences;
    bool m_asking = false;
};

} // namespace grove::ui
