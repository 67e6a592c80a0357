#include <ui/common/actions.h>
#include <ui/common/empty_state.h>
#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/page_head.h>
#include <ui/common/search_field.h>
#include <ui/common/text.h>
#include <ui/common/views.h>
#include <ui/todo/disk_bar.h>
#include <ui/todo/entry_delegate.h>
#include <ui/todo/entry_model.h>
#include <ui/todo/quick_add.h>
#include <ui/todo/todo_page.h>

#include <QAction>
#include <QDateTime>
#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>
#include <QScrollBar>
#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace grove::ui {

namespace {
constexpr int kGatherMs = 1'000;
}

TodoPage::TodoPage(Session& session, ActionRegistry& actions, QWidget* parent)
    : Page(parent), m_session(session), m_actions(actions), m_today(QDate::currentDate()),
      m_head(new PageHead(this)), m_find(new SearchField(tr("Find in list"), this)),
      m_bars(new BarStack(this)), m_quickAdd(new QuickAdd(m_today, this)),
      m_view(new TreeView(this)), m_delegate(new EntryDelegate(this)), m_empty(new EmptyState) {
    buildWidgets();
    connectActions();
    connect(&m_session, &Session::entriesChanged, this, &TodoPage::listChanged);
    connect(&m_session, &Session::listsChanged, this, &TodoPage::updateHead);
    connect(&m_session, &Session::stateChanged, this, [this](todo::ListId list) {
        if (list == m_list)
            updateEmpty();
    });
    connect(&m_session, &Session::pendingChanged, this, [this](todo::ListId list) {
        if (list == m_list && m_model)
            m_model->updatePending(
                [this](todo::EntryId entry) { return m_session.isPending(m_list, entry); });
    });
    connect(&m_session, &Session::refused, this, [this](todo::ListId list, const QString& why) {
        const QString name = m_session.listInfo(list).name;
        const QString words = why.toHtmlEscaped();
        m_bars->show(BarKind::Warning, list == m_list || name.isEmpty()
                                           ? words
                                           : tr("<b>%1:</b> %2").arg(name.toHtmlEscaped(), words));
    });
    connect(&m_session, &Session::diskChanged, this, &TodoPage::updateActions);
    m_gathering.setSingleShot(true);
    m_gathering.setInterval(kGatherMs);
    connect(&m_gathering, &QTimer::timeout, this, &TodoPage::showGathered);
    connect(&m_session, &Session::importFinished, this, &TodoPage::showGathered);
    new DiskBar(m_session, *m_bars);
    connect(&m_midnight, &QTimer::timeout, this, &TodoPage::waitForMidnight);
    waitForMidnight();
}

TodoPage::~TodoPage() {
    if (m_list != 0)
        m_session.close(m_list);
    m_view->setModel(nullptr); // before the model goes
}

void TodoPage::buildWidgets() {
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_head->addTrailing(m_find);
    layout->addWidget(m_head);
    m_bars->layout()->setContentsMargins(0, 0, 0, metrics().pad); // a gap only where a bar is
    layout->addWidget(m_bars);
    auto* addRow = new QHBoxLayout;
    addRow->setContentsMargins(metrics().margin, 0, metrics().margin, metrics().pad);
    addRow->addWidget(m_quickAdd);
    layout->addLayout(addRow);
    layout->addWidget(m_view, 1);
    m_empty->setParent(m_view);
    m_empty->hide();
    m_empty->setIcon("inbox");

    m_view->setHeaderHidden(true);
    m_view->setRootIsDecorated(false);
    m_view->setIndentation(0);
    m_view->setRoundedRows(true);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::DoubleClicked);
    m_view->setItemDelegate(m_delegate);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setTabKeyNavigation(false);
    m_view->installEventFilter(this);
    m_view->viewport()->installEventFilter(this);
    setFocusProxy(m_view);
    connect(m_view, &QWidget::customContextMenuRequested, this, &TodoPage::showRowMenu);
    connect(m_view, &QTreeView::clicked, this, &TodoPage::toggleFold);
    connect(m_quickAdd, &QuickAdd::submitted, this, &TodoPage::addEntry);
    connect(m_quickAdd->line(), &QuickAddLine::linesPasted, this, &TodoPage::offerLines);
    connect(m_quickAdd->line(), &QuickAddLine::left, this,
            [this] { focusTarget()->setFocus(Qt::OtherFocusReason); });
    connect(m_find, &QLineEdit::textChanged, this, &TodoPage::updateMatches);
    connect(m_find, &SearchField::nextRequested, this, &TodoPage::findNext);
    connect(m_find, &SearchField::previousRequested, this, &TodoPage::findPrevious);
    connect(m_find, &SearchField::left, this, [this] { m_view->setFocus(Qt::OtherFocusReason); });
}

