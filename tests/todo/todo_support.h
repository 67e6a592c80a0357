#pragma once

#include <grove/todo/list.h>

#include <random>

namespace grove::todo {

/// Changes drawn at random, many of which can be done and some of which are refused. For models and
/// tortures.
class RandomChanges {
public:
    explicit RandomChanges(std::uint64_t seed) : m_random(seed) {}

    std::uint64_t below(std::uint64_t limit) { return m_random() % limit; }

    NewEntry newEntry() {
        return {.title = "entry " + std::to_string(below(1'000'000)),
                .date = date(),
                .done = below(5) == 0};
    }

    std::optional<Date> date() {
        if (below(4) == 0)
            return std::nullopt;
        return Date(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) +
                    std::chrono::days(below(60)));
    }

    /// `nextId`: of the list, so that ids are mostly right.
    Change next(EntryId nextId) {
        const auto id = [&] {
            return static_cast<EntryId>(1 + below(static_cast<std::uint64_t>(nextId) + 1));
        };
        const auto range = [&] {
            const EntryId first = id();
            return IdRange{first, first + static_cast<EntryId>(below(4))};
        };
        switch (below(21)) {
        case 20:
            return ForgetEntries{{range()}};
        case 0:
            return RenameList{"list " + std::to_string(below(5))};
        case 1:
            return DeleteList{};
        case 2:
        case 3:
            return RestoreList{};
        case 4:
        case 5:
            return DeleteEntries{{range()}};
        case 6:
        case 7:
            return RestoreEntries{{range(), range()}};
        case 8:
        case 9:
            return SetTitles{{{id(), "title " + std::to_string(below(1000))}}};
        case 10:
        case 11:
            return SetDates{{{id(), date()}, {id(), date()}}};
        case 12:
        case 13:
        case 14:
            return SetDone{{{id(), below(2) == 0}, {id(), below(2) == 0}}};
        default: {
            AddEntries add;
            for (std::uint64_t i = 0; i <= below(4); ++i)
                add.entries.push_back(newEntry());
            return add;
        }
        }
    }

private:
    std::mt19937_64 m_random;
};

} // namespace grove::todo
