#pragma once

#include <grove/todo/list.h>
#include <ui/todo/session.h>

#include <QElapsedTimer>
#include <QTimer>

#include <map>
#include <memory>
#include <set>

namespace grove::test {

/// Lists in memory behind the window's interface: the same values, no processes, no disk.
///
/// Changes are saved at once unless hold() was called; then they stay pending until release().
class MemorySession final : public ui::Session {
    Q_OBJECT
public:
    explicit MemorySession(QObject* parent = nullptr);
    ~MemorySession() override;

    /// A list that is simply there: no undo step.
    todo::ListId put(const QString& name, std::vector<todo::NewEntry> entries);
    const todo::List& value(todo::ListId list) const { return m_lists.at(list); }
    void hold();
    void release();
    void setWaitingFor(const QString& reason, bool stopped);
    /// Opened lists stay Loading until arrive() is called.
    void setSlow(bool slow) { m_slow = slow; }
    void arrive(todo::ListId list);
    /// While unread, the session knows of no list at all.
    void setUnread(bool unread);
    void setDisk(const ui::DiskState& disk);
    int openCount(todo::ListId list) const;
    /// The import takes no line until continueImport(); it is still running.
    void pauseImport() { m_importTimer.stop(); }
    /// Lines that one turn of the event loop imports; small: an import can be stopped.
    void setImportStep(int lines) { m_importStep = lines; }

    std::vector<ui::ListInfo> lists() const override;
    void open(todo::ListId list) override;
    void close(todo::ListId list) override;
    ui::ListState stateOf(todo::ListId list) const override;
    std::vector<todo::Entry> entries(todo::ListId list) const override;
    bool isPending(todo::ListId list, todo::EntryId entry) const override;
    todo::Checked<void> submit(todo::ListId list, todo::Change change,
                               const QString& undoName) override;
    todo::Checked<todo::ListId> createList(const QString& name, std::vector<todo::NewEntry> entries,
                                           const QString& undoName) override;
    QString undoName() const override;
    QString redoName() const override;
    void undo() override;
    void redo() override;
    ui::Saving saving() const override;
    ui::DiskState disk() const override { return m_disk; }
    void previewImport(const QString& path) override;
    void startImport(const ui::ImportRequest& request) override;
    void cancelImport() override;
    void continueImport() override;
    bool importRunning() const override { return m_importRunning; }
    QString importName() const override;

private:
    struct Step {
        todo::ListId list;
        todo::Change change; ///< what undo (or redo) does
        QString name;
    };
    struct Import;

    todo::Checked<todo::Applied> apply(todo::ListId list, const todo::Change& change);
    void report(todo::ListId list, const todo::Applied& applied);
    void stepBack(std::vector<Step>& from, std::vector<Step>& to);
    void importSome();
    void endImport(bool cancelled);
    bool nameIsTaken(const QString& name, todo::ListId besides) const;

    std::map<todo::ListId, todo::List> m_lists;
    std::map<todo::ListId, int> m_open;
    std::map<todo::ListId, std::set<todo::EntryId>> m_pending;
    std::set<todo::ListId> m_loading;
    std::vector<Step> m_undo;
    std::vector<Step> m_redo;
    todo::ListId m_nextList = todo::kInbox;
    bool m_held = false;
    bool m_slow = false;
    bool m_unread = false;
    int m_heldChanges = 0;
    QElapsedTimer m_heldSince;
    QString m_waitingFor;
    ui::DiskState m_disk;
    bool m_stopped = false;
    std::unique_ptr<Import> m_import;
    QTimer m_importTimer;
    bool m_importRunning = false;
    int m_importStep = 100'000;
};

} // namespace grove::test
