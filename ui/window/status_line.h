#pragma once

#include <ui/todo/session.h>

#include <QStatusBar>
#include <QTimer>

namespace grove::ui {

class ElidedLabel;

/// The line at the bottom: what is saved, what runs, one hint. Says nothing that is not so.
class StatusLine : public QStatusBar {
    Q_OBJECT
public:
    explicit StatusLine(Session& session, QWidget* parent = nullptr);

    /// "27 processes", "1 restart", "CPU 0.4 %". A negative CPU hides it.
    void setFigures(qint64 processes, qint64 restarts, double cpuPercent);
    /// Shown instead of the saving state while not empty: the help or the reason of a menu's
    /// action.
    void setHint(const QString& hint);
    QString savedText() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void updateSaved();

    Session& m_session;
    QString m_hint;
    QWidget* m_mark;
    ElidedLabel* m_saved;
    ElidedLabel* m_processes;
    ElidedLabel* m_restarts;
    ElidedLabel* m_cpu;
    ElidedLabel* m_keys;
    QTimer m_aging;
};

/// The words for a saving state: "All changes saved", "Saving 3 changes…", …
QString savingWords(const Saving& saving);

} // namespace grove::ui
