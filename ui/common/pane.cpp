#include <ui/common/metrics.h>
#include <ui/common/pane.h>
#include <ui/common/theme.h>

#include <QAbstractScrollArea>
#include <QPaintEvent>
#include <QPainter>
#include <QVBoxLayout>

namespace grove::ui {

namespace {
constexpr int kActivityLine = 2;
}

Pane::Pane(const QString& accessibleName, QWidget* parent)
    : QWidget(parent), m_layout(new QVBoxLayout(this)) {
    setAccessibleName(accessibleName);
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(0);
}

void Pane::setContent(QWidget* content) {
    Q_ASSERT(!m_content);
    m_content = content;
    m_layout->addWidget(content);
}

void Pane::setActive(bool active) {
    if (m_active == active)
        return;
    m_active = active;
    // Selections change from filled to outlined.
    for (QAbstractScrollArea* area : findChildren<QAbstractScrollArea*>())
        area->viewport()->update();
    update();
    emit activeChanged(active);
}

void Pane::setMarksActivity(bool marks) {
    m_marksActivity = marks;
    m_layout->setContentsMargins(0, marks ? kActivityLine : 0, 0, 0);
    update();
}

QWidget* Pane::focusTarget() const {
    if (m_lastFocus && isAncestorOf(m_lastFocus) && m_lastFocus->isVisible())
        return m_lastFocus;
    if (m_content && m_content->focusProxy())
        return m_content->focusProxy();
    return m_content;
}

void Pane::rememberFocus(QWidget* widget) {
    m_lastFocus = widget;
}

void Pane::paintEvent(QPaintEvent*) {
    if (!m_marksActivity)
        return;
    QPainter painter(this);
    const QRect line(0, 0, width(), kActivityLine);
    const QColor ground =
        m_content ? m_content->palette().color(m_content->backgroundRole()) : color(Token::Surface);
    painter.fillRect(line, m_active ? color(Token::Accent) : ground);
}

bool inActivePane(const QWidget* widget) {
    for (; widget; widget = widget->parentWidget())
        if (const auto* pane = qobject_cast<const Pane*>(widget))
            return pane->isActive();
    return true;
}

} // namespace grove::ui
