#pragma once

#include <ui/todo/session.h>

#include <QHash>
#include <QMainWindow>
#include <QPointer>
#include <QTimer>

#include <functional>
#include <map>

class QSettings;
class QStackedWidget;

namespace grove::ui {

class ActionRegistry;
class InlineBar;
class Page;
class Pane;
class QuestionDialog;
class Sidebar;
class Splitter;
class StatusLine;
class TodoPage;

/// A page of the observer, as the window needs to know it.
struct PageSpec {
    QString id;    ///< "tree"
    QString title; ///< "Tree"
    const char* icon = "";
    QKeySequence key; ///< Alt+1; an action view.ID is added for it
};

/// The frame: sidebar, lists above, the observer's pages below or alone, the inspector at the
/// right, status line.
///
/// Knows the to-do page, and the observer's pages and inspector as widgets only. Build it so:
///
///     ActionRegistry actions;
///     MainWindow window(session, actions, settings);    // adds its own and the to-do actions
///     window.addPage({"tree", tr("Tree"), "tree", Qt::ALT | Qt::Key_1}, treePage);
///     window.setInspector(inspector);
///     window.finish();                                  // menus, what was open last time
///     window.show();
///
/// Threads: Qt's main thread. Session, registry and settings must outlive it.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(Session& session, ActionRegistry& actions, QSettings& settings,
               QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Takes ownership. Requires: before finish().
    void addPage(const PageSpec& spec, Page* page);
    /// The figure at the end of a page's sidebar row ("27").
    void setPageCount(const QString& pageId, const QString& count);
    /// Takes ownership. Requires: before finish(), at most once.
    void setInspector(QWidget* inspector);
    /// Fills the menus and opens what was open when the program was closed (else the Inbox).
    void finish();
    /// The first start, before the lists are read: no list yet, the keyboard in quick add.
    /// Requires: after finish().
    void awaitFirstTime();
    /// The first start, with the lists read: makes the welcome list and shows its bar.
    void startFirstTime();

    TodoPage* todoPage() const { return m_todoPage; }
    StatusLine* statusLine() const { return m_status; }
    Sidebar* sidebar() const { return m_sidebar; }
    void showList(todo::ListId list);
    void showPage(const QString& pageId);
    /// The page of the observer that is, or was last, shown.
    QString currentPage() const { return m_currentPage; }
    bool listsShown() const;
    bool pageShown() const;
    bool isSplit() const { return m_split; }
    void setSplit(bool split);
    bool inspectorShown() const { return m_inspectorShown; }
    void setInspectorShown(bool shown);
    /// Starts the import of a file: the dialog, then the report in the list's bars.
    void importFile(const QString& path);
    /// Work that closing would cut short, beside what the session does: an import for a command
    /// line. Closing waits for it, or asks whether to stop it.
    struct Errand {
        QString heading;            ///< "Importing todos.csv…"
        std::function<void()> stop; ///< what is done so far stays; endErrand() follows
        bool isImport = true;
    };
    /// Returns: a number for endErrand().
    int beginErrand(Errand errand);
    void endErrand(int number);
    /// Closes without asking again (the session has ended, or the question was answered).
    void closeNow();

signals:
    /// Show the process of this list in the tree (F4, F8, Show me). The split is open already.
    void listProcessWanted(grove::todo::ListId list, bool takeKeyboard);
    /// Once, after the first-start bar led to the process of its list: say what can be done there.
    void treeHintWanted(const QString& richText);
    /// The window was closed for good: end the program.
    void closed();

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    void buildFrame();
    void connectActions();
    void connectViewActions();
    void connectLists();
    void layoutPanes();
    void placeInspector();
    void fitColumns();
    void applySidebar();
    void followFocus(QWidget* now);
    void cyclePane(int step);
    QList<Pane*> visiblePanes() const;
    Page* activePage() const;
    Page* pageOf(const Pane* pane) const;
    void stepBack();
    void chooseNthList(int position);
    void deleteCurrentList();
    void renameCurrentList();
    /// Rename and delete are about the sidebar's row: on a page's they are greyed.
    void updateListActions();
    void nameProblem(const QString& why);
    void showPalette();
    void showAbout();
    void updateUndo();
    void updateHeads();
    void restoreLayout();
    void readSettings();
    void writeSettings();
    void readPages();
    void writePages();
    void copySelection();
    int unsaved() const;
    /// What runs that would be cut short, as headings.
    QStringList workUnderWay() const;
    bool mayClose() const;
    bool commitListName();
    void askBeforeClosing();
    void updateCloseQuestion();
    void dropCloseQuestion();
    void closeAnswered();
    void keepWaiting();
    void workChanged();
    void createList(const QString& name);
    void renameList(todo::ListId list, const QString& name);
    /// For a sidebar without room for an editor. 0: a new list.
    void askListName(todo::ListId list);
    void listGone();
    void openWantedList();
    void makeWelcomeList();
    void showWelcomeBar();
    void showMe();
    void keepWelcomeBar();

    Session& m_session;
    ActionRegistry& m_actions;
    QSettings& m_settings;
    Sidebar* m_sidebar;
    TodoPage* m_todoPage;
    QStackedWidget* m_pageStack;
    StatusLine* m_status;
    Splitter* m_columns;
    Splitter* m_rows;
    QWidget* m_centre;
    Pane* m_sidebarPane;
    Pane* m_listPane;
    Pane* m_pagePane;
    Pane* m_inspectorPane;
    Pane* m_activePane = nullptr;
    QWidget* m_inspector = nullptr;
    QHash<QString, Page*> m_pages;
    QString m_currentPage;
    QString m_theme;
    int m_sidebarWidth;
    int m_inspectorWidth;
    bool m_split = false;
    bool m_listOnTop = true; ///< without a split: the list is shown, not the page
    bool m_sidebarShown = true;
    bool m_inspectorShown = false;
    todo::ListId m_welcomeList = 0; ///< whose first-start bar was not closed yet; 0: none
    bool m_welcomeBar = false;      ///< it is there
    bool m_treeHint = false;        ///< not given yet
    bool m_closing = false;
    bool m_finished = false;
    QTimer m_closeWait;
    QPointer<QuestionDialog> m_closeQuestion;
    QPointer<InlineBar> m_closeBar; ///< says that the window closes by itself
    bool m_closeWanted = false;     ///< it closes as soon as nothing is under way
    bool m_stopAsked = false;       ///< what is under way was told to stop
    std::map<int, Errand> m_errands;
    int m_errandNumber = 0;
    QString m_nameRefused;         ///< why the last name of a list was not taken
    todo::ListId m_wantedList = 0; ///< open last time, not read yet
    todo::ListId m_goneList = 0;   ///< was shown when it was deleted
};

} // namespace grove::ui
