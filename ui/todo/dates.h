#pragma once

#include <grove/todo/date.h>

#include <QDate>
#include <QString>

#include <expected>
#include <optional>

namespace grove::ui {

QDate toQDate(const std::optional<todo::Date>& date);
std::optional<todo::Date> fromQDate(const QDate& date);

/// Reads what a person types for a date: "today", "fri", "24 dec", "24.12.", "2026-12-24", "+3",
/// "none". A day without a year is the next such day. Returns nullopt for "none". Errors: a
/// sentence for the person ("There is no 31 April 2026. Did you mean 30 April?").
std::expected<std::optional<todo::Date>, QString> parseTypedDate(const QString& text,
                                                                 const QDate& today);

/// Today, Tomorrow, "Fri 28 November", No date.
QString dayWord(const std::optional<todo::Date>& date, const QDate& today);
/// The Monday after today.
QDate nextWeek(const QDate& today);

} // namespace grove::ui
