#pragma once

#include <grove/otp/application.h>
#include <grove/todo/client.h>
#include <grove/todo/undo.h>
#include <ui/bridge/shown_list.h>
#include <ui/bridge/window_process.h>
#include <ui/todo/session.h>

#include <QTimer>

#include <map>
#include <memory>
#include <set>

namespace grove::ui {

class ImportRun;

/// The to-do system of this program as the window sees it.
///
/// A change is shown at once and kept here until it is on disk, whatever dies in between: the
/// window's process serves it, and the next one goes on where the one before was killed. Threads:
/// Qt's. Owns: nothing of the runtime, which must outlive it.
class TodoSession final : public Session, public WindowDuties, private todo::ClientEvents {
    Q_OBJECT
public:
    /// `workers`: SQLite workers of the to-do application. `readOnly`: why nothing can be changed,
    /// "Grove cannot write to ~/lists."; empty where it can.
    TodoSession(Runtime& runtime, QtHost& host, int workers, QString readOnly = {});
    ~TodoSession() override;

    std::vector<ListInfo> lists() const override;
    void open(todo::ListId list) override;
    void close(todo::ListId list) override;
    ListState stateOf(todo::ListId list) const override;
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
    Saving saving() const override;
    DiskState disk() const override;
    void tryDiskAgain() override;
    void chooseOtherFolder() override;
    void previewImport(const QString& path) override;
    void startImport(const ImportRequest& request) override;
    void cancelImport() override;
    void continueImport() override;
    bool importRunning() const override;
    QString importName() const override;

    /// Nothing of the lists is known before this is true.
    [[nodiscard]] bool listsAreRead() const { return m_listsAreRead; }
    /// The window's own process, none while it is down.
    [[nodiscard]] Pid process() const { return m_process; }
    /// The server of a list, if one runs.
    [[nodiscard]] Pid serverOf(todo::ListId list) const;
    /// Reads the lists and their counts anew.
    void refreshLists();

    // WindowDuties
    void began() override;
    void handle(Message message) override;
    void ended() noexcept override;

    /// The changes that are not answered.
    [[nodiscard]] std::set<todo::OperationId> unanswered() const { return m_unanswered; }

signals:
    void listsWereRead();
    /// A list that is shown was read again, by a server that came anew.
    void listReread(grove::todo::ListId list, const grove::ui::Reread& found);
    /// A change is on disk, or was refused.
    void changeAnswered(const std::string& operation, bool isDone);
    /// Of lists that can only be read: the person wants them opened anew, or those of another
    /// folder.
    void reopenWanted(bool otherFolder);

private:
    friend class ImportRun;

    struct Known {
        todo::ListSummary summary; ///< as on disk
        QString name;              ///< as shown
        bool isDeleted = false;    ///< as shown
        int unanswered = 0;        ///< changes of name or existence that are not on disk
    };
    struct Shown {
        ShownList list;
        int openCount = 0;
        ListState state = ListState::Loading;
    };

    // ClientEvents
    void answered(const todo::OperationId& operation, todo::ListId list,
                  const todo::ChangeAnswer& answer) override;
    void listLoaded(todo::ListId list, todo::ListData data) override;
    void listMissing(todo::ListId list) override;
    void listChanged(const todo::ListChanged& changed) override;
    void listAway(todo::ListId list) override;
    void listsRead(std::vector<todo::ListSummary> lists) override;
    void storageTrouble(const todo::StorageTrouble& trouble) override;

    todo::Checked<void> begin(const todo::OperationId& operation, todo::ListId list,
                              const todo::Change& change);
    void step(std::optional<todo::UndoHistory::Step> step, const todo::OperationId& operation);
    todo::Checked<void> checkListChange(todo::ListId list, const todo::Change& change) const;
    void showListChange(todo::ListId list, const todo::Change& change, int unanswered);
    /// Does what undo and redo were asked for, as far as it can be done now.
    void stepWanted();
    void tell(todo::ListId list, const EntriesChange& change);
    void refreshListsSoon();
    void setTrouble(const todo::StorageTrouble& trouble);
    /// Runs `work` in the window's process, soon. Lost when that process is killed before: see
    /// began().
    void inProcess(std::function<void()> work);
    void savingMayHaveChanged();
    [[nodiscard]] bool isApplicationRunning() const;
    [[nodiscard]] QString waitingFor() const;
    /// Returns: the processes that unsaved changes pass through; some may be none.
    [[nodiscard]] std::vector<Pid> wayToTheDisk() const;

    Runtime& m_runtime;
    QtHost& m_host;
    const int m_workers;
    const QString m_readOnly;
    Pid m_process; ///< that serves this now
    todo::Client m_client;
    todo::UndoHistory m_history;
    std::map<todo::ListId, Known> m_known;
    std::map<todo::ListId, Shown> m_shown;
    std::map<todo::OperationId, todo::Change>
        m_listChanges; ///< unanswered ones of name and existence
    std::set<todo::OperationId> m_unanswered;
    bool m_listsAreRead = false;
    std::map<todo::ListId, todo::StorageTrouble> m_troubles; ///< of lists with changes that wait
    Saving m_told;
    QTimer m_savingTimer;  ///< runs while something is pending
    QTimer m_refreshTimer; ///< gathers reasons to read the lists anew
    std::unique_ptr<ImportRun> m_import;
};

} // namespace grove::ui
