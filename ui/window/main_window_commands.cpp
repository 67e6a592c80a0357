// What MainWindow does for its actions. How it closes is in main_window_close.cpp.

#include <ui/common/actions.h>
#include <ui/common/inline_bar.h>
#include <ui/common/page.h>
#include <ui/common/pane.h>
#include <ui/common/question_dialog.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/todo/import_dialog.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/todo_page.h>
#include <ui/todo/undo_link.h>
#include <ui/todo/undo_names.h>
#include <ui/window/command_palette.h>
#include <ui/window/key_sheet.h>
#include <ui/window/main_window.h>
#include <ui/window/sidebar.h>
#include <ui/window/sidebar_model.h>
#include <ui/window/status_line.h>

#include <QAction>
#include <QApplication>
#include <QFileDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QShortcut>
#include <QStackedWidget>
#include <QToolButton>

#include <utility>

namespace grove::ui {

void MainWindow::connectActions() {
    const auto on = [this](const char* id, auto slot) {
        connect(m_actions.action(id), &QAction::triggered, this, slot);
    };
    on("file.quit", [this] { close(); });
    on("file.newList", [this] {
        m_sidebarShown = true;
        applySidebar();
        if (m_sidebar->iconsOnly()) {
            askListName(0);
            return;
        }
        m_sidebar->editNewList();
    });
    on("file.import", [this] {
        const QString path = QFileDialog::getOpenFileName(
            this, tr("Import CSV"), QString(), tr("CSV files (*.csv *.txt);;All files (*)"));
        if (!path.isEmpty())
            importFile(path);
    });
    on("list.rename", [this] { renameCurrentList(); });
    on("list.delete", [this] { deleteCurrentList(); });
    on("edit.undo", [this] { m_session.undo(); });
    on("edit.redo", [this] { m_session.redo(); });
    on("edit.copy", [this] { copySelection(); });
    on("edit.find", [this] { activePage()->find(); });
    on("edit.findNext", [this] { activePage()->findNext(); });
    on("edit.findPrevious", [this] { activePage()->findPrevious(); });
    // Before the page's own slot: the line must be there to take the keyboard.
    connect(m_actions.action("entry.add"), &QAction::triggered, this, [this] {
        if (!listsShown())
            showList(m_todoPage->list());
        m_todoPage->quickAdd()->line()->setFocus(Qt::ShortcutFocusReason);
    });
    connectViewActions();
}

void MainWindow::connectViewActions() {
    const auto on = [this](const char* id, auto slot) {
        connect(m_actions.action(id), &QAction::triggered, this, slot);
    };
    on("view.sidebar", [this](bool shown) {
        m_sidebarShown = shown;
        applySidebar();
    });
    on("view.split", [this](bool split) { setSplit(split); });
    on("view.inspector", [this](bool shown) { setInspectorShown(shown); });
    on("view.nextPane", [this] { cyclePane(1); });
    on("view.previousPane", [this] { cyclePane(-1); });
    on("view.refresh", [this] { activePage()->refreshNow(); });
    on("view.restoreLayout", [this] { restoreLayout(); });
    const auto theme = [this, on](const char* id, ThemeMode mode, const char* name) {
        on(id, [this, mode, name] {
            m_theme = QLatin1String(name);
            Theme::instance().setMode(mode);
        });
    };
    theme("view.themeDesktop", ThemeMode::Desktop, "desktop");
    theme("view.themeLight", ThemeMode::Light, "light");
    theme("view.themeDark", ThemeMode::Dark, "dark");
    on("help.keys", [this] { (new KeySheet(m_actions, this))->open(); });
    on("help.palette", [this] { showPalette(); });
    on("help.welcome", [this] { makeWelcomeList(); });
    on("help.about", [this] { showAbout(); });
    connect(&m_actions, &ActionRegistry::hinted, m_status, &StatusLine::setHint);
    connect(new QShortcut(Qt::Key_Escape, this), &QShortcut::activated, this,
            &MainWindow::stepBack);
    for (int position = 0; position < 9; ++position)
        connect(new QShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + position)), this),
                &QShortcut::activated, this, [this, position] { chooseNthList(position); });
}

