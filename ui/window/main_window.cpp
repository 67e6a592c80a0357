// The frame itself: panes, sizes, what is shown. Commands and closing are in
// main_window_commands.cpp.

#include <ui/common/actions.h>
#include <ui/common/metrics.h>
#include <ui/common/page.h>
#include <ui/common/pane.h>
#include <ui/common/splitter.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/todo_actions.h>
#include <ui/todo/todo_page.h>
#include <ui/todo/welcome.h>
#include <ui/window/main_window.h>
#include <ui/window/sidebar.h>
#include <ui/window/sidebar_model.h>
#include <ui/window/status_line.h>
#include <ui/window/window_actions.h>

#include <QAction>
#include <QApplication>
#include <QMenuBar>
#include <QPainter>
#include <QResizeEvent>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace grove::ui {

namespace {

constexpr int kInspectorBeside = 1120; // below, it lies over the page
constexpr int kSidebarWords = 1000;    // below, icons only
constexpr QSize kMinimum(900, 560);

/// Keeps the inspector's leading edge visible where it lies over the page.
class Overlay final : public Pane {
public:
    using Pane::Pane;

protected:
    void paintEvent(QPaintEvent* event) override;
};

void Overlay::paintEvent(QPaintEvent* event) {
    Pane::paintEvent(event);
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Background));
    if (qobject_cast<QSplitter*>(parentWidget()))
        return; // the splitter draws the line
    drawHairline(painter, Qt::Vertical, layoutDirection() == Qt::RightToLeft ? width() - 1 : 0, 0,
                 height(), color(Token::Border));
}

} // namespace

MainWindow::MainWindow(Session& session, ActionRegistry& actions, QSettings& settings,
                       QWidget* parent)
    : QMainWindow(parent), m_session(session), m_actions(actions), m_settings(settings),
      m_sidebarWidth(metrics().sidebar), m_inspectorWidth(metrics().inspector) {
    if (!m_actions.find(QStringLiteral("entry.tick")))
        addTodoActions(m_actions);
    addWindowActions(m_actions);
    setWindowTitle(QStringLiteral("Grove"));
    setWindowIcon(QIcon(QStringLiteral(":/grove.svg")));
    setMinimumSize(kMinimum);
    buildFrame();
    connectActions();
    connectLists();
    connect(qApp, &QApplication::focusChanged, this,
            [this](QWidget*, QWidget* now) { followFocus(now); });
    m_closeWait.setSingleShot(true);
    connect(&m_closeWait, &QTimer::timeout, this, &MainWindow::askBeforeClosing);
}

MainWindow::~MainWindow() {
    // An editor that is open commits when its view goes: by then this is no MainWindow any more.
    disconnect(qApp, nullptr, this, nullptr);
    m_session.disconnect(this);
    m_actions.disconnect(this);
    for (QObject* sender :
         std::initializer_list<QObject*>{m_sidebar, m_sidebar->model(), m_todoPage})
        sender->disconnect(this);
    delete takeCentralWidget();
}

