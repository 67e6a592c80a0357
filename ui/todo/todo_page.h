#pragma once

#include <ui/common/page.h>
#include <ui/todo/session.h>

#include <QPointer>
#include <QTimer>

#include <functional>
#include <memory>
#include <unordered_map>

class QAction;

namespace grove::ui {

class ActionRegistry;
class BarStack;
class EmptyState;
class EntryDelegate;
class EntryModel;
class InlineBar;
class PageHead;
class QuickAdd;
class SearchField;
class TreeView;

/// One list: head, bars, quick add, entries.
///
/// Every edit goes to the session as one change with its name; the rows follow what the session
/// says. Going back to a list finds the row, the place and the folding it was left with; only the
/// list that is shown is open in the session.
class TodoPage : public Page {
    Q_OBJECT
public:
    /// Requires: addTodoActions() was called on `actions`. Session and registry must outlive the
    /// page.
    TodoPage(Session& session, ActionRegistry& actions, QWidget* parent = nullptr);
    ~TodoPage() override;

    void showList(todo::ListId list);
    todo::ListId list() const { return m_list; }
    BarStack* bars() const { return m_bars; }
    TreeView* view() const { return m_view; }
    EntryModel* model() const { return m_model.get(); }
    QuickAdd* quickAdd() const { return m_quickAdd; }
    SearchField* findField() const { return m_find; }
    /// Selected entries in the order of the rows.
    std::vector<todo::EntryId> selectedEntries() const;
    void selectEntry(todo::EntryId entry);
    /// The bar of the first start; `showMe` is its link.
    void showWelcomeBar(std::function<void()> showMe);
    /// Today, for tests and for midnight.
    void setToday(const QDate& today);

    /// A title that is being edited counts as it stands: before the list goes or the window closes.
    void commitEdit();
    /// Entries typed before any list was there; they go to the first that is shown.
    std::size_t earlyEntries() const { return m_early.size(); }
    void setCompact(bool compact) override;
    QWidget* focusTarget() override;
    void find() override;
    void findNext() override;
    void findPrevious() override;
    bool stepBack() override;
    void refreshNow() override;
    void setHeadActions(const QList<QAction*>& actions) override;
    void copySelection() override;

signals:
    void listShown(grove::todo::ListId list);
    /// F4.
    void processOfListRequested(grove::todo::ListId list);
    /// The welcome bar was closed for good.
    void welcomeBarClosed();

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    /// What is kept of a list while another one is shown.
    struct Memory {
        todo::EntryId current = 0;
        int scroll = 0;
        bool doneOpen = false;
    };

    void buildWidgets();
    void connectActions();
    void leaveList();
    void attachModel();
    void expandGroups(int first, int last);
    void restorePlace();
    bool toggleFold(const QModelIndex& index);
    void listChanged(todo::ListId list, const EntriesChange& change);
    void showChange(const EntriesChange& change);
    void showGathered();
    void updateHead();
    void updateActions();
    void refuseEdits();
    void updateEmpty();
    void submit(todo::Change change);
    void addEntry(const QString& title, const QDate& date);
    void addEarly();
    void offerLines(const QStringList& lines);
    void tickSelected();
    void editCurrent();
    void deleteSelected();
    void askDate();
    void moveSelected(const QDate& date);
    void editTitle(todo::EntryId entry, const QString& title);
    void tick(todo::EntryId entry, bool done);
    void showRowMenu(QPoint viewportPoint);
    void updateMatches();
    void goToMatch(int step);
    void waitForMidnight();
    QDate today() const { return m_today; }
    QString titleOf(todo::EntryId entry) const;

    Session& m_session;
    ActionRegistry& m_actions;
    QDate m_today;
    todo::ListId m_list = 0;
    std::unique_ptr<EntryModel> m_model;
    std::unordered_map<todo::ListId, Memory> m_memories;
    PageHead* m_head;
    SearchField* m_find;
    BarStack* m_bars;
    QuickAdd* m_quickAdd;
    TreeView* m_view;
    EntryDelegate* m_delegate;
    EmptyState* m_empty;
    QTimer m_midnight;
    EntriesChange
        m_gathered; ///< of an import; each change costs the view by the length of the list
    QTimer m_gathering;
    std::vector<todo::NewEntry> m_early; ///< typed while no list was shown yet
    QList<todo::EntryId> m_matches;
    QPointer<InlineBar> m_welcomeBar;
    todo::ListId m_welcomeList = 0;
    bool m_scrollToNew = false;   ///< the next new entry is the one just typed
    bool m_awaitsContent = false; ///< the list was shown before it was read
};

} // namespace grove::ui
