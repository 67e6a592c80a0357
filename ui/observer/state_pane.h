#pragma once

#include <grove/term/pid.h>

#include <QWidget>

class QLabel;
class QToolButton;

namespace grove::ui {

class ObserverContext;
class TermView;

/// A server's state as a term. Asks the process when the pane is shown and when the person asks
/// again, never by itself: the question is a message to the process. The context must outlive it.
class StatePane : public QWidget {
    Q_OBJECT
public:
    explicit StatePane(ObserverContext& context, QWidget* parent = nullptr);

    void setProcess(Pid pid, const QString& title);
    void ask();
    QString words() const;
    TermView* view() const { return m_view; }
    QToolButton* askAgainButton() const { return m_again; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    ObserverContext& m_context;
    Pid m_pid;
    QLabel* m_line;
    QToolButton* m_again;
    TermView* m_view;
    bool m_asked = false; ///< since the process was set
    std::uint64_t m_question = 0;
};

} // namespace grove::ui