void TodoPage::connectActions() {
    m_actions.bind(m_view,
                   {"entry.tick", "entry.edit", "entry.date", "entry.delete", "list.process"});
    m_actions.bind(m_quickAdd->line(), {"list.process"});
    const auto on = [this](const char* id, auto slot) {
        connect(m_actions.action(id), &QAction::triggered, this, slot);
    };
    on("entry.tick", [this] { tickSelected(); });
    on("entry.edit", [this] { editCurrent(); });
    on("entry.date", [this] { askDate(); });
    on("entry.delete", [this] { deleteSelected(); });
    on("list.process", [this] { emit processOfListRequested(m_list); });
    auto* letter = new QShortcut(QKeySequence(Qt::Key_N), m_view);
    letter->setContext(Qt::WidgetShortcut);
    connect(letter, &QShortcut::activated, m_actions.action("entry.add"), &QAction::trigger);
    auto* date = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_D), m_quickAdd->line());
    date->setContext(Qt::WidgetShortcut);
    connect(date, &QShortcut::activated, m_quickAdd, &QuickAdd::askDate);
    updateActions();
}

void TodoPage::showList(todo::ListId list) {
    if (list == m_list)
        return;
    leaveList();
    m_list = list;
    m_session.open(list);
    auto model = std::make_unique<EntryModel>(m_today);
    model->setReadOnly(m_session.isReadOnly());
    m_awaitsContent = m_session.stateOf(list) == ListState::Loading;
    if (!m_awaitsContent)
        model->apply({m_session.entries(list), {}});
    model->updatePending(
        [this](todo::EntryId entry) { return m_session.isPending(m_list, entry); });
    QItemSelectionModel* old = m_view->selectionModel();
    m_view->setModel(model.get());
    delete old;
    m_model = std::move(model);
    attachModel();
    updateHead();
    if (!m_awaitsContent)
        restorePlace();
    if (m_welcomeBar) { // it speaks of its own list
        m_welcomeBar->setVisible(list == m_welcomeList);
        m_bars->setVisible(m_bars->bars().size() > 1 || list == m_welcomeList);
    }
    addEarly();
    emit listShown(list);
}

void TodoPage::commitEdit() {
    for (auto* editor :
         m_view->viewport()->findChildren<QLineEdit*>(QString(), Qt::FindDirectChildrenOnly)) {
        if (editor->isHidden())
            continue; // closed already, and gone with the next turn
        emit m_delegate->commitData(editor);
        emit m_delegate->closeEditor(editor);
    }
}

void TodoPage::leaveList() {
    if (m_list == 0)
        return;
    commitEdit();
    Memory& memory = m_memories[m_list];
    const todo::Entry* current = m_model->entryAt(m_view->currentIndex());
    memory.current = current ? current->id : 0;
    memory.scroll = m_view->verticalScrollBar()->value();
    m_find->clear();
    m_gathering.stop();
    m_gathered = {};
    m_session.close(m_list);
    m_list = 0;
}

void TodoPage::attachModel() {
    connect(m_model.get(), &EntryModel::titleEdited, this, &TodoPage::editTitle);
    connect(m_model.get(), &EntryModel::tickRequested, this, &TodoPage::tick);
    connect(m_model.get(), &EntryModel::countsChanged, this, [this] {
        updateHead();
        updateMatches();
    });
    connect(m_model.get(), &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex& parent, int first, int last) {
                if (!parent.isValid())
                    expandGroups(first, last);
            });
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &TodoPage::updateActions);
    expandGroups(0, m_model->rowCount() - 1);
    updateActions();
}