void MainWindow::buildFrame() {
    m_status = new StatusLine(m_session, this);
    setStatusBar(m_status);
    m_columns = new Splitter(Qt::Horizontal, this);
    m_sidebar = new Sidebar(m_session, m_actions);
    m_sidebarPane = new Pane(tr("Sidebar"));
    m_sidebarPane->setContent(m_sidebar);
    m_centre = new QWidget;
    auto* centreLayout = new QVBoxLayout(m_centre);
    centreLayout->setContentsMargins(0, 0, 0, 0);
    m_rows = new Splitter(Qt::Vertical, m_centre);
    centreLayout->addWidget(m_rows);
    m_todoPage = new TodoPage(m_session, m_actions);
    m_listPane = new Pane(tr("List"));
    m_listPane->setContent(m_todoPage);
    m_pageStack = new QStackedWidget;
    m_pagePane = new Pane(tr("Observer"));
    m_pagePane->setContent(m_pageStack);
    m_rows->addWidget(m_listPane);
    m_rows->addWidget(m_pagePane);
    m_rows->setStretchFactor(0, 1);
    m_rows->setStretchFactor(1, 1);
    m_inspectorPane = new Overlay(tr("Inspector"));
    m_inspectorPane->setAttribute(Qt::WA_StyledBackground, false);
    m_columns->addWidget(m_sidebarPane);
    m_columns->addWidget(m_centre);
    m_columns->addWidget(m_inspectorPane);
    for (int column = 0; column < 3; ++column)
        m_columns->setStretchFactor(column, column == 1 ? 1 : 0);
    setCentralWidget(m_columns);
    m_pagePane->hide();
    m_inspectorPane->hide();
    m_listPane->setMinimumHeight(160);
    m_pagePane->setMinimumHeight(160);
    m_inspectorPane->setMinimumWidth(metrics().inspectorMin);
    connect(m_columns, &Splitter::resized, this, [this] {
        applySidebar();
        placeInspector();
    });
    connect(m_columns, &QSplitter::splitterMoved, this, [this] {
        if (!m_sidebar->iconsOnly() && m_sidebarShown)
            m_sidebarWidth = m_sidebarPane->width();
        if (m_inspectorPane->isVisible() && m_inspectorPane->parentWidget() == m_columns)
            m_inspectorWidth = m_inspectorPane->width();
    });
}

void MainWindow::addPage(const PageSpec& spec, Page* page) {
    Q_ASSERT(!m_finished);
    m_pages.insert(spec.id, page);
    m_pageStack->addWidget(page);
    m_sidebar->model()->addPage(spec.id, spec.title, spec.icon);
    const QByteArray actionId = "view." + spec.id.toLatin1();
    QAction* action = m_actions.add({.id = actionId.constData(),
                                     .menu = MenuId::View,
                                     .section = 0,
                                     .text = spec.title,
                                     .help = tr("Show %1").arg(spec.title),
                                     .icon = spec.icon,
                                     .keys = {spec.key}});
    connect(action, &QAction::triggered, this, [this, id = spec.id] {
        showPage(id);
        m_pages.value(id)->focusTarget()->setFocus(Qt::ShortcutFocusReason);
    });
    if (m_currentPage.isEmpty())
        m_currentPage = spec.id;
}

void MainWindow::setPageCount(const QString& pageId, const QString& count) {
    m_sidebar->model()->setPageCount(pageId, count);
}

void MainWindow::setInspector(QWidget* inspector) {
    Q_ASSERT(!m_inspector);
    m_inspector = inspector;
    m_inspectorPane->setContent(inspector);
}

void MainWindow::finish() {
    m_finished = true;
    if (!m_inspector)
        m_actions.setEnabled("view.inspector", false, tr("There is no inspector here"));
    if (m_pages.isEmpty())
        m_actions.setEnabled("view.split", false, tr("There is no page to show below"));
    m_actions.fillMenuBar(menuBar());
    readSettings();
    updateUndo();
    updateListActions();
}

void MainWindow::awaitFirstTime() {
    m_wantedList = 0; // no list until the welcome list is there: it gets what is typed meanwhile
    setSplit(false);
    setInspectorShown(false);
    m_todoPage->quickAdd()->line()->setFocus(Qt::OtherFocusReason);
}

void MainWindow::startFirstTime() {
    makeWelcomeList();
    m_welcomeList = m_todoPage->list();
    m_treeHint = true;
    showWelcomeBar();
    keepWelcomeBar();
}

void MainWindow::showWelcomeBar() {
    m_welcomeBar = true;
    m_todoPage->showWelcomeBar([this] {
        if (m_split)
            showMe();
        else
            setSplit(true);
    });
}

