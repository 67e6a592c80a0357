#include <ui/common/delegates.h>
#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/views.h>
#include <ui/observer/context.h>
#include <ui/observer/mailbox_model.h>
#include <ui/observer/mailbox_view.h>
#include <ui/observer/term_view.h>

#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLabel>
#include <QPointer>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace grove::ui {

namespace {
constexpr std::chrono::milliseconds kMailboxLimit{500};

QToolButton* pageButton(const QString& sign, const QString& name, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setText(sign);
    button->setAccessibleName(name);
    button->setToolTip(name);
    button->setAutoRaise(true);
    button->setFixedSize(metrics().field, metrics().field);
    return button;
}
} // namespace

MailboxView::MailboxView(ObserverContext& context, QWidget* parent)
    : QWidget(parent), m_context(context), m_model(new MailboxModel(this)),
      m_table(new TableView(this)), m_whole(new TermView(tr("Whole message"), this)),
      m_range(new QLabel(this)), m_back(pageButton(QStringLiteral("‹"), tr("Previous page"), this)),
      m_forth(pageButton(QStringLiteral("›"), tr("Next page"), this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* pages = new QHBoxLayout;
    pages->setContentsMargins(metrics().margin, 4, metrics().margin - 4, 4);
    m_range->setForegroundRole(QPalette::PlaceholderText);
    m_range->setFont(ui::font(TypeRole::Secondary));
    pages->addWidget(m_range, 1);
    pages->addWidget(m_back);
    pages->addWidget(m_forth);
    column->addLayout(pages);
    auto* split = new QSplitter(Qt::Vertical, this);
    split->setChildrenCollapsible(false);
    split->addWidget(m_table);
    auto* below = new QWidget(split);
    auto* room = new QVBoxLayout(below);
    room->setContentsMargins(metrics().margin, metrics().pad, metrics().margin, metrics().pad);
    room->addWidget(m_whole);
    split->addWidget(below);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    column->addWidget(split, 1);
    m_table->setModel(m_model);
    m_table->setItemDelegate(new RowDelegate(m_table));
    m_table->setItemDelegateForColumn(MailboxModel::NumberColumn, new NumberDelegate(m_table));
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->headerView()->setStretchColumn(MailboxModel::MessageColumn, 120);
    m_table->headerView()->setHideOrder({MailboxModel::FromColumn});
    m_table->headerView()->resizeSection(MailboxModel::NumberColumn, 64);
    m_table->headerView()->resizeSection(MailboxModel::FromColumn, metrics().colPid);
    connect(m_back, &QToolButton::clicked, this,
            [this] { turnTo(m_first > MailboxModel::kPage ? m_first - MailboxModel::kPage : 0); });
    connect(m_forth, &QToolButton::clicked, this,
            [this] { turnTo(m_first + MailboxModel::kPage); });
    const auto showWhole = [this] {
        m_whole->setTerm(m_model->termAt(m_table->currentIndex().row()));
    };
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, showWhole);
    connect(m_model, &QAbstractItemModel::dataChanged, this, showWhole);
    connect(&context.refresh(), &RefreshClock::ticked, this, &MailboxView::readAgain);
    updateRange();
}

void MailboxView::setProcess(Pid pid, const QString& title) {
    m_table->setAccessibleName(tr("Mailbox of %1").arg(title));
    if (pid == m_pid)
        return;
    m_pid = pid;
    m_first = 0;
    m_model->setPage({});
    m_whole->setWords({});
    updateRange();
    readAgain();
}

void MailboxView::turnTo(std::uint64_t first) {
    m_first = first;
    m_table->clearSelection();
    readAgain();
}

void MailboxView::readAgain() {
    if (!isVisible() || !m_pid || m_reading)
        return;
    m_reading = true;
    m_context.node().mailbox(
        m_pid, m_first, MailboxModel::kPage, kMailboxLimit,
        [self = QPointer(this), pid = m_pid, first = m_first](Result<observe::MailboxPage> page) {
            if (!self)
                return;
            self->m_reading = false;
            if (pid != self->m_pid || first != self->m_first)
                return self->readAgain();
            if (!page) // gone or busy: what was read last stays
                return;
            const std::uint64_t total = page->total;
            self->m_model->setPage(std::move(*page));
            self->updateRange();
            if (self->m_first > 0 && self->m_first >= total) // taken meanwhile
                self->turnTo((total > 0 ? total - 1 : 0) / MailboxModel::kPage *
                             MailboxModel::kPage);
        });
}

QString MailboxView::rangeText() const {
    const observe::MailboxPage& page = m_model->page();
    if (page.messages.empty())
        return page.total == 0 ? tr("No message is queued.") : QString();
    return tr("%1-%2 of %3")
        .arg(number(qint64(page.first + 1)), number(qint64(page.first + page.messages.size())),
             number(qint64(page.total)));
}

void MailboxView::updateRange() {
    m_range->setText(rangeText());
    const observe::MailboxPage& page = m_model->page();
    m_back->setEnabled(m_first > 0);
    m_forth->setEnabled(page.first + page.messages.size() < page.total);
    const bool pages = page.total > MailboxModel::kPage;
    m_back->setVisible(pages);
    m_forth->setVisible(pages);
    m_table->headerView()->setVisible(!page.messages.empty());
}

void MailboxView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    readAgain();
}

} // namespace grove::ui
