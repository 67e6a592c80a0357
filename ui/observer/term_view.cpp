#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/observer/term_text.h>
#include <ui/observer/term_view.h>

#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTextCursor>
#include <QTextDocumentFragment>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace grove::ui {

TermView::TermView(const QString& accessibleName, QWidget* parent)
    : QWidget(parent), m_text(new QPlainTextEdit(this)), m_cut(new QLabel(this)),
      m_all(new QToolButton(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_text->setReadOnly(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setFont(ui::font(TypeRole::Mono));
    m_text->setAccessibleName(accessibleName);
    m_text->setTabChangesFocus(true);
    m_text->document()->setDocumentMargin(0);
    m_text->viewport()->setAutoFillBackground(false);
    m_text->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    column->addWidget(m_text, 1);
    auto* row = new QHBoxLayout;
    m_cut->setText(tr("Cut after %1.").arg(bytes(qint64(kBytesMax))));
    m_cut->setForegroundRole(QPalette::PlaceholderText);
    m_all->setText(tr("Show all"));
    m_all->setProperty("groveLink", true);
    m_all->setAutoRaise(true);
    row->addWidget(m_cut);
    row->addWidget(m_all);
    row->addStretch(1);
    column->addLayout(row);
    m_cut->hide();
    m_all->hide();
    connect(m_all, &QToolButton::clicked, this, [this] { print(kBytesAll); });
}

void TermView::setTerm(const Term& term) {
    if (!m_term.isNone() && !term.isNone() && m_term == term)
        return;
    m_term = term;
    if (term.isNone())
        return setWords({});
    print(kBytesMax);
}

void TermView::setWords(const QString& words) {
    m_term = Term();
    m_cut->hide();
    m_all->hide();
    if (m_text->toPlainText() != words)
        m_text->setPlainText(words);
}

QString TermView::text() const {
    return m_text->toPlainText();
}

QString TermView::copyText() const {
    const QTextCursor cursor = m_text->textCursor();
    return cursor.hasSelection() ? cursor.selection().toPlainText() : text();
}

void TermView::print(std::size_t bytesMax) {
    const int character = QFontMetrics(m_text->font()).horizontalAdvance(u'0');
    const int columns = std::max(24, m_text->viewport()->width() / std::max(1, character) - 1);
    const TermPage page = termPage(m_term, bytesMax, columns);
    m_text->setPlainText(page.text);
    m_cut->setVisible(page.cut);
    m_all->setVisible(page.cut && bytesMax < kBytesAll);
}

} // namespace grove::ui