/// The process of the welcome list, with the keyboard, and what can be done there.
void MainWindow::showMe() {
    if (width() >= kInspectorBeside)
        setInspectorShown(true);
    emit listProcessWanted(m_todoPage->list(), true);
    if (!std::exchange(m_treeHint, false))
        return;
    keepWelcomeBar();
    emit treeHintWanted(tr("This is the process of <i>%1</i>. Press Delete to kill it.")
                            .arg(m_session.listInfo(m_todoPage->list()).name.toHtmlEscaped()));
}

void MainWindow::makeWelcomeList() {
    const QDate today = QDate::currentDate();
    // One that is there already is not made twice.
    for (const ListInfo& info : m_session.lists())
        if (info.name == welcomeListName()) {
            showList(info.id);
            return;
        }
    const auto made = m_session.createList(welcomeListName(), welcomeEntries(today),
                                           tr("make the list '%1'").arg(welcomeListName()));
    if (made)
        showList(*made);
    else {
        showList(todo::kInbox);
        nameProblem(QString::fromStdString(made.error().why));
    }
}

bool MainWindow::listsShown() const {
    return m_split || m_listOnTop;
}

bool MainWindow::pageShown() const {
    return m_split || !m_listOnTop;
}

void MainWindow::showList(todo::ListId list) {
    if (m_session.listInfo(list).id == 0)
        return;
    m_wantedList = 0;
    m_listOnTop = true;
    m_todoPage->showList(list);
    if (list == m_welcomeList && !m_welcomeBar)
        showWelcomeBar();
    m_sidebar->markList(list);
    layoutPanes();
}

void MainWindow::showPage(const QString& pageId) {
    Page* page = m_pages.value(pageId);
    if (!page)
        return;
    m_currentPage = pageId;
    // Whoever had the keyboard and is hidden now would pass it on to the first field of the page.
    const QWidget* focus = focusWidget();
    const bool covered = focus && (m_pageStack->isAncestorOf(focus) ||
                                   (!m_split && m_listPane->isAncestorOf(focus)));
    m_pageStack->setCurrentWidget(page);
    if (!m_split)
        m_listOnTop = false;
    m_sidebar->markPage(pageId);
    layoutPanes();
    if (covered)
        page->focusTarget()->setFocus(Qt::OtherFocusReason);
}

void MainWindow::setSplit(bool split) {
    if (m_pages.isEmpty())
        split = false;
    const bool opened = split && !m_split;
    m_split = split;
    if (!split)
        m_listOnTop = m_activePane != m_pagePane; // what one was working in stays
    if (split && m_todoPage->list() == 0)
        showList(todo::kInbox);
    layoutPanes();
    if (opened) {
        const int half = m_centre->height() / 2;
        if (m_rows->sizes().value(0) < 160 || m_rows->sizes().value(1) < 160)
            m_rows->setSizes({half, half});
        // While the first-start bar is there, F8 is its "Show me".
        if (m_welcomeBar && m_todoPage->list() == m_welcomeList)
            showMe();
        else
            emit listProcessWanted(m_todoPage->list(), false);
    }
    m_actions.action("view.split")->setChecked(m_split);
}

void MainWindow::layoutPanes() {
    if (auto* current = m_pages.value(m_currentPage))
        m_pageStack->setCurrentWidget(current);
    m_listPane->setVisible(listsShown());
    m_pagePane->setVisible(pageShown() && !m_pages.isEmpty());
    for (Pane* pane : {m_listPane, m_pagePane})
        pane->setMarksActivity(m_split);
    for (Page* page : m_pages)
        page->setShown(m_pagePane->isVisibleTo(this) && page == m_pages.value(m_currentPage));
    updateHeads();
    if (listsShown() && m_todoPage->list() != 0)
        m_sidebar->markList(m_todoPage->list());
    else
        m_sidebar->markPage(m_currentPage);
    placeInspector();
    if (m_activePane && !m_activePane->isVisibleTo(this))
        followFocus(m_listPane->isVisibleTo(this) ? m_todoPage
                                                  : static_cast<QWidget*>(m_pageStack));
}

