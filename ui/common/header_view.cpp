#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>

#include <QContextMenuEvent>
#include <QCoreApplication>
#include <QMenu>
#include <QPainter>
#include <QResizeEvent>

namespace grove::ui {

HeaderView::HeaderView(Qt::Orientation orientation, QWidget* parent)
    : QHeaderView(orientation, parent) {
    setHighlightSections(false);
    setDefaultAlignment(Qt::AlignLeading | Qt::AlignVCenter);
    setFixedHeight(metrics().header);
    setMinimumSectionSize(48);
    setStretchLastSection(false);
    setTextElideMode(Qt::ElideRight);
    setFont(ui::font(TypeRole::Secondary));
}

void HeaderView::setNote(const QString& note) {
    if (m_note == note)
        return;
    m_note = note;
    viewport()->update();
}

void HeaderView::setHideOrder(const QList<int>& logicalIndexes) {
    m_hideOrder = logicalIndexes;
}

void HeaderView::setStretchColumn(int logicalIndex, int minimumWidth) {
    m_stretch = logicalIndex;
    m_stretchMin = minimumWidth;
}

void HeaderView::fit(int width) {
    if (count() == 0 || m_stretch >= count())
        return;
    int others = 0;
    for (int column = 0; column < count(); ++column) {
        const bool hidden = m_unchosen.contains(column);
        setSectionHidden(column, hidden);
        if (!hidden && column != m_stretch)
            others += sectionSize(column);
    }
    for (const int column : m_hideOrder) {
        if (width - others >= m_stretchMin)
            break;
        if (column >= count() || isSectionHidden(column) || column == m_stretch)
            continue;
        others -= sectionSize(column);
        setSectionHidden(column, true);
    }
    resizeSection(m_stretch, qMax(m_stretchMin, width - others));
}

void HeaderView::setChosen(int logicalIndex, bool shown) {
    m_unchosen.removeAll(logicalIndex);
    if (!shown)
        m_unchosen.append(logicalIndex);
    if (QWidget* view = parentWidget()) {
        QResizeEvent refit(view->size(), view->size());
        QCoreApplication::sendEvent(view, &refit);
    }
}

bool HeaderView::isChosen(int logicalIndex) const {
    return !m_unchosen.contains(logicalIndex);
}

void HeaderView::paintEvent(QPaintEvent* event) {
    QHeaderView::paintEvent(event);
    if (m_note.isEmpty())
        return;
    // At the free end of the stretched column: its title is short and stands at the other end.
    QPainter painter(viewport());
    painter.setFont(ui::font(TypeRole::Badge));
    painter.setPen(color(Token::Muted));
    const QRect box(sectionViewportPosition(m_stretch), 0, sectionSize(m_stretch), height());
    painter.drawText(box.adjusted(0, 0, -metrics().margin, 0),
                     int(Qt::AlignTrailing | Qt::AlignVCenter), m_note);
}

void HeaderView::contextMenuEvent(QContextMenuEvent* event) {
    if (!model() || count() < 2)
        return;
    QMenu menu(this);
    for (int visual = 0; visual < count(); ++visual) {
        const int column = logicalIndex(visual);
        QAction* action =
            menu.addAction(model()->headerData(column, orientation(), Qt::DisplayRole).toString());
        action->setCheckable(true);
        action->setChecked(isChosen(column));
        action->setEnabled(column != m_stretch);
        action->setData(column);
    }
    if (const QAction* chosen = menu.exec(event->globalPos()))
        setChosen(chosen->data().toInt(), chosen->isChecked());
}

} // namespace grove::ui
