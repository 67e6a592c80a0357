#include <ui/common/metrics.h>
#include <ui/common/question_dialog.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/observer/consequence_text.h>
#include <ui/observer/format.h>
#include <ui/observer/info_panel.h>
#include <ui/observer/value_label.h>

#include <QCoreApplication>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTextDocument>
#include <QTextDocumentFragment>
#include <QVBoxLayout>

namespace grove::ui {

using observe::ProcessInfo;
using observe::ProcessLink;

namespace {

constexpr std::size_t kLinksShown = 20;

QString linkTo(Pid pid, const QString& words) {
    return QStringLiteral("<a href=\"pid:%1\" style=\"text-decoration:none\">%2</a>")
        .arg(pid.raw())
        .arg(breakable(words).toHtmlEscaped());
}

QString html(const QString& words) {
    return breakable(words).toHtmlEscaped();
}

/// Links on one line, the first of them only where there are many.
QString linksText(const std::vector<ProcessLink>& links) {
    QStringList words;
    for (const ProcessLink& link : links) {
        if (static_cast<std::size_t>(words.size()) == kLinksShown) {
            words << InfoPanel::tr("%1 more").arg(number(qint64(links.size() - kLinksShown)));
            break;
        }
        words << linkTo(link.pid, link.title.empty() ? pidText(link.pid) : text(link.title));
    }
    return words.join(QStringLiteral(", "));
}

QString mono(const QString& words) {
    return words.isEmpty() ? words : QStringLiteral("<tt>%1</tt>").arg(html(words));
}

} // namespace

/// While it lives the rows keep their places; then all get them in one go, before a paint can come.
///
/// A label that is shown lays its neighbours out at once, in the height that the panel had before:
/// row by row that is work for nothing, and what a paint shows that comes before the panel grows.
class InfoPanel::Filling {
public:
    explicit Filling(InfoPanel& panel) : m_panel(panel) {
        panel.widget()->layout()->setEnabled(false);
    }
    ~Filling() {
        m_panel.widget()->layout()->setEnabled(true);
        m_panel.settle();
    }
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;

private:
    InfoPanel& m_panel;
};

/// Layout and scroll area tell each other of a change by posted events.
void InfoPanel::settle() {
    QCoreApplication::sendPostedEvents(widget(), QEvent::LayoutRequest);
    QCoreApplication::sendPostedEvents(viewport(), QEvent::LayoutRequest);
}

InfoPanel::InfoPanel(QWidget* parent)
    : QScrollArea(parent), m_consequence(new QLabel), m_kill(new QPushButton(tr("&Kill…"))),
      m_suspend(new QPushButton(tr("S&uspend"))), m_send(new QPushButton(tr("Sen&d…"))) {
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    auto* inside = new QWidget;
    auto* grid = new QGridLayout(inside);
    grid->setContentsMargins(metrics().margin, 8, metrics().margin, metrics().margin);
    grid->setHorizontalSpacing(0);
    grid->setVerticalSpacing(0);
    grid->setColumnMinimumWidth(0, metrics().keyColumn);
    grid->setColumnStretch(1, 1);
    addField(Field::Status, tr("Status"), grid);
    addField(Field::WaitsAt, tr("Waits at"), grid);
    addField(Field::Behaviour, tr("Behaviour"), grid);
    addField(Field::StartedBy, tr("Started by"), grid);
    addField(Field::Restart, tr("Restart"), grid);
    addField(Field::Memory, tr("Memory"), grid);
    addField(Field::Reductions, tr("Reductions"), grid);
    m_linked = addHeading(tr("Linked and watched"), grid);
    addField(Field::Links, tr("Links"), grid);
    addField(Field::Monitors, tr("Monitors"), grid);
    addField(Field::MonitoredBy, tr("Monitored by"), grid);
    addHeading(tr("If it is killed"), grid);
    m_consequence->setWordWrap(true);
    m_consequence->setTextFormat(Qt::PlainText);
    m_consequence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_consequence->setParent(inside);
    grid->addWidget(m_consequence, grid->rowCount(), 0, 1, 2);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(0, 10, 0, 0);
    buttons->setSpacing(metrics().pad);
    setButtonTone(m_kill, ButtonTone::DangerOutline);
    for (QPushButton* button : {m_kill, m_suspend, m_send})
        buttons->addWidget(button);
    buttons->addStretch(1);
    grid->addLayout(buttons, grid->rowCount(), 0, 1, 2);
    addHeading(tr("Details"), grid);
    addField(Field::Name, tr("Name"), grid);
    addField(Field::Label, tr("Label"), grid);
    addField(Field::InitialCall, tr("Initial call"), grid);
    addField(Field::Awaits, tr("Awaits"), grid);
    addField(Field::Priority, tr("Priority"), grid);
    addField(Field::TrapsExits, tr("Traps exits"), grid);
    addField(Field::RunTime, tr("Run time"), grid);
    addField(Field::Uptime, tr("Uptime"), grid);
    addField(Field::Restarts, tr("Restarts"), grid);
    addField(Field::Mailbox, tr("Mailbox"), grid);
    addField(Field::Ancestors, tr("Ancestors"), grid);
    grid->setRowStretch(grid->rowCount(), 1);
    setWidget(inside);
    inside->setAutoFillBackground(false);
    viewport()->setAutoFillBackground(false);
}

QLabel* InfoPanel::addHeading(const QString& words, QGridLayout* grid) {
    auto* heading = new QLabel(words);
    heading->setFont(ui::font(TypeRole::Heading));
    heading->setContentsMargins(0, 18, 0, 4);
    grid->addWidget(heading, grid->rowCount(), 0, 1, 2);
    return heading;
}

void InfoPanel::addField(Field field, const QString& key, QGridLayout* grid) {
    Row& row = m_rows[std::size_t(field)];
    const int number = grid->rowCount();
    row.key = new QLabel(key);
    row.key->setForegroundRole(QPalette::PlaceholderText);
    row.key->setFont(ui::font(TypeRole::Secondary));
    row.key->setContentsMargins(0, 4, 0, 0);
    row.value = new ValueLabel;
    row.value->setTextFormat(Qt::RichText);
    row.value->setWordWrap(true);
    row.value->setMinimumWidth(1); // what cannot be broken does not widen the panel
    row.value->setContentsMargins(0, 3, 0, 4);
    row.value->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::LinksAccessibleByMouse |
                                       Qt::LinksAccessibleByKeyboard);
    row.value->setFocusPolicy(Qt::ClickFocus);
    grid->addWidget(row.key, number, 0, Qt::AlignTop);
    grid->addWidget(row.value, number, 1, Qt::AlignTop);
    connect(row.value, &QLabel::linkActivated, this, [this](const QString& link) {
        if (link.startsWith(QLatin1String("pid:")))
            emit processChosen(Pid::fromRaw(link.mid(4).toULongLong()));
    });
    row.key->hide();
    row.value->hide();
}

