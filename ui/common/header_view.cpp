#include <ui/common/metrics.h>
#include <ui/common/theme.h>
#include <ui/common/views.h>

#include <QContextMenuEvent>
#include <QItemSelectionModel>
#include <QMenu>
#include <QPainter>
#include <QScopedValueRollback>

#include <algorithm>
#include <utility>

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
    connect(this, &QHeaderView::sectionResized, this,
            [this](int logicalIndex, int, int width) { noteWidth(logicalIndex, width); });
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
    m_fitWidth = width;
    if (count() == 0 || m_stretch >= count())
        return;
    const QScopedValueRollback fitting(m_fitting, true);
    if (sectionResizeMode(m_stretch) != Fixed) // it takes the rest: its edge cannot be dragged
        setSectionResizeMode(m_stretch, Fixed);
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
    if (m_fitWidth > 0)
        fit(m_fitWidth);
}

/// A person drags an edge: the stretched column takes up the difference.
void HeaderView::noteWidth(int logicalIndex, int width) {
    if (logicalIndex != m_stretch && width > 0)
        m_widths[logicalIndex] = width;
    if (!m_fitting && logicalIndex != m_stretch && m_fitWidth > 0)
        fit(m_fitWidth);
}

QStringList HeaderView::arrangement() const {
    QStringList columns;
    for (int visual = 0; visual < count(); ++visual) {
        const int column = logicalIndex(visual);
        columns << QStringLiteral("%1:%2:%3")
                       .arg(column)
                       .arg(column == m_stretch ? 0 : m_widths.value(column))
                       .arg(isChosen(column) ? 1 : 0);
    }
    return columns;
}

void HeaderView::arrange(const QStringList& columns) {
    int visual = 0;
    for (const QString& words : columns.isEmpty() ? m_defaults : columns) {
        const QStringList parts = words.split(u':');
        bool isNumber = false;
        const int column = parts.value(0).toInt(&isNumber);
        if (!isNumber || column < 0 || column >= count() || parts.size() != 3)
            continue; // written by another version
        moveSection(visualIndex(column), visual++);
        m_unchosen.removeAll(column);
        if (parts.at(2) == u"0" && column != m_stretch)
            m_unchosen.append(column);
        if (const int width = parts.at(1).toInt(); width >= minimumSectionSize()) {
            const QScopedValueRollback fitting(m_fitting, true);
            m_widths[column] = width;
            setSectionHidden(column, false); // the width of a hidden one is not taken over
            resizeSection(column, width);
        }
    }
    if (m_fitWidth > 0)
        fit(m_fitWidth);
}

void HeaderView::keepDefaults() {
    for (int column = 0; column < count(); ++column)
        if (column != m_stretch && sectionSize(column) > 0)
            m_widths[column] = sectionSize(column);
    m_defaults = arrangement();
}

QString rowsAsText(const QAbstractItemView& view, const HeaderView& header) {
    if (!view.model() || !view.selectionModel())
        return {};
    QModelIndexList rows = view.selectionModel()->selectedRows();
    if (rows.isEmpty() && view.currentIndex().isValid())
        rows << view.currentIndex().siblingAtColumn(0);
    std::ranges::sort(rows, {}, [&view](const QModelIndex& row) {
        return std::pair(view.visualRect(row).top(), row.row());
    });
    QStringList lines;
    for (const QModelIndex& row : rows) {
        QStringList cells;
        for (int visual = 0; visual < header.count(); ++visual) {
            const int column = header.logicalIndex(visual);
            if (header.isChosen(column))
                cells << row.siblingAtColumn(column).data(Qt::DisplayRole).toString();
        }
        lines << cells.join(u'\t');
    }
    return lines.join(u'\n');
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
