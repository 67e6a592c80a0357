#include <ui/common/icons.h>
#include <ui/common/metrics.h>
#include <ui/common/text.h>
#include <ui/common/theme.h>
#include <ui/todo/date_popup.h>
#include <ui/todo/dates.h>

#include <QCalendarWidget>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QScreen>
#include <QTextCharFormat>
#include <QToolButton>
#include <QVBoxLayout>

namespace grove::ui {

namespace {

struct Choice {
    Qt::Key key;
    QString text;
    QDate date;
};

QList<Choice> choicesFor(const QDate& today) {
    return {{Qt::Key_T, DatePopup::tr("Today"), today},
            {Qt::Key_M, DatePopup::tr("Tomorrow"), today.addDays(1)},
            {Qt::Key_W, DatePopup::tr("Next week"), nextWeek(today)},
            {Qt::Key_X, DatePopup::tr("No date"), QDate()}};
}

/// A row of the popup: what, when, and its key.
class ChoiceButton final : public QPushButton {
public:
    ChoiceButton(const Choice& choice, const QDate& today, QWidget* parent)
        : QPushButton(choice.text, parent),
          m_when(choice.date.isValid() ? shortDay(choice.date, today) : QString()),
          m_key(QKeySequence(choice.key).toString(QKeySequence::NativeText)) {
        setAccessibleName(m_when.isEmpty() ? choice.text : choice.text + QLatin1Char(' ') + m_when);
        setAutoDefault(false);
        setFocusPolicy(Qt::TabFocus);
        setAttribute(Qt::WA_Hover);
    }
    QSize sizeHint() const override { return {240, metrics().row}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (underMouse() || isDown()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(color(isDown() ? Token::Selection : Token::Hover));
            painter.drawRoundedRect(rect(), 4, 4);
        }
        const bool rtl = layoutDirection() == Qt::RightToLeft;
        const QRect box = rect().adjusted(metrics().pad, 0, -metrics().pad, 0);
        const int lead = int(Qt::AlignVCenter | (rtl ? Qt::AlignRight : Qt::AlignLeft));
        const int trail = int(Qt::AlignVCenter | (rtl ? Qt::AlignLeft : Qt::AlignRight));
        painter.setPen(color(Token::Text));
        painter.drawText(box, lead, text());
        painter.setPen(color(Token::Muted));
        painter.setFont(ui::font(TypeRole::Secondary));
        painter.drawText(box, trail, m_key);
        painter.drawText(rtl ? box.adjusted(28, 0, 0, 0) : box.adjusted(0, 0, -28, 0), trail,
                         m_when);
    }

private:
    QString m_when;
    QString m_key;
};

} // namespace

DatePopup::DatePopup(const QDate& today, const QDate& current, QWidget* parent)
    : QFrame(parent, Qt::Popup), m_today(today), m_field(new QLineEdit(this)),
      m_reading(new QLabel(this)) {
    setAttribute(Qt::WA_DeleteOnClose);
    setAccessibleName(tr("Date"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(2);
    m_field->setPlaceholderText(tr("24 Dec, 2026-12-24, fri, +3"));
    m_field->setAccessibleName(tr("Date, typed"));
    m_field->installEventFilter(this);
    layout->addWidget(m_field);
    m_reading->setFont(ui::font(TypeRole::Secondary));
    m_reading->setForegroundRole(QPalette::PlaceholderText);
    m_reading->setContentsMargins(8, 2, 8, 4);
    m_reading->setWordWrap(true);
    m_reading->hide();
    layout->addWidget(m_reading);
    for (const Choice& choice : choicesFor(today)) {
        auto* button = new ChoiceButton(choice, today, this);
        connect(button, &QPushButton::clicked, this, [this, date = choice.date] { answer(date); });
        layout->addWidget(button);
    }
    QCalendarWidget* calendar = makeCalendar(this);
    calendar->setSelectedDate(current.isValid() ? current : today);
    connect(calendar, &QCalendarWidget::clicked, this, &DatePopup::answer);
    connect(calendar, &QCalendarWidget::activated, this, &DatePopup::answer);
    layout->addSpacing(4);
    layout->addWidget(calendar);
    connect(m_field, &QLineEdit::textChanged, this, &DatePopup::showReading);
    setFocusProxy(m_field);
}

QCalendarWidget* DatePopup::makeCalendar(QWidget* parent) {
    auto* calendar = new QCalendarWidget(parent);
    calendar->setAccessibleName(tr("Calendar"));
    calendar->setDateRange(QDate(1, 1, 1), QDate(9'999, 12, 31)); // as todo::isDay()
    calendar->setVerticalHeaderFormat(QCalendarWidget::NoVerticalHeader);
    calendar->setGridVisible(false);
    calendar->setFirstDayOfWeek(QLocale().firstDayOfWeek());
    // The header is Highlight on Highlight's text, and so is a chosen day: both are quiet here.
    QPalette quiet = calendar->palette();
    quiet.setColor(QPalette::HighlightedText, color(Token::Text));
    calendar->setPalette(quiet);
    if (auto* bar = calendar->findChild<QWidget*>(QStringLiteral("qt_calendar_navigationbar")))
        bar->setBackgroundRole(QPalette::Base);
    const auto arrow = [calendar](const char* name, const char* picture, const QString& text) {
        if (auto* button = calendar->findChild<QToolButton*>(QLatin1String(name))) {
            button->setIcon(icon(picture));
            button->setAccessibleName(text);
            button->setToolTip(text);
        }
    };
    arrow("qt_calendar_prevmonth", "chevron-left", tr("Month before"));
    arrow("qt_calendar_nextmonth", "chevron-right", tr("Next month"));
    QTextCharFormat marked;
    marked.setForeground(color(Token::Accent));
    marked.setFontWeight(QFont::DemiBold);
    calendar->setDateTextFormat(QDate::currentDate(), marked);
    QTextCharFormat plain;
    plain.setForeground(color(Token::Text));
    for (const Qt::DayOfWeek day : {Qt::Saturday, Qt::Sunday})
        calendar->setWeekdayTextFormat(day, plain);
    QTextCharFormat header;
    header.setForeground(color(Token::Muted));
    header.setBackground(color(Token::Surface));
    calendar->setHeaderTextFormat(header);
    return calendar;
}

void DatePopup::popup(QPoint global) {
    adjustSize();
    if (const QScreen* on = parentWidget() ? parentWidget()->screen() : screen()) {
        const QRect room = on->availableGeometry();
        global.setX(qBound(room.left(), global.x(), qMax(room.left(), room.right() - width())));
        global.setY(qBound(room.top(), global.y(), qMax(room.top(), room.bottom() - height())));
    }
    move(global);
    show();
    m_field->setFocus(Qt::PopupFocusReason);
}

void DatePopup::answer(const QDate& date) {
    emit chosen(date);
    close();
}

void DatePopup::readTyped() {
    const auto read = parseTypedDate(m_field->text(), m_today);
    if (read)
        answer(toQDate(*read));
    else
        showReading();
}

void DatePopup::showReading() {
    const QString typed = m_field->text().trimmed();
    QString reading;
    if (!typed.isEmpty()) {
        const auto read = parseTypedDate(typed, m_today);
        reading = !read               ? read.error()
                  : read->has_value() ? longDay(toQDate(*read), m_today)
                                      : tr("No date");
    }
    m_reading->setText(reading);
    m_reading->setVisible(!reading.isEmpty());
    adjustSize();
}

bool DatePopup::eventFilter(QObject* object, QEvent* event) {
    if (object != m_field || event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(object, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (m_field->text().isEmpty() && key->modifiers() == Qt::NoModifier)
        for (const Choice& choice : choicesFor(m_today))
            if (key->key() == choice.key) {
                answer(choice.date);
                return true;
            }
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
        readTyped();
        return true;
    }
    if (key->key() == Qt::Key_Escape) {
        close();
        return true;
    }
    return false;
}

void DatePopup::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Surface));
    painter.setPen(color(Token::Edge));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace grove::ui
