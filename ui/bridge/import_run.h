#pragma once

#include <grove/todo/import.h>
#include <ui/todo/session.h>

namespace grove::ui {

class TodoSession;

/// The import of a window: one at a time, as a process that is started again where it was when it
/// is killed.
///
/// Threads: Qt's.
class ImportRun {
public:
    explicit ImportRun(TodoSession& session) : m_session(session) {}

    void preview(const QString& path);
    void start(const ImportRequest& request);
    void cancel();
    /// Goes on after a cancelled one.
    void resume();
    [[nodiscard]] bool isRunning() const { return m_isRunning; }
    [[nodiscard]] QString fileName() const;

    // -- in the window's process
    // --------------------------------------------------------------------------------
    /// A new window's process serves the import: the one before may have missed its words.
    void began();
    /// Returns whether the message was the import's.
    bool handle(Message& message);

private:
    void begin();
    void ensureStarted();
    void progressed(const todo::ImportProgress& progress);
    void done(const todo::ImportDone& done);
    void settled(const todo::ImportSettled& settled);
    void addPart(const std::vector<todo::IdRange>& added);
    void finishStep(std::uint64_t imported);

    TodoSession& m_session;
    todo::ImportJob m_job;
    todo::OperationId m_step; ///< of the history; empty: making the list is the step
    QString m_listName;
    Pid m_pid;
    Ref m_monitor;
    bool m_isRunning = false;
    bool m_isCancelled = false;
    std::uint64_t m_importedBefore = 0; ///< by runs of this import that were cancelled or killed
    std::uint64_t m_imported = 0;       ///< by the run under way, so far
    qint64 m_linesAbout = 0;
};

} // namespace grove::ui
