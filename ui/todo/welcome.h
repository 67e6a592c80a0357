#pragma once

#include <grove/todo/entry.h>

#include <QDate>

#include <vector>

namespace grove::ui {

/// "Welcome to Grove"
QString welcomeListName();
/// The seven entries of the first start, from resources/welcome.csv, translated, with dates
/// relative to today. Requires: initResources() was called.
std::vector<todo::NewEntry> welcomeEntries(const QDate& today);

} // namespace grove::ui
