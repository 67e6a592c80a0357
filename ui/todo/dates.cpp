#include <ui/common/text.h>
#include <ui/todo/dates.h>

#include <QCoreApplication>
#include <QLocale>
#include <QRegularExpression>

namespace grove::ui {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("grove::ui::Dates", text);
}

/// 0, or the number of the name that `word` begins (at least 3 letters), in the person's language
/// or English.
int namedOf(const QString& word, int count, auto nameOf) {
    if (word.size() < 3)
        return 0;
    for (const QLocale& locale : {QLocale(), QLocale::c()})
        for (int i = 1; i <= count; ++i)
            for (const auto format : {QLocale::LongFormat, QLocale::ShortFormat})
                if (nameOf(locale, i, format).startsWith(word, Qt::CaseInsensitive))
                    return i;
    return 0;
}

int monthOf(const QString& word) {
    return namedOf(word, 12, [](const QLocale& locale, int month, QLocale::FormatType format) {
        return locale.monthName(month, format);
    });
}

int weekdayOf(const QString& word) {
    return namedOf(word, 7, [](const QLocale& locale, int day, QLocale::FormatType format) {
        return locale.dayName(day, format);
    });
}

using Parsed = std::expected<std::optional<todo::Date>, QString>;

Parsed fromParts(int day, int month, int year, const QDate& today) {
    const bool yearGiven = year > 0;
    if (!yearGiven)
        year = today.year();
    if (QDate::isValid(year, month, day)) {
        QDate date(year, month, day);
        if (!yearGiven && date < today && QDate::isValid(year + 1, month, day))
            date = QDate(year + 1, month, day);
        return fromQDate(date);
    }
    // The one place that words such faults is the list's own reader.
    const auto read = todo::parseDate(QStringLiteral("%1-%2-%3")
                                          .arg(year, 4, 10, QLatin1Char('0'))
                                          .arg(month)
                                          .arg(day)
                                          .toStdString());
    return std::unexpected(QString::fromStdString(todo::print(read.error())));
}

} // namespace

QDate toQDate(const std::optional<todo::Date>& date) {
    if (!date)
        return {};
    return QDate(int(date->year()), int(unsigned(date->month())), int(unsigned(date->day())));
}

std::optional<todo::Date> fromQDate(const QDate& date) {
    if (!date.isValid())
        return std::nullopt;
    return todo::Date(std::chrono::year(date.year()), std::chrono::month(unsigned(date.month())),
                      std::chrono::day(unsigned(date.day())));
}

QDate nextWeek(const QDate& today) {
    return today.addDays(8 - today.dayOfWeek());
}

std::expected<std::optional<todo::Date>, QString> parseTypedDate(const QString& text,
                                                                 const QDate& today) {
    const QString typed = text.simplified();
    const auto is = [&typed](const QString& word, const char* english) {
        return typed.compare(word, Qt::CaseInsensitive) == 0 ||
               typed.compare(QLatin1String(english), Qt::CaseInsensitive) == 0;
    };
    if (is(tr("today"), "today"))
        return fromQDate(today);
    if (is(tr("tomorrow"), "tomorrow"))
        return fromQDate(today.addDays(1));
    if (is(tr("next week"), "next week"))
        return fromQDate(nextWeek(today));
    if (is(tr("none"), "none") || is(tr("no date"), "no date"))
        return std::nullopt;
    static const QRegularExpression s_plus(QStringLiteral("^\\+(\\d{1,4})$"));
    if (const auto match = s_plus.match(typed); match.hasMatch())
        return fromQDate(today.addDays(match.captured(1).toInt()));
    if (const int weekday = weekdayOf(typed))
        return fromQDate(today.addDays((weekday - today.dayOfWeek() + 6) % 7 + 1));
    static const QRegularExpression s_dayMonth(
        QStringLiteral("^(\\d{1,2})[. ]+(\\p{L}+)\\.?(?: (\\d{4}))?$"));
    if (const auto match = s_dayMonth.match(typed); match.hasMatch())
        if (const int month = monthOf(match.captured(2)))
            return fromParts(match.captured(1).toInt(), month, match.captured(3).toInt(), today);
    static const QRegularExpression s_monthDay(
        QStringLiteral("^(\\p{L}+)\\.? (\\d{1,2})(?:,? (\\d{4}))?$"));
    if (const auto match = s_monthDay.match(typed); match.hasMatch())
        if (const int month = monthOf(match.captured(1)))
            return fromParts(match.captured(2).toInt(), month, match.captured(3).toInt(), today);
    static const QRegularExpression s_numbers(
        QStringLiteral("^(\\d{1,2})[. /](\\d{1,2})(?:[. /](\\d{4})?)?$"));
    if (const auto match = s_numbers.match(typed); match.hasMatch())
        return fromParts(match.captured(1).toInt(), match.captured(2).toInt(),
                         match.captured(3).toInt(), today);
    const auto read = todo::parseDate(typed.toStdString());
    if (read)
        return *read;
    return std::unexpected(QString::fromStdString(todo::print(read.error())));
}

QString dayWord(const std::optional<todo::Date>& date, const QDate& today) {
    if (!date)
        return tr("No date");
    const QDate day = toQDate(date);
    if (day == today)
        return tr("Today");
    if (day == today.addDays(1))
        return tr("Tomorrow");
    if (day == today.addDays(-1))
        return tr("Yesterday");
    return shortDay(day, today);
}

} // namespace grove::ui
