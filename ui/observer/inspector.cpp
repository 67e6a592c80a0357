#include <ui/common/elided_label.h>
#include <ui/common/inline_bar.h>
#include <ui/common/marks.h>
#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/views.h>
#include <ui/observer/consequence_text.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/info_panel.h>
#include <ui/observer/inspector.h>
#include <ui/observer/mailbox_view.h>
#include <ui/observer/mark_label.h>
#include <ui/observer/outcome_text.h>
#include <ui/observer/process_actions.h>
#include <ui/observer/state_pane.h>
#include <ui/observer/term_text.h>
#include <ui/observer/term_view.h>

#include <QClipboard>
#include <QDateTime>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace grove::ui {

using observe::ProcessInfo;

namespace {
constexpr std::chrono::milliseconds kInfoLimit{200};
constexpr int kForeseeEvery = 5; ///< ticks
} // namespace

Inspector::Inspector(ObserverContext& context, ProcessActions& actions, QWidget* parent)
    : QWidget(parent), m_context(context), m_actions(actions), m_mark(new MarkLabel(this)),
      m_title(new ElidedLabel(this)), m_line(new QLabel(this)), m_bars(new BarStack(this)),
      m_tabs(new QTabBar(this)), m_pages(new QStackedWidget(this)), m_info(new InfoPanel(this)),
      m_mailbox(new MailboxView(context, this)), m_state(new StatePane(context, this)),
      m_dictionary(new TermView(tr("Dictionary"), this)), m_empty(new QLabel(this)) {
    buildHead();
    connect(m_info, &InfoPanel::processChosen, this, [this](Pid pid) {
        const Subject subject = m_context.subjectOf(pid);
        m_context.select(subject);
        emit m_context.revealed(subject);
    });
    connect(m_info->killButton(), &QPushButton::clicked, this, [this] { m_actions.kill(m_shown); });
    connect(m_info->suspendButton(), &QPushButton::clicked, this,
            [this] { m_actions.suspendOrResume(m_shown); });
    connect(m_info->sendButton(), &QPushButton::clicked, this,
            [this] { m_actions.sendMessage(m_shown); });
    connect(&context, &ObserverContext::subjectChanged, this, &Inspector::follow);
    connect(&context, &ObserverContext::pulled, this, [this] {
        readAgain();
        foresee();
    });
    connect(&context.refresh(), &RefreshClock::ticked, this, &Inspector::tick);
    follow();
}

void Inspector::buildHead() {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* head = new QWidget(this);
    auto* lines = new QVBoxLayout(head);
    lines->setContentsMargins(metrics().margin, 12, metrics().margin, 6);
    lines->setSpacing(1);
    auto* first = new QHBoxLayout;
    first->setSpacing(8);
    m_title->setFont(ui::font(TypeRole::InspectorTitle));
    first->addWidget(m_mark);
    first->addWidget(m_title, 1);
    lines->addLayout(first);
    m_line->setForegroundRole(QPalette::PlaceholderText);
    m_line->setFont(ui::font(TypeRole::Secondary));
    m_line->setWordWrap(true);
    m_line->setTextInteractionFlags(Qt::TextSelectableByMouse);
    lines->addWidget(m_line);
    column->addWidget(head);
    column->addWidget(m_bars);
    m_tabs->setDrawBase(true);
    m_tabs->setExpanding(false);
    m_tabs->setAccessibleName(tr("Parts of the process"));
    for (const QString& tab : {tr("Info"), tr("Mailbox"), tr("State"), tr("Dictionary")})
        m_tabs->addTab(tab);
    auto* tabRow = new QHBoxLayout;
    tabRow->setContentsMargins(metrics().margin, 0, metrics().margin, 0);
    tabRow->addWidget(m_tabs);
    column->addLayout(tabRow);
    auto* dictionary = new QWidget(this);
    auto* room = new QVBoxLayout(dictionary);
    room->setContentsMargins(metrics().margin, metrics().pad, metrics().margin, metrics().pad);
    room->addWidget(m_dictionary);
    for (QWidget* page : {static_cast<QWidget*>(m_info), static_cast<QWidget*>(m_mailbox),
                          static_cast<QWidget*>(m_state), dictionary})
        m_pages->addWidget(page);
    column->addWidget(m_pages, 1);
    m_empty->setText(tr("Select a process to see what it does."));
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_empty->setContentsMargins(metrics().margin, metrics().margin, metrics().margin, 0);
    m_empty->setAlignment(Qt::AlignTop | Qt::AlignLeading);
    column->addWidget(m_empty, 1);
    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    setMinimumWidth(metrics().inspectorMin);
}

QWidget* Inspector::focusTarget() const {
    return m_tabs;
}

/// Of a process that was chosen by its pid: the place that it fills.
const observe::Place* Inspector::placeShown() const {
    const TreeModel& tree = m_context.tree();
    if (m_shown.place)
        return tree.place(m_shown.place);
    const observe::Place* place = tree.place(m_context.node().placeOf(m_shown.pid));
    return place && place->pid == m_shown.pid ? place : nullptr;
}

