#pragma once

#include "torture_changes.h"

#include <grove/storage/connection.h>
#include <grove/todo/database.h>

#include <QtGlobal>

#include <algorithm>
#include <map>
#include <set>

namespace grove::todo {

inline List newList(ListId id) {
    return List(id, id == kInbox ? "Inbox" : "list " + std::to_string(id));
}

/// Whether the list refuses this one as it was at some time between what was done before it of the
/// same round and what was done of it later: at one of those times it had its turn.
inline bool wasRefusedInItsTurn(const TortureOperation& operation,
                                const std::map<std::int64_t, OperationId>& done, List model,
                                std::uint64_t seed) {
    const Change change = operation.change(seed);
    const auto isRefusedNow = [&] { return !List(model).apply(change); };
    bool isRefused = isRefusedNow();
    for (const auto& [version, id] : done) {
        const auto other = TortureOperation::parse(id);
        const bool isOfRound = other.round == operation.round;
        if (isOfRound && other.number > operation.number)
            break;
        if (!model.apply(other.change(seed)))
            return false;
        isRefused = (isRefused && !isOfRound) || isRefusedNow();
    }
    return isRefused;
}

template <class T> T needed(storage::SqlResult<T> result) {
    if (!result)
        qFatal("%s", storage::print(result.error()).c_str());
    return *std::move(result);
}

/// What the database says it has done.
struct DoneOperations {
    std::map<ListId, std::map<std::int64_t, OperationId>> byVersion;
    std::set<OperationId> all;
};

/// Adds to `wrong` where two have made one version of a list, or none.
inline DoneOperations readOperations(storage::Connection& connection,
                                     std::vector<std::string>& wrong) {
    DoneOperations done;
    auto rows = needed(connection.prepare("SELECT id, result FROM operations"));
    auto read = rows.each([&](storage::Statement& row) {
        const OperationId id = row.text(0);
        const auto term = storage::storedTerm(row.text(1));
        const auto applied =
            term ? fromTerm<Applied>(*term) : Result<Applied>(failure(Atom(), "no term"));
        if (!applied) {
            wrong.push_back("the result of " + id + " cannot be read");
            return;
        }
        done.all.insert(id);
        if (!TortureOperation::isOne(id))
            return;
        auto& versions = done.byVersion[TortureOperation::parse(id).list];
        if (!versions.emplace(applied->version, id).second)
            wrong.push_back("two operations made one version: " + id);
    });
    if (!read)
        qFatal("%s", storage::print(read.error()).c_str());
    for (const auto& [list, versions] : done.byVersion)
        if (versions.rbegin()->first - versions.begin()->first + 1 != std::ssize(versions))
            wrong.push_back("no operation made a version of list " + std::to_string(list));
    return done;
}

/// What can be judged without knowing what the operations were: the file is sound, every version of
/// a list is of one operation, and every acknowledged one is among them.
inline std::vector<std::string> judgeRows(storage::Connection& connection,
                                          const std::set<OperationId>& acknowledged,
                                          DoneOperations& done) {
    const auto integrity = needed(connection.text("PRAGMA integrity_check")).value_or("");
    if (integrity != "ok")
        return {"integrity_check: " + integrity}; // what else could be read says nothing
    std::vector<std::string> wrong = needed(findInconsistencies(connection));
    done = readOperations(connection, wrong);
    for (const OperationId& id : acknowledged)
        if (!done.all.contains(id))
            wrong.push_back("acknowledged and lost: " + id);
    return wrong;
}

/// Compares a database with what was acknowledged. Every list is rebuilt from the operations that
/// the database says it has done, in the order of their versions, and must be equal to its rows;
/// every acknowledged operation must be among them. The operations of one list and round were
/// submitted by one client in the order of their numbers, so they must be done in it; but one that
/// was refused in its turn is tried again when the refusal reached nobody. Returns what is wrong;
/// empty when nothing is.
inline std::vector<std::string> judge(storage::Connection& connection, std::uint64_t seed,
                                      const std::set<OperationId>& acknowledged) {
    DoneOperations done;
    std::vector<std::string> wrong = judgeRows(connection, acknowledged, done);
    if (std::ranges::any_of(wrong, [](const auto& each) { return each.starts_with("integrity"); }))
        return wrong;
    for (const ListSummary& summary : needed(allLists(connection))) {
        if (summary.id > kTortureListMax)
            continue; // lists that are imported into have a judge of their own
        const auto loaded = needed(loadList(connection, summary.id));
        const auto& versions = done.byVersion[summary.id];
        List model = newList(summary.id);
        std::map<std::uint64_t, std::uint64_t> numberOf; // the highest so far, by round
        for (const auto& [version, id] : versions) {
            const auto operation = TortureOperation::parse(id);
            auto& highest = numberOf[operation.round];
            if (operation.number <= highest &&
                !wasRefusedInItsTurn(operation, versions, newList(summary.id), seed))
                wrong.push_back("operation " + id + " was done after a later one");
            highest = std::max(highest, operation.number);
            const auto applied = model.apply(operation.change(seed));
            if (!applied || applied->version != version) {
                wrong.push_back("operation " + id + " does not follow what was before it");
                break;
            }
        }
        if (!(*loaded == model))
            wrong.push_back("list " + std::to_string(summary.id) + " differs from its operations");
    }
    return wrong;
}

/// Whether a finding of the judge is a loss: something promised that is not there, or a file that
/// is damaged.
inline bool isLoss(const std::string& finding) {
    return finding.starts_with("acknowledged and lost") || finding.starts_with("integrity_check");
}

} // namespace grove::todo
