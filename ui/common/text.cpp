#include <ui/common/text.h>

#include <QCoreApplication>
#include <QDate>
#include <QLocale>
#include <QPainter>
#include <QStyle>

#include <array>
#include <cmath>

namespace grove::ui {

namespace {
QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::Text", text);
}
} // namespace

QString number(qint64 value) {
    return QLocale().toString(value);
}

QString bytes(qint64 value) {
    if (value < 10'000)
        return tr("%1 B").arg(number(value));
    static constexpr std::array<const char*, 4> s_units = {"%1 KB", "%1 MB", "%1 GB", "%1 TB"};
    double size = double(value);
    std::size_t unit = 0;
    size /= 1024;
    while (size >= 1000 && unit + 1 < s_units.size()) {
        size /= 1024;
        ++unit;
    }
    return tr(s_units[unit]).arg(QLocale().toString(size, 'f', size < 10 ? 2 : size < 100 ? 1 : 0));
}

QString duration(qint64 nanoseconds) {
    const double ms = double(nanoseconds) / 1e6;
    if (ms < 0.1)
        return tr("%1 µs").arg(QLocale().toString(ms * 1000, 'f', ms < 0.01 ? 1 : 0));
    if (ms < 1000)
        return tr("%1 ms").arg(QLocale().toString(ms, 'f', ms < 10 ? 1 : 0));
    const qint64 seconds = nanoseconds / 1'000'000'000;
    if (seconds < 60)
        return tr("%1 s").arg(seconds);
    if (seconds < 3600)
        return seconds % 60 == 0 ? tr("%1 min").arg(seconds / 60)
                                 : tr("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
    if (seconds < 86'400)
        return tr("%1 h %2 min").arg(seconds / 3600).arg(seconds % 3600 / 60);
    return tr("%1 d %2 h").arg(seconds / 86'400).arg(seconds % 86'400 / 3600);
}

QString perSecond(double value) {
    const qint64 rounded = qint64(std::llround(value));
    if (rounded == 0)
        return {};
    return tr("%1%2/s").arg(rounded > 0 ? QStringLiteral("+") : QStringLiteral("\u2212"),
                            number(std::abs(rounded)));
}

QString counted(qint64 count, const QString& one, const QString& many) {
    return (count == 1 ? one : many).arg(number(count));
}

QString longDay(const QDate& day, const QDate& today) {
    return QLocale().toString(day, day.year() == today.year() ? QStringLiteral("ddd d MMMM")
                                                              : QStringLiteral("ddd d MMMM yyyy"));
}

QString shortDay(const QDate& day, const QDate& today) {
    return QLocale().toString(day, day.year() == today.year() ? QStringLiteral("ddd d MMM")
                                                              : QStringLiteral("d MMM yyyy"));
}

void drawWords(QPainter& painter, const QRect& box, Qt::Alignment alignment, const QString& words,
               Qt::LayoutDirection direction) {
    const Qt::Alignment visual = QStyle::visualAlignment(direction, alignment);
    const Qt::LayoutDirection before = painter.layoutDirection();
    painter.setLayoutDirection(words.isRightToLeft() ? Qt::RightToLeft : Qt::LeftToRight);
    painter.drawText(box, int(visual | Qt::AlignAbsolute | Qt::AlignVCenter) | Qt::TextSingleLine,
                     words);
    painter.setLayoutDirection(before);
}

} // namespace grove::ui
