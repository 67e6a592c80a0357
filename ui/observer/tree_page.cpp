#include <ui/common/actions.h>
#include <ui/common/inline_bar.h>
#include <ui/common/page_head.h>
#include <ui/common/search_field.h>
#include <ui/common/segmented_control.h>
#include <ui/common/text.h>
#include <ui/observer/context.h>
#include <ui/observer/drawn_tree.h>
#include <ui/observer/format.h>
#include <ui/observer/outline_view.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/stopped_bars.h>
#include <ui/observer/tree_page.h>

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QPointer>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace grove::ui {

using observe::PlaceId;

namespace {
/// Above so many links and monitors of one process no more are drawn.
constexpr qsizetype kRelationsMax = 24;
constexpr std::chrono::milliseconds kInfoLimit{200};
} // namespace

TreePage::TreePage(ObserverContext& context, ProcessActions& actions, ActionRegistry& registry,
                   QWidget* parent)
    : Page(parent), m_context(context), m_actions(actions), m_head(new PageHead(this)),
      m_forms(new SegmentedControl({tr("Outline"), tr("Drawn")}, this)),
      m_search(new SearchField(tr("Find process"), this)), m_bars(new BarStack(this)),
      m_stack(new QStackedWidget(this)),
      m_outline(new OutlineView(context.tree(), context.fades(), this)),
      m_drawn(new DrawnTree(context.tree(), context.fades(), *m_outline->selectionModel(), this)) {
    buildHead(registry);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_head);
    column->addWidget(m_bars);
    column->addWidget(m_stack, 1);
    m_stack->addWidget(m_outline);
    m_stack->addWidget(m_drawn);
    m_readTimer.setSingleShot(true);
    m_readTimer.setInterval(0);
    actions.addBars(m_bars);
    m_stopped = new StoppedBars(context, actions, *m_bars);
    connectViews(actions);
    updateSummary();
}

void TreePage::buildHead(ActionRegistry& registry) {
    m_head->setTitle(tr("Tree"));
    m_head->setLine(true);
    m_forms->setAccessibleName(tr("Form of the tree"));
    m_head->addLeading(m_forms);
    m_head->addTrailing(m_search);
    m_head->addTrailing(makeRefreshButton(m_context.refresh(), this));
    m_head->addTrailing(makeToolButton(registry.action("process.pause"), this));
    connect(m_forms, &SegmentedControl::currentChanged, this,
            [this](int index) { setForm(Form(index)); });
    connect(m_search, &QLineEdit::textChanged, this, &TreePage::searchChanged);
    connect(m_search, &SearchField::nextRequested, this, &TreePage::findNext);
    connect(m_search, &SearchField::previousRequested, this, &TreePage::findPrevious);
    connect(m_search, &SearchField::left, this, [this] { focusTarget()->setFocus(); });
}

void TreePage::connectViews(ProcessActions& actions) {
    const auto wantRead = qOverload<>(&QTimer::start);
    connect(&m_readTimer, &QTimer::timeout, this, &TreePage::readVisible);
    connect(&m_context.refresh(), &RefreshClock::ticked, this, [this] {
        if (isVisible())
            m_readTimer.start();
    });
    connect(m_outline, &OutlineView::visibleChanged, &m_readTimer, wantRead);
    connect(m_drawn, &DrawnTree::visibleChanged, &m_readTimer, wantRead);
    connect(&m_context, &ObserverContext::pulled, this, [this] {
        if (!isVisible())
            return;
        m_readTimer.start();
        updateSummary();
    });
    connect(&m_context, &ObserverContext::subjectChanged, this, &TreePage::readRelations);
    connect(&m_context, &ObserverContext::revealed, this, &TreePage::reveal);
    connect(m_outline->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &TreePage::selectCurrent);
    connect(&actions, &ProcessActions::performed, this, [this] {
        if (m_hint)
            m_bars->remove(m_hint);
    });
    connect(&actions, &ProcessActions::drawnToggled, this, [this] {
        if (isVisible())
            setForm(form() == Form::Drawn ? Form::Outline : Form::Drawn);
    });
    for (QWidget* view : {static_cast<QWidget*>(m_outline), static_cast<QWidget*>(m_drawn)}) {
        actions.bind(view);
        view->installEventFilter(this);
    }
    connect(m_outline, &OutlineView::menuRequested, &actions,
            [this](QPoint at) { m_actions.openMenu(at, m_outline); });
    connect(m_drawn, &DrawnTree::menuRequested, &actions,
            [this](QPoint at) { m_actions.openMenu(at, m_drawn); });
    connect(m_outline, &QTreeView::doubleClicked, &actions, &ProcessActions::inspectRequested);
    connect(m_drawn, &DrawnTree::activated, &actions, &ProcessActions::inspectRequested);
}

