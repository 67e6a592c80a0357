#include <grove/todo/text.h>
#include <grove/todo/undo.h>

#include <algorithm>

namespace grove::todo {

namespace {

std::string quoted(std::string_view title) {
    return "'" + presentable(title, 40) + "'";
}

std::string entries(std::int64_t count) {
    return grouped(static_cast<std::uint64_t>(count)) + (count == 1 ? " entry" : " entries");
}

template <class Items> std::string titleOf(const Items& items, const List& before) {
    const Entry* entry = items.size() == 1 ? before.find(items.front().id) : nullptr;
    return entry ? quoted(entry->title) : entries(static_cast<std::int64_t>(items.size()));
}

std::string titleOf(const std::vector<IdRange>& ids, const List& before) {
    const std::int64_t count = idCount(ids);
    const Entry* entry = count == 1 ? before.find(ids.front().first) : nullptr;
    return entry ? quoted(entry->title) : entries(count);
}

struct Namer {
    const List& before;

    std::string operator()(const AddEntries& c) const {
        return "add " + (c.entries.size() == 1
                             ? quoted(c.entries.front().title)
                             : entries(static_cast<std::int64_t>(c.entries.size())));
    }
    std::string operator()(const SetTitles& c) const {
        return "edit " + titleOf(c.entries, before);
    }
    std::string operator()(const SetDates& c) const {
        const std::string what = titleOf(c.entries, before);
        const auto date = c.entries.front().date;
        const bool same =
            std::ranges::all_of(c.entries, [&](const DateOf& e) { return e.date == date; });
        if (!same)
            return "move " + what;
        return date ? "move " + what + " to " + dayAndMonth(*date) : "remove the date of " + what;
    }
    std::string operator()(const SetDone& c) const {
        return (c.entries.front().done ? "tick off " : "untick ") + titleOf(c.entries, before);
    }
    std::string operator()(const DeleteEntries& c) const {
        return "delete " + titleOf(c.ids, before);
    }
    std::string operator()(const RestoreEntries& c) const {
        return "restore " + entries(idCount(c.ids));
    }
    std::string operator()(const RenameList&) const {
        return "rename list " + quoted(before.name());
    }
    std::string operator()(const DeleteList&) const {
        return "delete list " + quoted(before.name());
    }
    std::string operator()(const RestoreList&) const {
        return "restore list " + quoted(before.name());
    }
};

} // namespace

std::string nameOf(const Change& change, const List& before) {
    return std::visit(Namer{before}, change);
}

std::string nameOfImport(std::uint64_t count) {
    return "import " + entries(static_cast<std::int64_t>(count));
}

std::string nameOfCreate(std::string_view name) {
    return "create list " + quoted(name);
}

UndoHistory::Kept* UndoHistory::find(const OperationId& operation) {
    for (Stack* stack : {&m_undo, &m_redo})
        // What is under way is new, so it is near the end.
        for (auto it = stack->rbegin(); it != stack->rend(); ++it)
            if (it->underWay == operation)
                return &*it;
    return nullptr;
}

void UndoHistory::began(OperationId operation, ListId list, std::string name) {
    m_redo.clear();
    m_undo.push_back({.step = {.list = list, .name = std::move(name), .change = {}},
                      .underWay = std::move(operation),
                      .parts = {}});
    if (m_undo.size() > kStepsMax)
        m_undo.pop_front();
}

bool UndoHistory::finished(const OperationId& operation, Change inverse) {
    Kept* kept = find(operation);
    if (!kept)
        return false;
    kept->step.change = std::move(inverse);
    kept->underWay.reset();
    return true;
}

void UndoHistory::refused(const OperationId& operation) {
    const auto isIt = [&](const Kept& kept) { return kept.underWay == operation; };
    std::erase_if(m_undo, isIt);
    std::erase_if(m_redo, isIt);
}

void UndoHistory::addPart(const OperationId& operation, const std::vector<IdRange>& added) {
    if (Kept* kept = find(operation))
        for (const IdRange& range : added)
            appendRange(kept->parts, range);
}

void UndoHistory::finishedParts(const OperationId& operation, std::string name) {
    Kept* kept = find(operation);
    if (!kept)
        return;
    if (kept->parts.empty())
        return refused(operation);
    kept->step.name = std::move(name);
    (void)finished(operation, DeleteEntries{std::exchange(kept->parts, {})});
}

std::optional<UndoHistory::Step> UndoHistory::move(Stack& from, Stack& to, OperationId operation) {
    if (from.empty() || from.back().underWay)
        return std::nullopt;
    Kept kept = std::move(from.back());
    from.pop_back();
    Step step = kept.step;
    kept.underWay = std::move(operation);
    to.push_back(std::move(kept));
    return step;
}

std::optional<UndoHistory::Step> UndoHistory::undo(OperationId operation) {
    return move(m_undo, m_redo, std::move(operation));
}

std::optional<UndoHistory::Step> UndoHistory::redo(OperationId operation) {
    return move(m_redo, m_undo, std::move(operation));
}

bool UndoHistory::canUndo() const noexcept {
    return !m_undo.empty() && !m_undo.back().underWay;
}
bool UndoHistory::canRedo() const noexcept {
    return !m_redo.empty() && !m_redo.back().underWay;
}
std::string UndoHistory::undoName() const {
    return m_undo.empty() ? "" : m_undo.back().step.name;
}
std::string UndoHistory::redoName() const {
    return m_redo.empty() ? "" : m_redo.back().step.name;
}

} // namespace grove::todo
