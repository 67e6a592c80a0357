#include <ui/common/actions.h>
#include <ui/common/delegates.h>
#include <ui/common/inline_bar.h>
#include <ui/common/metrics.h>
#include <ui/common/page_head.h>
#include <ui/common/search_field.h>
#include <ui/common/text.h>
#include <ui/common/views.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/processes_page.h>
#include <ui/observer/stopped_bars.h>

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>

namespace grove::ui {

using observe::Column;

namespace {

/// In the order they are shown; the others are chosen in the header's menu.
constexpr std::array kDefaultColumns{
    Column::Name,   Column::Pid,      Column::Status, Column::Mailbox, Column::ReductionsDelta,
    Column::Memory, Column::Behaviour};

int widthOf(Column column) {
    switch (column) {
    case Column::Pid:
    case Column::Parent:
        return metrics().colPid;
    case Column::Status:
        return metrics().colStatus;
    case Column::Mailbox:
        return metrics().colMailbox + metrics().pad;
    case Column::Behaviour:
    case Column::Application:
    case Column::Reductions:
    case Column::ReductionsDelta:
    case Column::MessagesIn:
    case Column::MessagesOut:
        return 116;
    case Column::WaitsAt:
    case Column::InitialCall:
        return 180;
    default:
        return 96;
    }
}

/// The shared delegates take column 0 for the first one; here the name is, whatever its number.
template <class Delegate> class InTable : public Delegate {
public:
    using Delegate::Delegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        QStyleOptionViewItem placed = option;
        placed.viewItemPosition = Column(index.column()) == Column::Name
                                      ? QStyleOptionViewItem::Beginning
                                      : QStyleOptionViewItem::Middle;
        Delegate::paint(painter, placed, index);
    }
};

} // namespace

ProcessesPage::ProcessesPage(ObserverContext& context, ProcessActions& actions,
                             ActionRegistry& registry, QWidget* parent)
    : Page(parent), m_context(context), m_actions(actions), m_head(new PageHead(this)),
      m_filter(new SearchField(tr("Filter processes"), this)), m_bars(new BarStack(this)),
      m_table(new TableView(this)), m_model(new ProcessModel(context, this)) {
    buildHead(registry);
    buildTable(actions);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_head);
    column->addWidget(m_bars);
    column->addWidget(m_table, 1);
    actions.addBars(m_bars);
    m_stopped = new StoppedBars(context, actions, *m_bars);
    m_keyHold.setSingleShot(true);
    m_readTimer.setSingleShot(true);
    m_readTimer.setInterval(0);
    connect(&m_keyHold, &QTimer::timeout, this, &ProcessesPage::updateHold);
    connect(&m_readTimer, &QTimer::timeout, this, &ProcessesPage::readVisible);
    connect(&context.refresh(), &RefreshClock::ticked, this, &ProcessesPage::refresh);
    connect(&context, &ObserverContext::pulled, this, [this] {
        if (isVisible())
            m_readTimer.start();
    });
    connect(m_model, &ProcessModel::rowsReordered, &m_readTimer, qOverload<>(&QTimer::start));
    connect(m_model, &ProcessModel::ordered, this, &ProcessesPage::updateSummary);
    connect(m_model, &ProcessModel::heldChanged, this, &ProcessesPage::updateHold);
    m_model->refreshOrder();
    updateSummary();
}

void ProcessesPage::buildHead(ActionRegistry& registry) {
    m_head->setTitle(tr("Processes"));
    m_head->setLine(true);
    m_head->addTrailing(m_filter);
    m_head->addTrailing(makeRefreshButton(m_context.refresh(), this));
    m_head->addTrailing(makeToolButton(registry.action("process.pause"), this));
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& words) {
        observe::RowQuery query = m_model->query();
        query.filter = utf8(words.simplified());
        m_model->setQuery(query);
    });
    connect(m_filter, &SearchField::nextRequested, this, &ProcessesPage::findNext);
    connect(m_filter, &SearchField::previousRequested, this, &ProcessesPage::findPrevious);
    connect(m_filter, &SearchField::left, this, [this] { m_table->setFocus(); });
}