TreePage::Form TreePage::form() const {
    return m_stack->currentIndex() == 1 ? Form::Drawn : Form::Outline;
}

void TreePage::setForm(Form form) {
    const bool hadFocus = focusTarget()->hasFocus();
    m_forms->setCurrent(int(form));
    if (m_stack->currentIndex() == int(form))
        return;
    m_stack->setCurrentIndex(int(form));
    const PlaceId current = m_drawn->currentPlace();
    if (form == Form::Outline)
        m_outline->reveal(current);
    else
        m_drawn->ensureVisible(current);
    if (hadFocus)
        focusTarget()->setFocus();
    m_readTimer.start();
    readRelations();
    emit formChanged();
}

bool TreePage::eventFilter(QObject* watched, QEvent* event) {
    // Two pages may show the same process; actions go to what is current where the keyboard is.
    if (event->type() == QEvent::FocusIn && (watched == m_outline || watched == m_drawn))
        selectCurrent();
    return Page::eventFilter(watched, event);
}

void TreePage::selectCurrent() {
    if (const Subject subject = m_context.subjectAt(m_drawn->currentPlace()))
        m_context.select(subject);
}

void TreePage::showHint(const QString& richText) {
    m_hint = m_bars->show(BarKind::Info, richText);
}

void TreePage::reveal(const Subject& subject) {
    if (!subject.place || !m_context.tree().place(subject.place))
        return;
    m_outline->reveal(subject.place);
    m_drawn->setCurrentPlace(subject.place);
}

void TreePage::readVisible() {
    if (!isVisible())
        return;
    std::vector<Pid> pids;
    for (const PlaceId id :
         form() == Form::Outline ? m_outline->visiblePlaces() : m_drawn->visiblePlaces())
        if (const observe::Place* place = m_context.tree().place(id); place && place->pid)
            pids.push_back(place->pid);
    m_context.tree().setRows(m_context.node().rows(pids));
    if (form() == Form::Drawn)
        readRelations();
}

void TreePage::readRelations() {
    if (!isVisible() || form() != Form::Drawn)
        return;
    const Subject subject = m_context.subject();
    if (!subject.pid || !subject.place)
        return m_drawn->setRelations({});
    m_context.node().info(
        subject.pid, kInfoLimit,
        [self = QPointer(this), subject](Result<observe::ProcessInfo> info) {
            if (!self || self->m_context.subject() != subject)
                return;
            QList<Relation> relations;
            const TreeModel& tree = self->m_context.tree();
            const auto add = [&](Pid pid, bool monitor, const QString& label) {
                const PlaceId other = self->m_context.node().placeOf(pid);
                const observe::Place* place = tree.place(other);
                const observe::Place* own = tree.place(subject.place);
                // The lines of the tree already say that supervisor and child are linked.
                const bool drawn = !monitor && place && own &&
                                   (place->parent == own->id || own->parent == place->id);
                if (place && own && !drawn && relations.size() < kRelationsMax)
                    relations.append({other, monitor, label});
            };
            if (info) {
                for (const observe::ProcessLink& link : info->links)
                    add(link.pid, false, tr("linked with %1").arg(text(link.title)));
                for (const observe::ProcessLink& row : info->monitors)
                    add(row.pid, true, tr("monitors %1").arg(text(row.title)));
                for (const observe::ProcessLink& row : info->monitoredBy)
                    add(row.pid, true, tr("%1 monitors this process").arg(text(row.title)));
            }
            self->m_drawn->setRelations(relations);
        });
}

