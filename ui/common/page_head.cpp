#include <ui/common/actions.h>
#include <ui/common/elided_label.h>
#include <ui/common/metrics.h>
#include <ui/common/page_head.h>
#include <ui/common/theme.h>

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

namespace grove::ui {

PageHead::PageHead(QWidget* parent)
    : QWidget(parent), m_layout(new QHBoxLayout(this)), m_leading(new QHBoxLayout),
      m_trailing(new QHBoxLayout), m_actions(new QHBoxLayout), m_title(new ElidedLabel(this)),
      m_summary(new ElidedLabel(this, Token::Muted)) {
    m_layout->setContentsMargins(metrics().margin, 0, metrics().margin, 0);
    m_layout->setSpacing(12);
    for (QHBoxLayout* part : {m_leading, m_trailing, m_actions})
        part->setSpacing(12);
    m_title->setMinimumText(96);
    m_summary->setWholeOnly(true);
    m_layout->addWidget(m_title);
    m_layout->addLayout(m_leading);
    m_layout->addWidget(m_summary);
    m_layout->addStretch(1);
    m_layout->addLayout(m_trailing);
    m_layout->addLayout(m_actions);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    applyFonts();
}

void PageHead::setTitle(const QString& title) {
    m_title->setText(title);
}

QString PageHead::title() const {
    return m_title->text();
}

void PageHead::setSummary(const QString& summary) {
    m_summary->setText(summary);
    m_summary->setVisible(!summary.isEmpty());
}

void PageHead::addLeading(QWidget* widget) {
    m_leading->addWidget(widget);
}

void PageHead::addTrailing(QWidget* widget) {
    m_trailing->addWidget(widget);
}

void PageHead::setActions(const QList<QAction*>& actions) {
    while (QLayoutItem* item = m_actions->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (QAction* action : actions)
        m_actions->addWidget(makeToolButton(action, this));
}

void PageHead::setCompact(bool compact) {
    m_compact = compact;
    applyFonts();
}

void PageHead::setLine(bool line) {
    m_line = line;
    update();
}

void PageHead::applyFonts() {
    m_title->setFont(ui::font(m_compact ? TypeRole::PaneTitle : TypeRole::Title));
    m_title->setMinimumText(m_compact ? 48 : 96);
    setFixedHeight(m_compact ? metrics().paneHead : metrics().pageHead);
}

void PageHead::paintEvent(QPaintEvent*) {
    if (!m_line)
        return;
    QPainter painter(this);
    drawHairline(painter, Qt::Horizontal, height() - 1, 0, width(), color(Token::Border));
}

void PageHead::changeEvent(QEvent* event) {
    if (event->type() == QEvent::ApplicationFontChange)
        applyFonts();
    QWidget::changeEvent(event);
}

QToolButton* makeToolButton(QAction* action, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    button->setIconSize(QSize(metrics().icon, metrics().icon));
    button->setFixedSize(metrics().field, metrics().field);
    button->setFocusPolicy(Qt::TabFocus);
    const auto describe = [button, action] {
        button->setAccessibleName(QString(action->text()).remove(QLatin1Char('&')));
        button->setToolTip(ActionRegistry::toolTipOf(action));
    };
    QObject::connect(action, &QAction::changed, button, describe);
    describe();
    return button;
}

} // namespace grove::ui