void ProcessesPage::buildTable(ProcessActions& actions) {
    m_table->setAccessibleName(tr("Processes"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new InTable<RowDelegate>(m_table));
    m_table->setItemDelegateForColumn(int(Column::Name), new InTable<NameDelegate>(m_table));
    HeaderView* header = m_table->headerView();
    header->setSectionsMovable(true);
    QList<int> hideOrder;
    for (int column = 0; column < ProcessModel::kColumnCount; ++column) {
        if (ProcessModel::isNumber(Column(column)))
            m_table->setItemDelegateForColumn(column, new InTable<NumberDelegate>(m_table));
        header->resizeSection(column, widthOf(Column(column)));
        header->setChosen(column, std::ranges::find(kDefaultColumns, Column(column)) !=
                                      kDefaultColumns.end());
        if (std::ranges::find(kDefaultColumns, Column(column)) == kDefaultColumns.end())
            hideOrder << column;
    }
    for (std::size_t i = 0; i < kDefaultColumns.size(); ++i)
        header->moveSection(header->visualIndex(int(kDefaultColumns[i])), int(i));
    for (const Column column : {Column::Behaviour, Column::Memory, Column::ReductionsDelta,
                                Column::Mailbox, Column::Status, Column::Pid})
        hideOrder << int(column);
    header->setHideOrder(hideOrder);
    header->setStretchColumn(int(Column::Name), 180);
    header->keepDefaults();
    m_table->setSortingEnabled(false); // the node sorts, not the model
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(int(Column::Pid), Qt::AscendingOrder);
    connect(header, &QHeaderView::sortIndicatorChanged, this, &ProcessesPage::sortBy);
    connect(m_table, &TableView::hoverRowChanged, this, &ProcessesPage::updateHold);
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, &m_readTimer,
            qOverload<>(&QTimer::start));
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &ProcessesPage::selectCurrent);
    connect(m_table, &QTableView::doubleClicked, &actions, &ProcessActions::inspectRequested);
    actions.bind(m_table);
    m_table->installEventFilter(this);
    m_table->viewport()->installEventFilter(this);
}

void ProcessesPage::sortBy(int column, Qt::SortOrder order) {
    observe::RowQuery query = m_model->query();
    query.order = Column(column);
    query.descending = order == Qt::DescendingOrder;
    // A click on the header asks for another order: it is not held back by the pointer.
    m_keyHold.stop();
    m_model->setHeld(false);
    m_model->setQuery(query);
}

void ProcessesPage::updateHold() {
    m_model->setHeld(m_table->hoverRow() >= 0 || m_keyHold.isActive());
    m_table->headerView()->setNote(m_model->isHeld() && m_model->hasPending() ? tr("order held")
                                                                              : QString());
}

void ProcessesPage::refresh() {
    if (!isVisible())
        return;
    readVisible();
    m_model->refreshOrder();
}

void ProcessesPage::readVisible() {
    if (!isVisible())
        return;
    const int first = m_table->rowAt(0);
    const int last = m_table->rowAt(m_table->viewport()->height() - 1);
    if (first >= 0)
        m_model->readRows(first, last < 0 ? m_model->rowCount() - 1 : last);
}

void ProcessesPage::updateSummary() {
    const auto shown = qint64(m_model->rowCount());
    const auto total = qint64(m_model->total());
    m_head->setSummary(m_model->query().filter.empty()
                           ? counted(total, tr("%1 process"), tr("%1 processes"))
                           : tr("%1 of %2").arg(number(shown), number(total)));
    m_filter->setResult(m_filter->text().isEmpty() ? QString()
                        : shown == 0               ? tr("none")
                                                   : number(shown));
    updateHold();
}