void TreePage::updateSummary() {
    const auto applications = qint64(m_context.tree().childrenOf(0).size());
    const auto processes = qint64(m_context.node().summary().processes);
    m_head->setSummary(
        tr("%1, %2").arg(counted(applications, tr("%1 application"), tr("%1 applications")),
                         counted(processes, tr("%1 process"), tr("%1 processes"))));
}

std::vector<PlaceId> TreePage::matches() const {
    std::vector<PlaceId> found;
    const QString wanted = m_search->text().trimmed();
    if (wanted.isEmpty())
        return found;
    for (const PlaceId id : m_context.tree().inOrder()) {
        const observe::Place& place = *m_context.tree().place(id);
        const QString whole =
            text(place.name) + u' ' + pidText(place.pid) + u' ' + text(place.behaviour);
        if (whole.contains(wanted, Qt::CaseInsensitive))
            found.push_back(id);
    }
    return found;
}

void TreePage::searchChanged() {
    const std::vector<PlaceId> found = matches();
    if (m_search->text().trimmed().isEmpty())
        return m_search->setResult({});
    if (found.empty())
        return m_search->setResult(tr("none"));
    if (std::ranges::find(found, m_drawn->currentPlace()) == found.end())
        m_drawn->setCurrentPlace(found.front());
    step(0);
}

void TreePage::step(int by) {
    const std::vector<PlaceId> found = matches();
    if (found.empty())
        return;
    const auto count = static_cast<int>(found.size());
    const auto at = std::ranges::find(found, m_drawn->currentPlace());
    const int now = at == found.end() ? (by > 0 ? -1 : 0) : static_cast<int>(at - found.begin());
    const int next = (now + by + count) % count;
    reveal({found[static_cast<std::size_t>(next)], {}});
    m_search->setResult(tr("%1 of %2").arg(number(next + 1), number(count)));
}

void TreePage::setCompact(bool compact) {
    m_head->setCompact(compact);
    m_stopped->setQuiet(compact); // the list above says it
}

QWidget* TreePage::focusTarget() {
    return form() == Form::Outline ? static_cast<QWidget*>(m_outline) : m_drawn;
}

void TreePage::find() {
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

bool TreePage::stepBack() {
    if (m_search->text().isEmpty())
        return false;
    m_search->clear();
    focusTarget()->setFocus();
    return true;
}

void TreePage::refreshNow() {
    m_context.pull();
    m_context.refresh().refreshNow();
}

void TreePage::setHeadActions(const QList<QAction*>& actions) {
    m_head->setActions(actions);
}

void TreePage::copySelection() {
    if (const QString rows = rowsAsText(*m_outline, *m_outline->headerView()); !rows.isEmpty())
        QGuiApplication::clipboard()->setText(rows);
}

QVariantMap TreePage::arrangement() const {
    return {{QStringLiteral("columns"), m_outline->headerView()->arrangement()},
            {QStringLiteral("drawn"), form() == Form::Drawn}};
}

void TreePage::arrange(const QVariantMap& kept) {
    m_outline->headerView()->arrange(kept.value(QStringLiteral("columns")).toStringList());
    setForm(kept.value(QStringLiteral("drawn")).toBool() ? Form::Drawn : Form::Outline);
}

void TreePage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    updateSummary();
    m_readTimer.start();
}

} // namespace grove::ui