void InfoPanel::set(Field field, const QString& value) {
    const Row& row = m_rows[std::size_t(field)];
    if (row.value->text() != value) {
        row.value->setText(value);
        // A name hides the text from assistive technology, so it says both.
        row.value->setAccessibleName(tr("%1: %2").arg(
            row.key->text(), unbroken(QTextDocumentFragment::fromHtml(value).toPlainText())));
        // Only what can be followed is a stop for the Tab key.
        row.value->setFocusPolicy(value.contains(QLatin1String("<a ")) ? Qt::StrongFocus
                                                                       : Qt::ClickFocus);
    }
    row.key->setVisible(!value.isEmpty());
    row.value->setVisible(!value.isEmpty());
}

QString InfoPanel::valueOf(Field field) const {
    const QLabel* label = m_rows[std::size_t(field)].value;
    return label->isHidden() ? QString() : unbroken(label->text());
}

QString InfoPanel::copyText() const {
    QStringList lines;
    for (const Row& row : m_rows) {
        if (row.value->hasSelectedText())
            return unbroken(row.value->selectedText());
        if (row.value->isHidden())
            continue;
        QTextDocument plain;
        plain.setHtml(row.value->text());
        lines << row.key->text() + u'\t' +
                     unbroken(plain.toPlainText()).replace(u'\n', QStringLiteral("; "));
    }
    return m_consequence->hasSelectedText() ? m_consequence->selectedText() : lines.join(u'\n');
}

QString InfoPanel::consequence() const {
    return m_consequence->text();
}

