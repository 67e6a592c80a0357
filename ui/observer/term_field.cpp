#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/observer/term_field.h>

#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

namespace grove::ui {

namespace {
constexpr int kMarkHeight = 7;
}

/// Knows where its cursor is.
class TermField::Edit : public QLineEdit {
public:
    using QLineEdit::QLineEdit;
    int cursorX() const { return cursorRect().center().x(); }
};

TermField::TermField(const QString& accessibleName, QWidget* parent)
    : QWidget(parent), m_edit(new Edit(this)), m_problem(new QLabel(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kMarkHeight + 2);
    column->addWidget(m_edit);
    column->addWidget(m_problem);
    m_edit->setFont(ui::font(TypeRole::Mono));
    m_edit->setAccessibleName(accessibleName);
    m_edit->setMinimumHeight(metrics().field);
    m_edit->setTextMargins(metrics().pad, 0, metrics().pad, 0);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setForegroundRole(QPalette::BrightText);
    m_problem->setFont(ui::font(TypeRole::Secondary));
    m_problem->hide();
    setFocusProxy(m_edit);
    setFocusPolicy(Qt::StrongFocus);
    connect(m_edit, &QLineEdit::textEdited, this, &TermField::clearProblem);
}

QLineEdit* TermField::edit() const {
    return m_edit;
}

QString TermField::problem() const {
    return m_problem->isHidden() ? QString() : m_problem->text();
}

std::expected<Term, TermProblem> TermField::read() {
    clearProblem();
    std::expected<Term, TermProblem> term = readTerm(m_edit->text());
    if (term)
        return term;
    const TermProblem& problem = term.error();
    m_problem->setText(tr("%1: %2 at column %3")
                           .arg(m_edit->text().trimmed(), problem.message)
                           .arg(problem.column));
    m_problem->show();
    m_edit->setFocus();
    m_edit->setCursorPosition(problem.column - 1);
    m_mark = m_edit->mapToParent(QPoint(m_edit->cursorX(), 0)).x();
    update();
    return term;
}

void TermField::clearProblem() {
    if (m_mark < 0 && m_problem->isHidden())
        return;
    m_mark = -1;
    m_problem->hide();
    update();
}

void TermField::paintEvent(QPaintEvent*) {
    if (m_mark < 0)
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color(Token::Danger));
    const qreal top = m_edit->geometry().bottom() + 2;
    const qreal x = m_mark + 0.5;
    const QPointF mark[] = {{x, top}, {x + 4.5, top + kMarkHeight}, {x - 4.5, top + kMarkHeight}};
    painter.drawPolygon(mark, 3);
}

} // namespace grove::ui
