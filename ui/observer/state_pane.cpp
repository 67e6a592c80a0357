#include <ui/common/metrics.h>
#include <ui/observer/context.h>
#include <ui/observer/format.h>
#include <ui/observer/state_pane.h>
#include <ui/observer/term_view.h>

#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QTime>
#include <QToolButton>
#include <QVBoxLayout>

namespace grove::ui {

namespace {
constexpr std::chrono::milliseconds kStateLimit{500};
}

StatePane::StatePane(ObserverContext& context, QWidget* parent)
    : QWidget(parent), m_context(context), m_line(new QLabel(this)), m_again(new QToolButton(this)),
      m_view(new TermView(tr("State"), this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(metrics().margin, metrics().pad, metrics().margin, metrics().pad);
    auto* row = new QHBoxLayout;
    m_line->setWordWrap(true);
    m_line->setFont(ui::font(TypeRole::Secondary));
    m_line->setForegroundRole(QPalette::PlaceholderText);
    m_again->setText(tr("Ask again"));
    m_again->setProperty("groveLink", true);
    m_again->setAutoRaise(true);
    row->addWidget(m_line, 1);
    row->addWidget(m_again, 0, Qt::AlignTop);
    column->addLayout(row);
    column->addWidget(m_view, 1);
    connect(m_again, &QToolButton::clicked, this, &StatePane::ask);
}

void StatePane::setProcess(Pid pid, const QString& title) {
    m_view->setAccessibleName(tr("State of %1").arg(title));
    if (pid == m_pid)
        return;
    m_pid = pid;
    m_asked = false;
    ++m_question;
    m_view->setWords({});
    m_line->clear();
    if (isVisible())
        ask();
}

QString StatePane::words() const {
    return m_line->text();
}

void StatePane::ask() {
    if (!m_pid)
        return;
    m_asked = true;
    m_again->setEnabled(false);
    const std::uint64_t question = ++m_question;
    m_context.node().state(
        m_pid, kStateLimit, [self = QPointer(this), question](Result<observe::StateView> state) {
            if (!self || question != self->m_question)
                return;
            self->m_again->setEnabled(true);
            if (state) {
                self->m_line->setText(
                    tr("As it was at %1").arg(QTime::currentTime().toString(u"HH:mm:ss")));
                return self->m_view->setTerm(state->term);
            }
            const Error& error = state.error();
            const QString why = text(error.message);
            if (error.code == atoms::noproc)
                self->m_line->setText(tr("It has ended."));
            else if (error.code == atom("busy"))
                self->m_line->setText(why.isEmpty() ? tr("No answer within 500 ms.")
                                                    : tr("No answer within 500 ms: %1.").arg(why));
            else
                self->m_line->setText(why);
        });
}

void StatePane::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (!m_asked)
        ask();
}

} // namespace grove::ui