void InfoPanel::display(const ProcessInfo& info, const observe::Place* place,
                        std::optional<double> reductionsPerSecond, bool gone) {
    const Filling filling(*this);
    const observe::ProcessRow& row = info.row;
    QString status =
        gone ? statusText(observe::Status::Gone, false) : statusText(row.status, row.ownThread);
    if (!gone && info.blockedIn)
        status += tr(", in %1").arg(text(*info.blockedIn));
    set(Field::Status, html(status));
    set(Field::WaitsAt, mono(sourceText(row.waitsAt)));
    set(Field::Behaviour, html(text(row.behaviour)));
    if (info.ancestors.empty())
        set(Field::StartedBy, row.parent ? linkTo(row.parent, pidText(row.parent)) : QString());
    else
        set(Field::StartedBy, linksText({info.ancestors.front()}));
    set(Field::Restart, place ? restartTypeText(place->restartType) : QString());
    set(Field::Memory, bytes(qint64(row.memoryBytes)));
    const QString rate = reductionsPerSecond && !gone ? perSecond(*reductionsPerSecond) : QString();
    const QString muted = color(Token::Muted).name();
    set(Field::Reductions, rate.isEmpty() ? number(qint64(row.reductions))
                                          : QStringLiteral("%1 <span style=\"color:%2\">%3</span>")
                                                .arg(number(qint64(row.reductions)), muted, rate));
    set(Field::Links, linksText(info.links));
    set(Field::Monitors, linksText(info.monitors));
    set(Field::MonitoredBy, linksText(info.monitoredBy));
    m_linked->setVisible(!info.links.empty() || !info.monitors.empty() ||
                         !info.monitoredBy.empty());
    showDetails(info, place);
    m_kill->setEnabled(!gone);
    m_suspend->setEnabled(!gone);
    m_send->setEnabled(!gone);
    m_suspend->setText(row.status == observe::Status::Suspended ? tr("Res&ume") : tr("S&uspend"));
}

void InfoPanel::showDetails(const ProcessInfo& info, const observe::Place* place) {
    const observe::ProcessRow& row = info.row;
    set(Field::Name, html(text(row.name)));
    set(Field::Label, row.label == row.name ? QString() : html(text(row.label)));
    set(Field::InitialCall, mono(text(row.initialCall)));
    QStringList awaits;
    for (const observe::SourcePlace& at : info.awaits)
        awaits << mono(at.function.empty() ? sourceText(at)
                                           : functionText(at.function) + u' ' + sourceText(at));
    set(Field::Awaits, awaits.size() > 1 ? awaits.join(QStringLiteral("<br>")) : QString());
    set(Field::Priority, priorityText(row.priority));
    set(Field::TrapsExits, info.trapExit ? tr("yes") : tr("no"));
    set(Field::RunTime, spanText(row.runTime));
    set(Field::Uptime, ageText(row.uptime));
    QString restarts = number(row.restarts);
    if (place && place->restarts > 0 && !place->lastReason.empty())
        restarts += tr(", last reason %1, back in %2")
                        .arg(mono(text(place->lastReason)), spanText(place->lastRecovery));
    set(Field::Restarts, restarts);
    set(Field::Mailbox,
        tr("%1 queued, %2").arg(number(qint64(row.mailbox)), bytes(qint64(info.mailboxBytes))));
    set(Field::Ancestors, linksText(info.ancestors));
}

void InfoPanel::clear() {
    const Filling filling(*this);
    for (std::size_t field = 0; field < m_rows.size(); ++field)
        set(Field(field), {});
    m_consequence->clear();
}

void InfoPanel::setConsequence(const QString& words) {
    if (m_consequence->text() == words)
        return;
    const Filling filling(*this);
    m_consequence->setText(words);
}

void InfoPanel::showEvent(QShowEvent* event) {
    QScrollArea::showEvent(event);
    settle();
}

void InfoPanel::changeEvent(QEvent* event) {
    QScrollArea::changeEvent(event);
    if (event->type() != QEvent::PaletteChange)
        return;
    // The links of a label keep the colour they were laid out with.
    for (const Row& row : m_rows)
        if (row.value && !row.value->text().isEmpty()) {
            const QString words = row.value->text();
            row.value->clear();
            row.value->setText(words);
        }
}

} // namespace grove::ui