void MainWindow::connectLists() {
    connect(m_sidebar, &Sidebar::listChosen, this, &MainWindow::showList);
    connect(m_sidebar, &Sidebar::pageChosen, this, &MainWindow::showPage);
    connect(m_sidebar, &Sidebar::currentChanged, this, &MainWindow::updateListActions);
    connect(&m_session, &Session::diskChanged, this, &MainWindow::updateListActions);
    connect(m_sidebar->model(), &SidebarModel::createRequested, this, &MainWindow::createList);
    connect(m_sidebar->model(), &SidebarModel::renameRequested, this, &MainWindow::renameList);
    connect(m_todoPage, &TodoPage::processOfListRequested, this, [this](todo::ListId list) {
        if (!m_split)
            setSplit(true);
        emit listProcessWanted(list, true);
    });
    connect(m_todoPage, &TodoPage::welcomeBarClosed, this, [this] {
        m_welcomeBar = false;
        m_welcomeList = 0;
        keepWelcomeBar();
    });
    connect(&m_session, &Session::undoChanged, this, &MainWindow::updateUndo);
    connect(&m_session, &Session::listsChanged, this, &MainWindow::listGone);
    connect(&m_session, &Session::importFinished, this, [this](const ImportReport& report) {
        if (report.list != 0)
            showList(report.list);
        showImportReport(*m_todoPage->bars(), m_session, report, this);
    });
    connect(&m_session, &Session::savingChanged, this, &MainWindow::workChanged);
    connect(&m_session, &Session::importFinished, this, &MainWindow::workChanged);
}

void MainWindow::copySelection() {
    auto* inspector = dynamic_cast<CopySource*>(m_inspector);
    if (inspector && m_activePane == m_inspectorPane && m_inspectorPane->isVisible())
        inspector->copySelection();
    else
        activePage()->copySelection();
}

void MainWindow::createList(const QString& name) {
    const auto made = m_session.createList(name, {}, tr("make the list '%1'").arg(name.trimmed()));
    if (!made) {
        nameProblem(QString::fromStdString(made.error().why));
        return;
    }
    showList(*made);
    m_todoPage->quickAdd()->line()->setFocus(Qt::OtherFocusReason);
}

void MainWindow::renameList(todo::ListId list, const QString& name) {
    todo::Change change = todo::RenameList{name.toStdString()};
    const QString undo = undoNameOf(change, m_session.listInfo(list).name, QDate::currentDate());
    const auto done = m_session.submit(list, std::move(change), undo);
    if (!done)
        nameProblem(QString::fromStdString(done.error().why));
}

void MainWindow::askListName(todo::ListId list) {
    const QString before = list == 0 ? QString() : m_session.listInfo(list).name;
    auto* question = new QuestionDialog(this);
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setHeading(list == 0 ? tr("New list") : tr("Rename %1").arg(before));
    auto* field = new QLineEdit(before, question);
    field->setPlaceholderText(tr("Name of the list"));
    field->setAccessibleName(tr("Name of the list"));
    field->selectAll();
    question->setExtra(field);
    question->setButtons(tr("Cancel"), list == 0 ? tr("Make the list") : tr("Rename"),
                         QuestionDialog::Verb::Plain);
    connect(question, &QDialog::accepted, this, [this, field, list, before] {
        if (list == 0)
            createList(field->text());
        else if (field->text() != before)
            renameList(list, field->text());
    });
    question->open();
}

void MainWindow::openWantedList() {
    if (m_wantedList == 0 || m_session.lists().empty())
        return;
    const todo::ListId wanted = std::exchange(m_wantedList, 0);
    m_todoPage->showList(m_session.listInfo(wanted).id != 0 ? wanted : todo::kInbox);
    if (m_todoPage->list() == m_welcomeList && !m_welcomeBar)
        showWelcomeBar();
    layoutPanes();
}

void MainWindow::listGone() {
    openWantedList();
    const todo::ListId shown = m_todoPage->list();
    if (shown != 0 && m_session.listInfo(shown).id == 0) {
        m_goneList = shown;
        showList(todo::kInbox);
    } else if (m_goneList != 0 && m_session.listInfo(m_goneList).id != 0) {
        showList(std::exchange(m_goneList, 0)); // undo brought back what was shown
    }
}