QString Inspector::title() const {
    return m_title->text();
}

void Inspector::copySelection() {
    QString words;
    switch (m_tabs->currentIndex()) {
    case MailboxTab:
        words = rowsAsText(*m_mailbox->table(), *m_mailbox->table()->headerView());
        break;
    case StateTab:
        words = m_state->view()->copyText();
        break;
    case DictionaryTab:
        words = m_dictionary->copyText();
        break;
    default:
        words = m_info->copyText();
        break;
    }
    if (!words.isEmpty())
        QGuiApplication::clipboard()->setText(words);
}

/// The selection changed, or the process at the selected place did.
void Inspector::follow() {
    const Subject subject = m_context.subject();
    const bool replaced = subject.place && subject.place == m_shown.place && m_shown.pid &&
                          subject.pid != m_shown.pid;
    m_predecessor = replaced ? m_shown.pid : Pid();
    showProcess(subject);
}

void Inspector::showProcess(const Subject& subject) {
    m_shown = subject;
    m_gone = false;
    m_rate.reset();
    const bool any = bool(subject);
    m_empty->setVisible(!any);
    m_tabs->setVisible(any);
    m_pages->setVisible(any);
    m_mark->parentWidget()->setVisible(any);
    const QString title = any ? m_context.titleOf(subject.pid) : QString();
    m_mailbox->setProcess(subject.pid, title);
    m_state->setProcess(subject.pid, title);
    if (const Seen* last = seen(subject.pid))
        m_info->display(last->info, placeShown(), {}, false);
    else
        m_info->clear();
    updateHead();
    updateBar();
    readAgain();
    foresee();
}

void Inspector::readAgain() {
    if (!isVisible() || !m_shown.pid)
        return;
    const std::uint64_t reading = ++m_reading;
    m_context.node().info(m_shown.pid, kInfoLimit,
                          [self = QPointer(this), reading](Result<ProcessInfo> info) {
                              if (!self || reading != self->m_reading)
                                  return;
                              if (info)
                                  self->take(*info);
                              else if (info.error().code == atoms::noproc)
                                  self->showGone();
                              // Busy: what was read last stays, and the next refresh asks again.
                          });
}

void Inspector::tick() {
    readAgain();
    // What would happen changes with the tree, which tells; with a budget that drains; and with
    // links, which nobody tells of. To foresee it every process is asked, so not at each tick.
    const observe::Place* place = placeShown();
    const bool drains = place && m_context.tree().budgetUsed(place->parent) > 0;
    if (drains || ++m_ticksSinceForeseen >= kForeseeEvery)
        foresee();
}

void Inspector::take(const ProcessInfo& info) {
    if (const Seen* before = seen(info.row.pid)) {
        const double seconds = std::chrono::duration<double>(m_context.now() - before->at).count();
        if (seconds > 0.2)
            m_rate = (double(info.row.reductions) - double(before->info.row.reductions)) / seconds;
    }
    remember(info);
    m_gone = false;
    m_info->display(info, placeShown(), m_rate, false);
    const QString mailbox = info.row.mailbox == 0
                                ? tr("Mailbox")
                                : tr("Mailbox %1").arg(number(qint64(info.row.mailbox)));
    if (m_tabs->tabText(MailboxTab) != mailbox)
        m_tabs->setTabText(MailboxTab, mailbox);
    showDictionary(info);
    updateHead();
    updateBar();
}

void Inspector::showDictionary(const ProcessInfo& info) {
    QStringList lines;
    for (const auto& [key, value] : info.dictionary)
        lines << QStringLiteral("%1: %2").arg(termLine(key, 200), termLine(value, 4096));
    m_dictionary->setWords(lines.isEmpty() ? tr("The dictionary is empty.") : lines.join(u'\n'));
}

void Inspector::showGone() {
    m_gone = true;
    if (const Seen* last = seen(m_shown.pid))
        m_info->display(last->info, placeShown(), {}, true);
    updateHead();
    updateBar();
}

void Inspector::foresee() {
    if (!isVisible() || !m_shown.pid)
        return;
    m_ticksSinceForeseen = 0;
    m_context.node().consequences(
        m_shown.pid, atoms::kill,
        [self = QPointer(this), pid = m_shown.pid](Result<observe::Consequences> foreseen) {
            if (!self || pid != self->m_shown.pid)
                return;
            const observe::Place* place = self->m_context.tree().place(self->m_shown.place);
            const ConsequenceWords words{&self->m_context.hooks(),
                                         place ? place->restartType
                                               : observe::RestartType::Permanent};
            self->m_info->setConsequence(foreseen ? whatWillHappen(*foreseen, words)
                                                  : whatWillHappen({}, words));
        });
}

