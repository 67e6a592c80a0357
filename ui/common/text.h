#pragma once

#include <QString>
#include <Qt>

class QDate;
class QPainter;
class QRect;

namespace grove::ui {

/// "9,981", in the person's locale.
QString number(qint64 value);
/// "1,904 B", "12.4 MB": binary steps, three figures.
QString bytes(qint64 value);
/// "0.4 ms", "1.4 ms", "4 s", "4 min 3 s", "2 h 5 min"; from nanoseconds.
QString duration(qint64 nanoseconds);
/// "+36/s", "−4/s"; empty for 0.
QString perSecond(double value);
/// "1 process", "27 processes": chooses by count; both texts hold %1 for the figure.
QString counted(qint64 count, const QString& one, const QString& many);
/// "Fri 21 November", with the year where it is not this one.
QString longDay(const QDate& day, const QDate& today);
/// "Fri 21 Nov"
QString shortDay(const QDate& day, const QDate& today);

/// Draws one line of text at the leading or trailing edge of a box. The text reads in its own
/// direction, whatever that of the window is: "#PID<0.46.0>" stays what it is right to left.
void drawWords(QPainter& painter, const QRect& box, Qt::Alignment alignment, const QString& words,
               Qt::LayoutDirection direction);

} // namespace grove::ui
