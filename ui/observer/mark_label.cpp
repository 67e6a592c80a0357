#include <ui/common/metrics.h>
#include <ui/observer/mark_label.h>

#include <QPainter>

namespace grove::ui {

MarkLabel::MarkLabel(QWidget* parent) : QWidget(parent) {
    setFixedSize(metrics().mark, metrics().mark + 4);
}

void MarkLabel::setMark(StatusMark mark) {
    if (mark == m_mark)
        return;
    m_mark = mark;
    setAccessibleName(markWord(mark));
    setToolTip(markWord(mark));
    update();
}

void MarkLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintMark(painter, rect(), m_mark, markColor(m_mark));
}

} // namespace grove::ui