void Inspector::updateHead() {
    const Seen* last = seen(m_shown.pid);
    const observe::Place* place = placeShown();
    const QString title = place  ? text(place->name)
                          : last ? text(last->info.row.title())
                                 : pidText(m_shown.pid);
    m_title->setText(title);
    setAccessibleName(title.isEmpty() ? tr("Inspector") : tr("Inspector of %1").arg(title));
    m_mark->setMark(m_gone ? StatusMark::Gone
                    : last ? markOf(last->info.row.status, last->info.row.ownThread)
                           : StatusMark::Waiting);
    QStringList parts;
    if (m_shown.pid)
        parts << QStringLiteral("<tt>%1</tt>").arg(pidText(m_shown.pid).toHtmlEscaped());
    QString kind = place && m_context.hooks().kind ? m_context.hooks().kind(*place) : QString();
    if (kind.isEmpty() && place)
        kind = kindText(place->kind);
    if (!kind.isEmpty())
        parts << kind.toHtmlEscaped();
    if (last && !m_gone)
        parts << tr("up %1").arg(roundAgeText(last->info.row.uptime));
    const QString line = parts.join(QStringLiteral(" · "));
    if (m_line->text() != line)
        m_line->setText(line);
}

/// What is opened again on use stands at a place of its own, under the same name.
observe::PlaceId Inspector::successorOf(observe::PlaceId id) const {
    const TreeModel& tree = m_context.tree();
    const observe::Place* gone = tree.place(id);
    if (!gone || !gone->reopens || !tree.isLeaving(id))
        return id;
    for (const observe::PlaceId sibling : tree.childrenOf(gone->parent)) {
        const observe::Place* other = tree.place(sibling);
        if (other->reopens && other->name == gone->name &&
            other->state == observe::PlaceState::Alive && !tree.isLeaving(sibling))
            return sibling;
    }
    return id;
}

/// "… is gone" for a process that has ended, "you see its successor" for one that took its place.
void Inspector::updateBar() {
    const Pid subject = m_gone ? m_shown.pid : m_predecessor;
    QString words;
    QList<InlineBar::Action> links;
    if (subject) {
        GoneFacts facts{.pid = subject};
        if (const ExitLog::Exit* exit = m_context.exits().find(subject)) {
            facts.reason = exit->reason;
            facts.byPerson = exit->byPerson;
            const auto ago =
                std::chrono::duration_cast<std::chrono::milliseconds>(m_context.now() - exit->at);
            facts.clock = QDateTime::currentDateTime().addMSecs(-ago.count()).toString(u"HH:mm:ss");
            if (const Seen* last = seen(subject)) {
                facts.lived = last->info.row.uptime + (exit->at - last->at);
                facts.queued = last->info.row.mailbox;
            }
        }
        const observe::PlaceId id =
            successorOf(m_shown.place ? m_shown.place : m_context.node().placeOf(subject));
        const observe::Place* place = m_context.tree().place(id);
        if (place && place->pid != subject && place->state == observe::PlaceState::Alive)
            facts.successor = place->pid;
        if (m_gone) {
            words = goneText(facts);
            if (facts.successor)
                links << InlineBar::Action{tr("Show it"), [this, id, pid = facts.successor] {
                                               m_context.select({id, pid});
                                               m_predecessor = {};
                                               showProcess({id, pid});
                                           }};
        } else if (facts.successor) {
            const ExitLog::Exit* exit = m_context.exits().find(subject);
            const auto ago = exit ? m_context.now() - exit->at : TimePoint::duration::zero();
            words = successorText(facts, ago);
            links << InlineBar::Action{tr("Show the old one"), [this, subject, id] {
                                           showProcess({id, subject});
                                           showGone();
                                       }};
        }
    }
    if (words.isEmpty()) {
        if (m_bar)
            m_bars->remove(m_bar);
        m_bar = nullptr;
        return;
    }
    if (m_bar && m_bars->bars().contains(m_bar) &&
        m_bar->kind() == (m_gone ? BarKind::Warning : BarKind::Info)) {
        m_bar->setText(words);
        return;
    }
    if (m_bar)
        m_bars->remove(m_bar);
    m_bar = m_bars->show(m_gone ? BarKind::Warning : BarKind::Info, words, links, !m_gone);
    connect(m_bar, &InlineBar::closed, this, [this] {
        m_bar = nullptr;
        m_predecessor = {};
    });
}

void Inspector::remember(const ProcessInfo& info) {
    const Pid pid = info.row.pid;
    if (!m_seen.contains(pid)) {
        m_seenOrder.push_back(pid);
        if (m_seenOrder.size() > kSeenMax) {
            m_seen.erase(m_seenOrder.front());
            m_seenOrder.pop_front();
        }
    }
    m_seen[pid] = {info, m_context.now()};
}

const Inspector::Seen* Inspector::seen(Pid pid) const {
    const auto found = m_seen.find(pid);
    return found == m_seen.end() ? nullptr : &found->second;
}

void Inspector::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    readAgain();
    foresee();
}

} // namespace grove::ui
