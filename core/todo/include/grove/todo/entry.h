#pragma once

#include <grove/term/describe.h>
#include <grove/todo/date.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grove::todo {

/// Unique within a list, never used twice there; from 1.
using EntryId = std::int64_t;
/// Unique within a database; from 1. Never used twice.
using ListId = std::int64_t;
/// Made by whoever wants a change, unique for ever; the same id sent again is the same change.
using OperationId = std::string;

/// The list that always exists.
inline constexpr ListId kInbox = 1;

inline constexpr std::size_t kTitleCharactersMax = 500;
inline constexpr std::size_t kNameCharactersMax = 200;

/// One thing to do. Titles are 1 to 500 characters in one line.
struct Entry {
    EntryId id = 0;
    std::string title;
    std::optional<Date> date;
    bool done = false;

    bool operator==(const Entry&) const = default;
    GROVE_MAP_FIELDS(Entry, id, title, date, done)
};

/// An entry before it has an id.
struct NewEntry {
    std::string title;
    std::optional<Date> date;
    bool done = false;

    bool operator==(const NewEntry&) const = default;
    GROVE_MAP_FIELDS(NewEntry, title, date, done)
};

/// Why something asked for is not possible, in words for a person. Nothing was changed.
struct Refused {
    std::string why;

    bool operator==(const Refused&) const = default;
    GROVE_FIELDS(Refused, why)
};

template <class T> using Checked = std::expected<T, Refused>;

/// Returns the title as it is kept (without spaces at its ends), or "An entry needs a title.", "A
/// title is one line.", "A title can have 500 characters; this one has 612.", "A title is text."
[[nodiscard]] Checked<std::string> checkTitle(std::string_view title);
/// The same for a list's name, 200 characters: "A list needs a name." …
[[nodiscard]] Checked<std::string> checkListName(std::string_view name);
/// "There is a list named House. Choose another name."
[[nodiscard]] Refused nameTaken(std::string_view name);

} // namespace grove::todo
