#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/search_field.h>

#include <QAction>
#include <QFontMetrics>
#include <QKeyEvent>
#include <QPainter>

namespace grove::ui {

namespace {
constexpr int kIconRoom = 24;  // magnifier and the gap after it
constexpr int kClearRoom = 22; // the cross at the end
} // namespace

SearchField::SearchField(const QString& placeholder, QWidget* parent)
    : QLineEdit(parent), m_clear(new QAction(this)) {
    setPlaceholderText(placeholder);
    setAccessibleName(placeholder);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_clear->setIcon(icon("close", Token::Muted));
    m_clear->setText(tr("Clear"));
    connect(m_clear, &QAction::triggered, this, &QLineEdit::clear);
    connect(this, &QLineEdit::textChanged, this, [this](const QString& text) {
        // The button of a hidden action would stay: it comes and goes with its action.
        if (text.isEmpty())
            removeAction(m_clear);
        else if (!actions().contains(m_clear))
            addAction(m_clear, QLineEdit::TrailingPosition);
        if (text.isEmpty())
            setResult({});
    });
    applyMargins();
}

void SearchField::setResult(const QString& result) {
    if (m_result == result)
        return;
    m_result = result;
    setAccessibleDescription(result);
    applyMargins();
    update();
}

void SearchField::applyMargins() {
    const int resultRoom =
        m_result.isEmpty()
            ? 0
            : QFontMetrics(ui::font(TypeRole::Secondary)).horizontalAdvance(m_result) +
                  metrics().pad;
    const int lead = kIconRoom + metrics().pad - 2;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    setTextMargins(rtl ? resultRoom + 4 : lead, 0, rtl ? lead : resultRoom + 4, 0);
}

QSize SearchField::sizeHint() const {
    return {184, metrics().field};
}

QSize SearchField::minimumSizeHint() const {
    return {112, metrics().field};
}

void SearchField::paintEvent(QPaintEvent* event) {
    QLineEdit::paintEvent(event);
    QPainter painter(this);
    const int side = metrics().icon;
    const bool rtl = layoutDirection() == Qt::RightToLeft;
    const QRect box(rtl ? width() - side - 10 : 10, (height() - side) / 2, side, side);
    paintIcon(painter, box, "search", color(Token::Muted));
    if (m_result.isEmpty())
        return;
    painter.setFont(ui::font(TypeRole::Secondary));
    painter.setPen(color(Token::Muted));
    painter.drawText(rect().adjusted(kClearRoom + 6, 0, -kClearRoom - 6, 0),
                     int(Qt::AlignVCenter | Qt::AlignTrailing), m_result);
}

bool SearchField::event(QEvent* event) {
    // Esc and F3 are this field's while it has the keyboard, also where the window has shortcuts
    // for them.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Escape || key->key() == Qt::Key_F3) {
            event->accept();
            return true;
        }
    }
    return QLineEdit::event(event);
}

void SearchField::keyPressEvent(QKeyEvent* event) {
    const bool back = event->modifiers().testFlag(Qt::ShiftModifier);
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_F3:
        if (back)
            emit previousRequested();
        else
            emit nextRequested();
        return;
    case Qt::Key_Escape:
        clear();
        emit left();
        return;
    case Qt::Key_Down:
        emit left();
        return;
    default:
        QLineEdit::keyPressEvent(event);
    }
}

} // namespace grove::ui
