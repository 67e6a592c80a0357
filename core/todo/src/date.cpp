#include <grove/todo/date.h>
#include <grove/todo/text.h>

#include <array>
#include <charconv>

namespace grove::todo {

namespace {

constexpr std::chrono::year kYearMin{1};
constexpr std::chrono::year kYearMax{9'999};

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

/// Reads between `digitsMin` and `digitsMax` digits at the start of `text` and takes them off.
std::optional<unsigned> takeNumber(std::string_view& text, std::size_t digitsMin,
                                   std::size_t digitsMax) {
    std::size_t digits = 0;
    while (digits < text.size() && digits < digitsMax && text[digits] >= '0' && text[digits] <= '9')
        ++digits;
    if (digits < digitsMin)
        return std::nullopt;
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + digits, number);
    text.remove_prefix(digits);
    return number;
}

} // namespace

std::expected<Date, DateFault> parseDate(std::string_view text) {
    const std::string_view written = trimmed(text);
    std::string_view rest = written;
    const auto notADate = std::unexpected(DateFault{.text = presentable(written, 60)});
    const auto year = takeNumber(rest, 4, 4);
    if (!year || *year == 0 || rest.empty() || (rest[0] != '-' && rest[0] != '/'))
        return notADate;
    const char separator = rest[0];
    rest.remove_prefix(1);
    const auto month = takeNumber(rest, 1, 2);
    if (!month || rest.empty() || rest[0] != separator)
        return notADate;
    rest.remove_prefix(1);
    const auto day = takeNumber(rest, 1, 2);
    if (!day || !rest.empty())
        return notADate;

    const Date date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                    std::chrono::day(*day)};
    if (date.ok())
        return date;
    DateFault fault{.text = std::string(written), .found = date};
    if (!date.month().ok()) {
        fault.kind = DateFault::Kind::NoSuchMonth;
    } else {
        fault.kind = DateFault::Kind::NoSuchDay;
        fault.didYouMean = *day == 0 ? date.year() / date.month() / std::chrono::day(1)
                                     : Date(date.year() / date.month() / std::chrono::last);
    }
    return std::unexpected(std::move(fault));
}

std::string dayAndMonth(Date date) {
    return std::to_string(static_cast<unsigned>(date.day())) + " " +
           std::string(kMonths[static_cast<unsigned>(date.month()) - 1]);
}

bool isDay(Date date) noexcept {
    return date.ok() && date.year() >= kYearMin && date.year() <= kYearMax;
}

std::string isoDate(Date date) {
    if (!isDay(date))
        return "no day";
    std::string text = "0000-00-00";
    const auto put = [&](std::size_t last, unsigned number) {
        for (; number != 0; number /= 10)
            text[last--] = static_cast<char>('0' + number % 10);
    };
    put(3, static_cast<unsigned>(static_cast<int>(date.year())));
    put(6, static_cast<unsigned>(date.month()));
    put(9, static_cast<unsigned>(date.day()));
    return text;
}

std::string shortReason(const DateFault& fault) {
    switch (fault.kind) {
    case DateFault::Kind::NotADate:
        return "Not a date: '" + fault.text + "'";
    case DateFault::Kind::NoSuchMonth:
        return "There is no month " + std::to_string(static_cast<unsigned>(fault.found.month()));
    case DateFault::Kind::NoSuchDay:
        return "There is no " + dayAndMonth(fault.found);
    }
    return {};
}

std::string print(const DateFault& fault) {
    if (fault.kind != DateFault::Kind::NoSuchDay)
        return shortReason(fault) + ".";
    return shortReason(fault) + " " + std::to_string(static_cast<int>(fault.found.year())) +
           ". Did you mean " + dayAndMonth(*fault.didYouMean) + "?";
}

} // namespace grove::todo
