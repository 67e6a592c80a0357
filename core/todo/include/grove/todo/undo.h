#pragma once

#include <grove/todo/list.h>

#include <cstddef>
#include <deque>

namespace grove::todo {

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

    /// The person wants the newest step taken back, or done again. What cannot be done yet, because
    /// the step's own change is not on disk, is remembered until it can; one takes away the other.
    void wantUndo();
    void wantRedo();
    /// Whether something that is wanted can be done now.
    [[nodiscard]] bool hasNext() const noexcept;
    /// Takes the next step that is wanted; the caller sends its change under `operation`. Returns
    /// nothing when hasNext() is false.
    [[nodiscard]] std::optional<Step> next(OperationId operation);

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

    static Step move(Stack& from, Stack& to, OperationId operation);
    Kept* find(const OperationId& operation);

    Stack m_undo;
    Stack m_redo;
    std::ptrdiff_t m_wanted = 0; ///< so many steps to undo; negative: to redo
};

} // namespace grove::todo