void TodoPage::expandGroups(int first, int last) {
    if (first == 0 && last == m_model->rowCount() - 1 && last > 8)
        m_view->expandAll(); // one layout instead of one for each group
    for (int row = first; row <= last; ++row) {
        const QModelIndex group = m_model->index(row, 0);
        m_view->setExpanded(group, !group.data(EntryModel::FoldedRole).toBool() ||
                                       m_memories[m_list].doneOpen);
    }
}

void TodoPage::restorePlace() {
    const Memory& memory = m_memories[m_list];
    QModelIndex row = m_model->indexOf(memory.current);
    if (!row.isValid() && m_model->rowCount() > 0 && m_view->isExpanded(m_model->index(0, 0)))
        row = m_model->index(0, 0, m_model->index(0, 0));
    if (row.isValid())
        m_view->selectionModel()->setCurrentIndex(row, QItemSelectionModel::ClearAndSelect);
    m_view->verticalScrollBar()->setValue(memory.scroll);
}

bool TodoPage::toggleFold(const QModelIndex& index) {
    if (!index.data(EntryModel::FoldedRole).toBool())
        return false;
    m_view->setExpanded(index, !m_view->isExpanded(index));
    m_memories[m_list].doneOpen = m_view->isExpanded(index);
    return true;
}

void TodoPage::listChanged(todo::ListId list, const EntriesChange& change) {
    if (list != m_list || !m_model)
        return;
    if (m_session.importRunning() && change.removed.empty() && !m_awaitsContent) {
        m_gathered.upserted.insert(m_gathered.upserted.end(), change.upserted.begin(),
                                   change.upserted.end());
        if (!m_gathering.isActive())
            m_gathering.start();
        return;
    }
    showGathered();
    showChange(change);
}

void TodoPage::showGathered() {
    m_gathering.stop();
    if (!m_gathered.upserted.empty())
        showChange(std::exchange(m_gathered, {}));
}

void TodoPage::showChange(const EntriesChange& change) {
    const todo::Entry* added = nullptr;
    if (m_scrollToNew)
        for (const todo::Entry& entry : change.upserted)
            if (!m_model->entry(entry.id))
                added = &entry;
    m_model->apply(change);
    m_model->updatePending(
        [this](todo::EntryId entry) { return m_session.isPending(m_list, entry); });
    if (m_awaitsContent && m_session.stateOf(m_list) != ListState::Loading) {
        m_awaitsContent = false;
        restorePlace();
    }
    if (added) {
        m_scrollToNew = false;
        m_view->scrollTo(m_model->indexOf(added->id));
    }
    updateActions();
}

void TodoPage::updateHead() {
    const ListInfo info = m_session.listInfo(m_list);
    m_head->setTitle(info.name);
    m_quickAdd->setListName(info.name);
    m_view->setAccessibleName(tr("Entries of %1").arg(info.name));
    m_view->setAccessibleDescription(tr("Space ticks off, Enter edits, D sets the date"));
    qint64 open = info.openCount;
    qint64 done = info.doneCount;
    if (m_model && !m_awaitsContent) {
        open = m_model->openCount();
        done = m_model->entryCount() - open;
    }
    m_head->setSummary(open + done == 0 ? QString()
                       : done == 0      ? tr("%1 open").arg(number(open))
                                        : tr("%1 open, %2 done").arg(number(open), number(done)));
    updateEmpty();
}

void TodoPage::updateEmpty() {
    const bool empty = m_model && m_model->entryCount() == 0;
    if (empty) {
        if (m_session.stateOf(m_list) == ListState::Loading) {
            m_empty->setTexts(tr("Opening the list\u2026"), {});
            m_empty->setAction(nullptr);
        } else {
            m_empty->setTexts(
                tr("Nothing here yet"),
                m_session.isReadOnly()
                    ? QString()
                    : tr("Entries will stand here by date. Type one above and press Enter, "
                         "or bring your own from a file."));
            m_empty->setAction(m_session.isReadOnly() ? nullptr : m_actions.action("file.import"));
        }
        m_empty->setGeometry(m_view->rect());
    }
    m_empty->setVisible(empty);
}

