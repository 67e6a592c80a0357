#pragma once

#include <grove/todo/change.h>

#include <QDate>
#include <QObject>
#include <QString>

#include <vector>

namespace grove::ui {

/// A list as the sidebar shows it.
struct ListInfo {
    todo::ListId id = 0;
    QString name;
    qint64 openCount = 0;
    qint64 doneCount = 0;
    bool isInbox() const { return id == todo::kInbox; }
    bool operator==(const ListInfo&) const = default;
};

/// What the window can show of a list's entries.
enum class ListState {
    Closed,
    Loading, ///< opened, nothing read yet
    Ready,
    Away, ///< its server is not back: entries stay readable, changes wait
};

/// What has not been acknowledged by the disk.
struct Saving {
    int changes = 0;      ///< pending; 0: all saved
    qint64 oldestMs = 0;  ///< age of the oldest pending change
    QString waitingFor;   ///< "SQLite worker 2 is restarting"; may be empty
    bool stopped = false; ///< the to-do application is stopped: changes wait until it is started
};

/// Whether the disk takes changes.
struct DiskState {
    enum class Kind {
        Fine,
        Full,     ///< changes are kept and written when there is room
        Failing,  ///< the same for any other reason
        ReadOnly, ///< lists are shown, submit() refuses; for the whole life of the session
    };
    Kind kind = Kind::Fine;
    QString what; ///< ReadOnly: "Grove cannot write to ~/lists."; Failing: the system's words
    bool operator==(const DiskState&) const = default;
};

/// How entries of a list changed; all of one step together.
struct EntriesChange {
    std::vector<todo::Entry> upserted;
    std::vector<todo::EntryId> removed;
};

struct ImportLine {
    qint64 line = 0; ///< from 1
    QString text;
    QString title;  ///< empty: rejected
    QDate date;     ///< null: none
    QString reason; ///< why it was rejected
};

struct ImportPreview {
    QString path;
    std::vector<ImportLine> lines; ///< the first 20 that are not blank
    qint64 linesAbout = 0;         ///< estimate over the whole file
    QString problem; ///< rich text (message 6, "Nothing to import: …"); empty: it can be imported
};

struct ImportRequest {
    QString path;
    todo::ListId list = 0; ///< 0: a new one named newListName
    QString newListName;
    bool skipEqual = false; ///< leave out entries whose title and date are there already
};

struct ImportProgress {
    qint64 line = 0;
    qint64 linesAbout = 0;
    qint64 imported = 0;
};

struct ImportReport {
    todo::ListId list = 0;
    QString listName;
    qint64 imported = 0;
    qint64 rejectedCount = 0;
    qint64 skippedEqual = 0;
    std::vector<ImportLine> rejected; ///< the first 10,000 of them
    bool cancelled = false;
    qint64 stoppedAtLine = 0;
    qint64 linesAbout = 0;
    QString problem; ///< plain text; nothing was imported
    QString stopped; ///< plain text: why it ended before the file's end, as when the list is full
};

/// The to-do system as the window sees it.
///
/// Lists and entries are what the person should see now: a change is in them from submit() on, and
/// marked pending until it is on disk. Nothing here waits: whatever takes time is answered by a
/// signal.
///
/// Threads: the window's only. Every signal is emitted on it, never from within a call that only
/// asks.
class Session : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Inbox first, then the others in the order they were made.
    virtual std::vector<ListInfo> lists() const = 0;
    /// Null data (id 0) where there is no such list.
    ListInfo listInfo(todo::ListId list) const;

    /// The list is shown from now on: loads its entries and follows them. Counted; close() as
    /// often.
    virtual void open(todo::ListId list) = 0;
    virtual void close(todo::ListId list) = 0;
    virtual ListState stateOf(todo::ListId list) const = 0;
    /// All entries of an open list in any order; empty while Loading.
    virtual std::vector<todo::Entry> entries(todo::ListId list) const = 0;
    virtual bool isPending(todo::ListId list, todo::EntryId entry) const = 0;

    /// Does one change, which is one step of undo under this name ("tick off 'Dentist'").
    /// Errors: Refused with words for the person; then nothing happened. A later refusal comes as
    /// refused().
    virtual todo::Checked<void> submit(todo::ListId list, todo::Change change,
                                       const QString& undoName) = 0;
    /// A new list, with entries where given; one step of undo.
    virtual todo::Checked<todo::ListId> createList(const QString& name,
                                                   std::vector<todo::NewEntry> entries,
                                                   const QString& undoName) = 0;

    /// The name of what undo() and redo() would do; empty: nothing.
    virtual QString undoName() const = 0;
    virtual QString redoName() const = 0;
    virtual void undo() = 0;
    virtual void redo() = 0;

    virtual Saving saving() const = 0;

    virtual DiskState disk() const { return {}; }
    bool isReadOnly() const { return disk().kind == DiskState::Kind::ReadOnly; }
    /// The person wants to know now. A session that only reads is given up for a new one.
    virtual void tryDiskAgain() {}
    /// Requires: isReadOnly(). The person wants other lists.
    virtual void chooseOtherFolder() {}

    /// Answered by importPreviewed().
    virtual void previewImport(const QString& path) = 0;
    /// Answered by importProgressed() and one importFinished(). Requires: no import is running.
    virtual void startImport(const ImportRequest& request) = 0;
    /// What is in stays in; importFinished() follows within 200 ms.
    virtual void cancelImport() = 0;
    /// Goes on after a cancelled import where it stopped.
    virtual void continueImport() = 0;
    virtual bool importRunning() const = 0;
    /// The name of the file that the last import was of: "todos.csv".
    virtual QString importName() const = 0;

signals:
    /// A list was made, renamed, deleted, or its counts changed.
    void listsChanged();
    void stateChanged(grove::todo::ListId list);
    /// Also the first content of a list, after stateOf() has become Ready.
    void entriesChanged(grove::todo::ListId list, const grove::ui::EntriesChange& change);
    /// Some entries began or ceased to be pending.
    void pendingChanged(grove::todo::ListId list);
    /// undoName() or redoName() changed.
    void undoChanged();
    void savingChanged();
    void diskChanged();
    /// A change that was shown could not be done and has been taken back.
    void refused(grove::todo::ListId list, const QString& why);
    void importPreviewed(const grove::ui::ImportPreview& preview);
    void importProgressed(const grove::ui::ImportProgress& progress);
    void importFinished(const grove::ui::ImportReport& report);
};

} // namespace grove::ui
