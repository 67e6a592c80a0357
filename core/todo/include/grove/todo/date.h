#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace grove::todo {

/// A day of the calendar. Those inside entries are always days that isDay() names.
using Date = std::chrono::year_month_day;

/// Returns: whether there is such a day, in a year from 1 to 9999.
[[nodiscard]] bool isDay(Date date) noexcept;

/// Why a text is no date. Sentences for a person come from print() and shortReason().
struct DateFault {
    enum class Kind {
        NotADate, ///< not of the form 2023-12-19 or 2023/12/19
        NoSuchMonth,
        NoSuchDay,
    };
    Kind kind = Kind::NotADate;
    std::string text;
    Date found{};                   ///< as written, not ok(); NoSuchMonth and NoSuchDay
    std::optional<Date> didYouMean; ///< the month's last day; NoSuchDay
};

/// Reads 2023-12-19 or 2023/12/19; month and day may have one digit. Spaces around it are passed
/// over.
[[nodiscard]] std::expected<Date, DateFault> parseDate(std::string_view text);

/// "There is no 31 April 2026. Did you mean 30 April?" · "There is no month 13." · "Not a date:
/// 'soon'."
[[nodiscard]] std::string print(const DateFault& fault);
/// For a table of rejected lines: "There is no 30 February" · "There is no month 13" · "Not a date:
/// 'soon'".
[[nodiscard]] std::string shortReason(const DateFault& fault);

/// "2023-12-19"; "no day" for what isDay() denies, which nothing takes for a date.
[[nodiscard]] std::string isoDate(Date date);
/// "30 April".
[[nodiscard]] std::string dayAndMonth(Date date);

} // namespace grove::todo
