#include <grove/todo/undo.h>

#include <algorithm>

namespace grove::todo {

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
    m_wanted = 0; // it meant what was done before this
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
    if (std::erase_if(m_undo, isIt) + std::erase_if(m_redo, isIt) > 0)
        m_wanted = 0; // it meant what has not happened
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

UndoHistory::Step UndoHistory::move(Stack& from, Stack& to, OperationId operation) {
    Kept kept = std::move(from.back());
    from.pop_back();
    Step step = kept.step;
    kept.underWay = std::move(operation);
    to.push_back(std::move(kept));
    return step;
}

void UndoHistory::wantUndo() {
    if (m_wanted < static_cast<std::ptrdiff_t>(m_undo.size()))
        ++m_wanted;
}

void UndoHistory::wantRedo() {
    if (-m_wanted < static_cast<std::ptrdiff_t>(m_redo.size()))
        --m_wanted;
}

bool UndoHistory::hasNext() const noexcept {
    if (m_wanted == 0)
        return false;
    const Stack& from = m_wanted > 0 ? m_undo : m_redo;
    return !from.empty() && !from.back().underWay;
}

std::optional<UndoHistory::Step> UndoHistory::next(OperationId operation) {
    if (!hasNext())
        return std::nullopt;
    const bool isUndo = m_wanted > 0;
    m_wanted += isUndo ? -1 : 1;
    return isUndo ? move(m_undo, m_redo, std::move(operation))
                  : move(m_redo, m_undo, std::move(operation));
}

std::string UndoHistory::undoName() const {
    return m_undo.empty() ? "" : m_undo.back().step.name;
}
std::string UndoHistory::redoName() const {
    return m_redo.empty() ? "" : m_redo.back().step.name;
}

} // namespace grove::todo
