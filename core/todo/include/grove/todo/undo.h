#pragma once

#include <grove/todo/list.h>

#include <deque>

namespace grove::todo {

/// What a person would call the change: "tick off 'Dentist'", "delete 3 entries", "rename list
/// 'House'". `before`: the list as it was; titles come from it. Long titles are cut.
[[nodiscard]] std::string nameOf(const Change& change, const List& before);
/// "import 9,981 entries".
[[nodiscard]] std::string nameOfImport(std::uint64_t entries);
/// "create list 'House'".
[[nodiscard]] std::string nameOfCreate(std::string_view name);

/// Undo and redo of one person's changes, across all lists, in the order they were made.
///
/// A step exists from the moment its change is sent; it can be undone once its answer, with the
/// change that takes it back, has come. What takes a step back is an ordinary change under an
/// operation id of its own, so it survives the death of any process in between; a change that is
/// refused leaves the history.
///
/// A pure value: no processes, no clock. Bounds: kStepsMax steps, the oldest go first.
class UndoHistory {
public:
    static constexpr std::size_t kStepsMax = 10'000;

    struct Step {
        ListId list = 0;
        std::string name; ///< "tick off 'Dentist'"
        Change change;    ///< what to send
    };

    /// A change was sent under `operation`. What could be redone is forgotten.
    void began(OperationId operation, ListId list, std::string name);
    /// It was done. Returns false when the operation belongs to no step.
    bool finished(const OperationId& operation, Change inverse);
    /// It was refused, or will never be answered.
    void refused(const OperationId& operation);

    /// One step of many changes, as an import is: parts until finishedParts(). Each part added
    /// entries.
    void addPart(const OperationId& operation, const std::vector<IdRange>& added);
    /// A step without any part is forgotten. `name` replaces the name it began with.
    void finishedParts(const OperationId& operation, std::string name);

    /// Takes the newest step that can be undone; the caller sends its change under `operation`.
    /// Returns nothing when there is none or its answer has not come yet.
    [[nodiscard]] std::optional<Step> undo(OperationId operation);
    [[nodiscard]] std::optional<Step> redo(OperationId operation);

    [[nodiscard]] bool canUndo() const noexcept;
    [[nodiscard]] bool canRedo() const noexcept;
    /// "tick off 'Dentist'" of the newest step, answered or not; empty when there is none.
    [[nodiscard]] std::string undoName() const;
    [[nodiscard]] std::string redoName() const;

private:
    struct Kept {
        Step step; ///< its change takes it back, once settled
        std::optional<OperationId> underWay;
        std::vector<IdRange> parts;
    };
    using Stack = std::deque<Kept>;

    static std::optional<Step> move(Stack& from, Stack& to, OperationId operation);
    Kept* find(const OperationId& operation);

    Stack m_undo;
    Stack m_redo;
};

} // namespace grove::todo
