#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/todo/date_popup.h>
#include <ui/todo/dates.h>
#include <ui/todo/quick_add.h>

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QRegularExpression>
#include <QStyle>
#include <QToolButton>

namespace grove::ui {

QStringList entryLines(const QString& text) {
    static const QRegularExpression s_breaks(QStringLiteral("[\\r\\n\\x{2028}\\x{2029}]+"));
    QStringList lines;
    for (const QString& line : text.split(s_breaks, Qt::SkipEmptyParts))
        if (!line.trimmed().isEmpty())
            lines.append(line.trimmed());
    return lines;
}

bool QuickAddLine::takeLines(const QString& text) {
    const QStringList lines = entryLines(text);
    if (lines.size() < 2)
        return false;
    emit linesPasted(lines);
    return true;
}

bool QuickAddLine::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        // Empty, or just committed: Ctrl+Z is about the list, not about this line.
        if (text().isEmpty() &&
            (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)))
            return false;
        if (key->key() == Qt::Key_Escape) {
            event->accept();
            return true;
        }
    }
    return QLineEdit::event(event);
}

void QuickAddLine::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Paste) && takeLines(QApplication::clipboard()->text()))
        return;
    if (event->key() == Qt::Key_Escape || event->key() == Qt::Key_Down) {
        emit left();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void QuickAddLine::contextMenuEvent(QContextMenuEvent* event) {
    QMenu* menu = createStandardContextMenu();
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (QAction* action : menu->actions())
        if (action->objectName() == QLatin1String("edit-paste")) {
            action->disconnect(this);
            connect(action, &QAction::triggered, this, [this] {
                if (!takeLines(QApplication::clipboard()->text()))
                    paste();
            });
        }
    menu->popup(event->globalPos());
}

void QuickAddLine::dropEvent(QDropEvent* event) {
    if (event->mimeData()->hasText() && takeLines(event->mimeData()->text())) {
        event->acceptProposedAction();
        return;
    }
    QLineEdit::dropEvent(event);
}

namespace {

/// Calendar and day, muted, 6 apart.
class DateChip final : public QToolButton {
public:
    using QToolButton::QToolButton;
    QSize sizeHint() const override {
        return {fontMetrics().horizontalAdvance(text()) + metrics().icon + 6 + 2 * kPadding,
                metrics().field};
    }
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (underMouse() || isDown()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(color(isDown() ? Token::Raised : Token::Hover));
            painter.drawRoundedRect(rect(), metrics().radius, metrics().radius);
        }
        const int side = metrics().icon;
        const QRect box(kPadding, (height() - side) / 2, side, side);
        const QRect words(kPadding + side + 6, 0, width() - side - 6 - 2 * kPadding, height());
        paintIcon(painter, QStyle::visualRect(layoutDirection(), rect(), box), "calendar",
                  color(Token::Muted));
        painter.setPen(color(Token::Muted));
        painter.drawText(QStyle::visualRect(layoutDirection(), rect(), words), Qt::AlignCenter,
                         text());
    }

private:
    static constexpr int kPadding = 8;
};

} // namespace

QuickAdd::QuickAdd(const QDate& today, QWidget* parent)
    : QWidget(parent), m_today(today), m_chosen(today), m_line(new QuickAddLine(this)),
      m_date(new DateChip(this)) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(36, 2, 4, 2);
    layout->setSpacing(8);
    m_line->setFrame(false);
    m_line->setPlaceholderText(tr("Add an entry (N)"));
    QPalette clear = m_line->palette();
    clear.setColor(QPalette::Base, Qt::transparent);
    m_line->setPalette(clear);
    m_line->installEventFilter(this);
    layout->addWidget(m_line, 1);
    m_date->setFocusPolicy(Qt::TabFocus);
    layout->addWidget(m_date);
    setFixedHeight(metrics().quickAdd);
    setFocusProxy(m_line);
    showDate();
    connect(m_date, &QToolButton::clicked, this, &QuickAdd::askDate);
    connect(m_line, &QLineEdit::returnPressed, this, [this] {
        if (!m_line->text().trimmed().isEmpty())
            emit submitted(m_line->text(), m_chosen);
    });
}

void QuickAdd::setListName(const QString& name) {
    m_line->setAccessibleName(tr("Add an entry to %1").arg(name));
}

void QuickAdd::setToday(const QDate& today) {
    if (m_chosen == m_today)
        m_chosen = today; // "Today" stays today over midnight
    m_today = today;
    showDate();
}

void QuickAdd::setDate(const QDate& date) {
    m_chosen = date;
    showDate();
}

void QuickAdd::showDate() {
    m_date->setText(dayWord(fromQDate(m_chosen), m_today));
    m_date->updateGeometry();
    m_date->setAccessibleName(tr("Date of new entries: %1").arg(m_date->text()));
    m_date->setToolTip(tr("Date of new entries (Ctrl+D)"));
}

void QuickAdd::askDate() {
    auto* popup = new DatePopup(m_today, m_chosen, this);
    connect(popup, &DatePopup::chosen, this, [this](const QDate& date) {
        setDate(date);
        m_line->setFocus(Qt::PopupFocusReason);
    });
    popup->adjustSize();
    popup->popup(
        m_date->mapToGlobal(QPoint(m_date->width() - popup->width(), m_date->height() + 4)));
}

bool QuickAdd::eventFilter(QObject* object, QEvent* event) {
    if (object == m_line && (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut))
        update();
    return QWidget::eventFilter(object, event);
}

void QuickAdd::mousePressEvent(QMouseEvent*) {
    m_line->setFocus(Qt::MouseFocusReason);
}

void QuickAdd::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool focused = m_line->hasFocus();
    const qreal width = focused ? 2 : hairline(this);
    painter.setPen(QPen(color(focused ? Token::Accent : Token::Control), width));
    painter.setBrush(color(Token::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2),
                            metrics().radius, metrics().radius);
    const int side = metrics().icon;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    paintIcon(painter,
              QRectF(rtl ? this->width() - 11 - side : 11, (height() - side) / 2.0, side, side),
              "plus", color(Token::Muted));
}

} // namespace grove::ui
