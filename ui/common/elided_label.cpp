#include <ui/common/elided_label.h>
#include <ui/common/text.h>

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace grove::ui {

ElidedLabel::ElidedLabel(QWidget* parent, Token token) : QWidget(parent), m_token(token) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
}

void ElidedLabel::setText(const QString& text) {
    if (m_text == text)
        return;
    m_text = text;
    setAccessibleName(text);
    updateGeometry();
    update();
}

void ElidedLabel::setToken(Token token) {
    m_token = token;
    update();
}

QSize ElidedLabel::sizeHint() const {
    const QFontMetricsF metrics(font());
    return {int(std::ceil(metrics.horizontalAdvance(m_text))) + 1,
            int(std::ceil(metrics.height()))};
}

QSize ElidedLabel::minimumSizeHint() const {
    return {std::min(m_minimum, sizeHint().width()), sizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
    if (m_wholeOnly && fontMetrics().horizontalAdvance(m_text) > width())
        return;
    QPainter painter(this);
    painter.setPen(color(isEnabled() ? m_token : Token::Disabled));
    const QString shown = fontMetrics().elidedText(m_text, Qt::ElideRight, width());
    drawWords(painter, rect(), Qt::AlignLeft, shown, layoutDirection());
}

void ElidedLabel::resizeEvent(QResizeEvent*) {
    setToolTip(fontMetrics().horizontalAdvance(m_text) > width() ? m_text : QString());
}

} // namespace grove::ui