void MainWindow::updateHeads() {
    const QList<QAction*> both = {m_actions.action("view.split"),
                                  m_actions.action("view.inspector")};
    m_todoPage->setHeadActions(both);
    for (Page* page : m_pages) {
        page->setCompact(m_split);
        page->setHeadActions(m_split ? QList<QAction*>() : both);
    }
}

void MainWindow::setInspectorShown(bool shown) {
    m_inspectorShown = shown && m_inspector;
    m_actions.action("view.inspector")->setChecked(m_inspectorShown);
    placeInspector();
}

void MainWindow::placeInspector() {
    const bool beside = width() >= kInspectorBeside;
    QWidget* place = beside ? static_cast<QWidget*>(m_columns) : m_centre;
    if (m_inspectorPane->parentWidget() != place) {
        if (beside)
            m_columns->addWidget(m_inspectorPane);
        else
            m_inspectorPane->setParent(m_centre);
    }
    m_inspectorPane->setVisible(m_inspectorShown);
    if (!beside && m_inspectorShown) {
        const int left =
            layoutDirection() == Qt::RightToLeft ? 0 : m_centre->width() - m_inspectorWidth;
        m_inspectorPane->setGeometry(left, 0, m_inspectorWidth, m_centre->height());
        m_inspectorPane->raise();
    }
    fitColumns();
}

void MainWindow::fitColumns() {
    const int sidebar = !m_sidebarShown          ? 0
                        : m_sidebar->iconsOnly() ? metrics().sidebarIcons
                                                 : m_sidebarWidth;
    const bool beside = m_inspectorShown && m_inspectorPane->parentWidget() == m_columns;
    const int inspector = beside ? m_inspectorWidth : 0;
    const int lines = (m_sidebarShown ? 1 : 0) + (beside ? 1 : 0);
    const QList<int> wanted{sidebar, m_columns->width() - sidebar - inspector - lines, inspector};
    if (m_columns->sizes() != wanted.first(m_columns->count()))
        m_columns->setSizes(wanted);
}

void MainWindow::applySidebar() {
    m_sidebarPane->setVisible(m_sidebarShown);
    m_actions.action("view.sidebar")->setChecked(m_sidebarShown);
    const bool icons = width() < kSidebarWords;
    m_sidebar->setIconsOnly(icons);
    m_sidebarPane->setMinimumWidth(icons ? metrics().sidebarIcons : metrics().sidebarMin);
    m_sidebarPane->setMaximumWidth(icons ? metrics().sidebarIcons : width() / 2);
    fitColumns();
}

void MainWindow::followFocus(QWidget* now) {
    for (QWidget* widget = now; widget; widget = widget->parentWidget()) {
        auto* pane = qobject_cast<Pane*>(widget);
        if (!pane || pane->window() != this)
            continue;
        if (now != widget)
            pane->rememberFocus(now);
        m_activePane = pane;
        for (Pane* each : {m_sidebarPane, m_listPane, m_pagePane, m_inspectorPane})
            each->setActive(each == pane);
        return;
    }
}

QList<Pane*> MainWindow::visiblePanes() const {
    QList<Pane*> panes;
    for (Pane* pane : {m_sidebarPane, m_listPane, m_pagePane, m_inspectorPane})
        if (pane->isVisible())
            panes.append(pane);
    return panes;
}

Page* MainWindow::pageOf(const Pane* pane) const {
    if (pane == m_pagePane)
        return m_pages.value(m_currentPage);
    return pane == m_listPane ? m_todoPage : nullptr;
}

Page* MainWindow::activePage() const {
    if (Page* page = pageOf(m_activePane); page && m_activePane->isVisible())
        return page;
    return listsShown() ? m_todoPage : m_pages.value(m_currentPage);
}

} // namespace grove::ui