void ProcessesPage::selectCurrent() {
    if (const Pid pid = m_model->pidAt(m_table->currentIndex().row()))
        m_context.select({0, pid}); // the row is a pid: it does not follow its place
}

void ProcessesPage::reveal(Pid pid) {
    const int row = m_model->rowOf(pid);
    if (row < 0)
        return;
    m_table->selectRow(row);
    m_table->scrollTo(m_model->index(row, 0));
}

bool ProcessesPage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_table && event->type() == QEvent::FocusIn)
        selectCurrent();
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp ||
            key == Qt::Key_PageDown || key == Qt::Key_Home || key == Qt::Key_End) {
            m_keyHold.start(kHoldAfterKey);
            updateHold();
        }
    }
    if (watched == m_table->viewport() && event->type() == QEvent::Resize)
        m_readTimer.start();
    if (event->type() == QEvent::ContextMenu &&
        (watched == m_table || watched == m_table->viewport())) {
        const auto* menu = static_cast<QContextMenuEvent*>(event);
        const bool keyboard = menu->reason() != QContextMenuEvent::Mouse;
        const QModelIndex at =
            keyboard ? m_table->currentIndex()
                     : m_table->indexAt(m_table->viewport()->mapFromGlobal(menu->globalPos()));
        if (!at.isValid())
            return true;
        openMenu(keyboard ? m_table->viewport()->mapToGlobal(m_table->visualRect(at).center())
                          : menu->globalPos());
        return true;
    }
    return Page::eventFilter(watched, event);
}

void ProcessesPage::openMenu(QPoint global) {
    m_keyHold.start(kHoldAfterKey);
    m_actions.openMenu(global, m_table);
}

void ProcessesPage::step(int by) {
    const int count = m_model->rowCount();
    if (count == 0)
        return;
    const int now = m_table->currentIndex().row();
    const int next = now < 0 ? 0 : (now + by + count) % count;
    m_table->selectRow(next);
    m_filter->setResult(tr("%1 of %2").arg(number(next + 1), number(count)));
}

void ProcessesPage::setCompact(bool compact) {
    m_head->setCompact(compact);
    m_stopped->setQuiet(compact); // the list above says it
}

QWidget* ProcessesPage::focusTarget() {
    return m_table;
}

void ProcessesPage::find() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

bool ProcessesPage::stepBack() {
    if (m_filter->text().isEmpty())
        return false;
    m_filter->clear();
    m_table->setFocus();
    return true;
}

void ProcessesPage::refreshNow() {
    m_keyHold.stop();
    m_model->setHeld(false);
    m_context.pull();
    m_context.refresh().refreshNow();
}

void ProcessesPage::setHeadActions(const QList<QAction*>& actions) {
    m_head->setActions(actions);
}

void ProcessesPage::copySelection() {
    if (const QString rows = rowsAsText(*m_table, *m_table->headerView()); !rows.isEmpty())
        QGuiApplication::clipboard()->setText(rows);
}

QVariantMap ProcessesPage::arrangement() const {
    const HeaderView* header = m_table->headerView();
    return {{QStringLiteral("columns"), header->arrangement()},
            {QStringLiteral("sort"), header->sortIndicatorSection()},
            {QStringLiteral("descending"), header->sortIndicatorOrder() == Qt::DescendingOrder}};
}

void ProcessesPage::arrange(const QVariantMap& kept) {
    HeaderView* header = m_table->headerView();
    header->arrange(kept.value(QStringLiteral("columns")).toStringList());
    const int sort = kept.value(QStringLiteral("sort"), int(Column::Pid)).toInt();
    if (sort >= 0 && sort < ProcessModel::kColumnCount)
        header->setSortIndicator(sort, kept.value(QStringLiteral("descending")).toBool()
                                           ? Qt::DescendingOrder
                                           : Qt::AscendingOrder);
}

void ProcessesPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    m_readTimer.start();
    m_model->refreshOrder();
}

} // namespace grove::ui
