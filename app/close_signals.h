#pragma once

#include <QObject>

#include <functional>

class QSocketNotifier;

namespace grove::app {

/// SIGTERM, SIGINT and SIGHUP end the program in order: they close the window as a person would,
/// and answer a question that is asked before there is one with its end.
///
/// Threads: the main one; made before others are started, so that all inherit the blocked mask.
class CloseSignals : public QObject {
    Q_OBJECT
public:
    CloseSignals();
    ~CloseSignals() override;

    /// Signals are heard from now on. Requires: a QApplication.
    void listen();
    /// What a signal does instead of ending the questions; empty: that again.
    void setClose(std::function<void()> close) { m_close = std::move(close); }
    /// Whether one came while nobody was there to be closed: no more questions are to be asked.
    [[nodiscard]] bool haveEnded() const { return m_haveEnded; }

private:
    void take();

    int m_file = -1;
    QSocketNotifier* m_notifier = nullptr;
    std::function<void()> m_close;
    bool m_haveEnded = false;
};

} // namespace grove::app