void TodoPage::updateActions() {
    const std::size_t count = selectedEntries().size();
    const QString reason = tr("Select an entry first");
    for (const char* id : {"entry.tick", "entry.date", "entry.delete"})
        m_actions.setEnabled(id, count > 0, reason);
    m_actions.setEnabled("entry.edit", count == 1,
                         count > 1 ? tr("Select one entry only: a title belongs to one") : reason);
    const std::vector<todo::EntryId> selected = selectedEntries();
    const bool allDone = count > 0 && std::ranges::all_of(selected, [this](todo::EntryId id) {
                             return m_model->entry(id)->done;
                         });
    m_actions.action("entry.tick")->setText(allDone ? tr("Un&tick") : tr("&Tick off"));
    if (m_session.isReadOnly())
        refuseEdits();
    // Space and Enter also unfold Done, which is no selection.
    if (m_model && m_view->currentIndex().data(EntryModel::FoldedRole).toBool())
        for (const char* id : {"entry.tick", "entry.edit"})
            m_actions.setEnabled(id, true);
}

void TodoPage::refuseEdits() {
    m_quickAdd->setEnabled(false);
    for (const char* id :
         {"entry.add", "entry.tick", "entry.edit", "entry.date", "entry.delete", "file.newList",
          "list.rename", "list.delete", "file.import", "help.welcome"})
        m_actions.setEnabled(id, false, tr("The lists can only be read"));
}

std::vector<todo::EntryId> TodoPage::selectedEntries() const {
    std::vector<todo::EntryId> result;
    if (!m_model || !m_view->selectionModel())
        return result;
    QModelIndexList rows = m_view->selectionModel()->selectedRows();
    std::ranges::sort(rows, [](const QModelIndex& a, const QModelIndex& b) {
        return std::pair(a.parent().row(), a.row()) < std::pair(b.parent().row(), b.row());
    });
    for (const QModelIndex& row : rows)
        if (const todo::Entry* entry = m_model->entryAt(row))
            result.push_back(entry->id);
    return result;
}

void TodoPage::selectEntry(todo::EntryId entry) {
    const QModelIndex row = m_model ? m_model->indexOf(entry) : QModelIndex();
    if (!row.isValid())
        return;
    m_view->setExpanded(row.parent(), true);
    m_view->selectionModel()->setCurrentIndex(row, QItemSelectionModel::ClearAndSelect);
    m_view->scrollTo(row);
}

void TodoPage::showWelcomeBar(std::function<void()> showMe) {
    InlineBar* bar =
        m_bars->show(BarKind::Info,
                     tr("<b>Each list here is a running process, and its entries are on disk.</b> "
                        "Kill the process and nothing is lost."),
                     {{tr("Show me"), std::move(showMe)}});
    connect(bar, &InlineBar::closed, this, &TodoPage::welcomeBarClosed);
    m_welcomeBar = bar;
    m_welcomeList = m_list;
}

void TodoPage::setToday(const QDate& today) {
    m_today = today;
    m_quickAdd->setToday(today);
    if (m_model)
        m_model->setToday(today);
}

void TodoPage::waitForMidnight() {
    if (m_today != QDate::currentDate() && m_midnight.isActive())
        setToday(QDate::currentDate());
    // At most an hour: a clock that was set or a machine that slept is noticed too.
    const QDateTime now = QDateTime::currentDateTime();
    const qint64 left = now.msecsTo(now.date().addDays(1).startOfDay()) + 50;
    m_midnight.start(int(qMin(left, qint64(3'600'000))));
}

void TodoPage::setCompact(bool compact) {
    m_head->setCompact(compact);
}

QWidget* TodoPage::focusTarget() {
    if (!m_view->currentIndex().isValid() && m_model && m_model->rowCount() > 0)
        restorePlace();
    return m_model && m_model->entryCount() == 0 ? static_cast<QWidget*>(m_quickAdd->line())
                                                 : m_view;
}

void TodoPage::refreshNow() {
    if (m_model)
        m_model->tidy();
}

void TodoPage::setHeadActions(const QList<QAction*>& actions) {
    m_head->setActions(actions);
}

bool TodoPage::eventFilter(QObject* object, QEvent* event) {
    if (object == m_view->viewport() && event->type() == QEvent::Resize)
        m_empty->setGeometry(m_view->viewport()->geometry());
    return Page::eventFilter(object, event);
}

} // namespace grove::ui