void MainWindow::nameProblem(const QString& why) {
    m_nameRefused = why;
    m_todoPage->bars()->show(BarKind::Warning, why.toHtmlEscaped())->setLifetime(10'000);
}

void MainWindow::updateListActions() {
    const bool listed = m_sidebar->currentList() != 0;
    for (const char* id : {"list.rename", "list.delete"})
        m_actions.setEnabled(id, listed && !m_session.isReadOnly(),
                             listed ? tr("The lists can only be read")
                                    : tr("Select a list in the sidebar first"));
}

void MainWindow::renameCurrentList() {
    const todo::ListId list = m_sidebar->currentList();
    if (list == 0)
        return;
    if (list == todo::kInbox)
        nameProblem(QString::fromStdString(todo::inboxStays().why));
    else if (m_sidebar->iconsOnly())
        askListName(list);
    else
        m_sidebar->editCurrentList();
}

void MainWindow::deleteCurrentList() {
    const todo::ListId list = m_sidebar->currentList();
    if (list == 0)
        return;
    const bool wasShown = list == m_todoPage->list();
    todo::Change change = todo::DeleteList{};
    const QString name = m_session.listInfo(list).name;
    const QString undo = undoNameOf(change, name, QDate::currentDate());
    const auto done = m_session.submit(list, std::move(change), undo);
    if (!done) {
        nameProblem(QString::fromStdString(done.error().why));
        return;
    }
    if (wasShown)
        m_goneList = list; // also where the sidebar has gone on to its next row by itself
    auto* bar = m_todoPage->bars()->show(BarKind::Info,
                                         tr("<b>%1 was deleted.</b>").arg(name.toHtmlEscaped()));
    addUndoLink(*m_todoPage->bars(), *bar, m_session, tr("Undo"));
    bar->setLifetime(10'000);
}

void MainWindow::chooseNthList(int position) {
    const todo::ListId list = m_sidebar->model()->listAt(position);
    if (list == 0)
        return;
    showList(list);
    m_todoPage->focusTarget()->setFocus(Qt::ShortcutFocusReason);
}

void MainWindow::importFile(const QString& path) {
    if (m_session.importRunning())
        return;
    (new ImportDialog(m_session, path, m_todoPage->list(), this))->open();
}

void MainWindow::cyclePane(int step) {
    // A bar with something to press is a stop of its own, after its pane.
    QList<QWidget*> stops;
    for (Pane* pane : visiblePanes()) {
        stops.append(pane->focusTarget());
        for (InlineBar* bar : pane->findChildren<InlineBar*>())
            if (bar->isVisible())
                for (QToolButton* button : bar->findChildren<QToolButton*>())
                    if (button->isVisible()) {
                        stops.append(button);
                        break;
                    }
    }
    if (stops.isEmpty())
        return;
    const QWidget* now = QApplication::focusWidget();
    qsizetype at = -1;
    for (qsizetype i = 0; i < stops.size(); ++i)
        if (stops.at(i) == now)
            at = i;
    for (qsizetype i = 0; at < 0 && i < stops.size(); ++i)
        if (m_activePane && m_activePane->isAncestorOf(stops.at(i)))
            at = i;
    stops.at((at + step + stops.size()) % stops.size())->setFocus(Qt::TabFocusReason);
}

void MainWindow::stepBack() {
    if (Page* page = activePage(); page && page->stepBack())
        return;
    // The inspector lies over the page: it goes first, and the keyboard back to what it covered.
    if (m_inspectorShown && m_inspectorPane->parentWidget() == m_centre) {
        setInspectorShown(false);
        activePage()->focusTarget()->setFocus(Qt::OtherFocusReason);
        return;
    }
    if (m_activePane == m_sidebarPane || m_activePane == m_inspectorPane)
        activePage()->focusTarget()->setFocus(Qt::OtherFocusReason);
}

void MainWindow::showPalette() {
    QList<CommandPalette::Command> commands = CommandPalette::commandsOf(m_actions);
    for (const ListInfo& info : m_session.lists())
        commands.append({info.name, tr("Go to list"), {}, {}, [this, id = info.id] {
                             showList(id);
                             m_todoPage->focusTarget()->setFocus(Qt::OtherFocusReason);
                         }});
    (new CommandPalette(commands, this))->open();
}

void MainWindow::showAbout() {
    auto* about = new QuestionDialog(this);
    about->setAttribute(Qt::WA_DeleteOnClose);
    about->setHeading(QStringLiteral("Grove %1").arg(QApplication::applicationVersion()));
    about->setSubLine(tr("To-do lists in supervised processes, and an observer that shows them."));
    about->setFacts({{tr("Licence"), tr("MIT")}, {tr("Qt"), QString::fromLatin1(qVersion())}});
    about->setButtons(tr("Close"), tr("Keys"), QuestionDialog::Verb::Plain);
    connect(about, &QDialog::accepted, m_actions.action("help.keys"), &QAction::trigger);
    about->open();
}

void MainWindow::updateUndo() {
    const auto show = [this](const char* id, const QString& name, const QString& bare,
                             const QString& named, const QString& reason) {
        m_actions.action(id)->setText(name.isEmpty() ? bare : named.arg(name));
        m_actions.setEnabled(id, !name.isEmpty(), reason);
    };
    show("edit.undo", m_session.undoName(), tr("&Undo"), tr("&Undo %1"),
         tr("Nothing was changed since the start"));
    show("edit.redo", m_session.redoName(), tr("&Redo"), tr("&Redo %1"),
         tr("Nothing was taken back"));
}

} // namespace grove::ui
