#pragma once

#include "todo/todo_support.h"
/// What both sides of a torture know: which change has which operation id. So the judge needs no
/// list of what the victim has sent; it makes the changes again from their ids.
namespace grove::todo {

inline constexpr ListId kTortureListMax = 99;

/// "7-12-345": round, list, number.
struct TortureOperation {
    std::uint64_t round = 0;
    ListId list = 0;
    std::uint64_t number = 0;

    [[nodiscard]] OperationId id() const {
        return std::to_string(round) + "-" + std::to_string(list) + "-" + std::to_string(number);
    }
    [[nodiscard]] static bool isOne(const OperationId& id) { return id[0] >= '0' && id[0] <= '9'; }
    [[nodiscard]] static TortureOperation parse(const OperationId& id) {
        TortureOperation operation;
        const auto first = id.find('-');
        const auto second = id.find('-', first + 1);
        operation.round = std::stoull(id.substr(0, first));
        operation.list = std::stoll(id.substr(first + 1, second - first - 1));
        operation.number = std::stoull(id.substr(second + 1));
        return operation;
    }
    [[nodiscard]] Change change(std::uint64_t seed) const {
        RandomChanges random(seed * 1'000'003 + round * 10'007 +
                             static_cast<std::uint64_t>(list) * 101 + number * 7);
        Change change = random.next(static_cast<EntryId>(number) + 1);
        if (std::holds_alternative<RenameList>(
                change)) // names that two lists want say nothing about durability
            change = RenameList{"list " + std::to_string(list) + " at " + std::to_string(number)};
        return change;
    }
};

} // namespace grove::todo
