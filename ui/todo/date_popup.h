#pragma once

#include <QDate>
#include <QFrame>

#include <optional>

class QCalendarWidget;
class QLabel;
class QLineEdit;

namespace grove::ui {

/// Asks for a date: one key (T today, M tomorrow, W next week, X none), typed and Enter, or a click
/// in the calendar.
///
/// A popup: it closes at Esc or a click elsewhere, with no answer. Deletes itself.
class DatePopup : public QFrame {
    Q_OBJECT
public:
    /// `current` is marked in the calendar.
    DatePopup(const QDate& today, const QDate& current, QWidget* parent);

    /// Shows it with its top leading corner at that point, moved so that it is on the screen.
    void popup(QPoint global);

    /// A calendar in the program's colours: no red weekends, header as the rest.
    static QCalendarWidget* makeCalendar(QWidget* parent);

signals:
    /// The answer; a null date is "none".
    void chosen(const QDate& date);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void answer(const QDate& date);
    void readTyped();
    void showReading();

    QDate m_today;
    QLineEdit* m_field;
    QLabel* m_reading;
};

} // namespace grove::ui
