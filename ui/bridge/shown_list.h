#pragma once

#include <grove/todo/list_server.h>
#include <ui/todo/session.h>

#include <deque>
#include <optional>

namespace grove::ui {

/// What a server that came anew read from disk, beside what was known to be there before.
struct Reread {
    Pid server;
    std::size_t known = 0; ///< entries that were on disk before
    std::size_t found = 0; ///< of them: still as they were, or touched by a later change
    bool isOlder = false;  ///< changes that were acknowledged are missing
    [[nodiscard]] bool isWhole() const { return found == known && !isOlder; }
};

/// A list as a person sees it: what is on disk, with the changes on top that are not there yet.
///
/// One list is kept, the shown one; what is on disk is known by taking back what is pending, and
/// made only where the two part. A value without processes. Threads: one. Cost of a change: by its
/// size; only a change of somebody else's, or a refusal, while own ones are pending costs by the
/// size of the list.
class ShownList {
public:
    [[nodiscard]] bool isLoaded() const { return m_isLoaded; }
    /// Requires: isLoaded().
    [[nodiscard]] const todo::List& shown() const { return m_shown; }
    /// Cost: by the logarithm of how many are pending; the first time after a change by all of
    /// them.
    [[nodiscard]] bool isPending(todo::EntryId entry) const;
    [[nodiscard]] bool hasPending() const { return !m_pending.empty(); }

    /// The list as it is on disk. While own changes are unanswered it is not known which of them
    /// are part of it, so what is shown stays until they are. Returns: what changed for the person.
    EntriesChange load(todo::ListData data);
    /// What load() would find. Requires: isLoaded(). Cost: by the size of the list.
    [[nodiscard]] Reread compare(const todo::ListData& data) const;
    /// Nothing is known of the list any more; changes stay pending.
    void forget();

    /// Does a change that is not on disk yet. Before the list is loaded it is taken as it is.
    /// Errors: as List::apply(); nothing has changed then.
    todo::Checked<EntriesChange> begin(const todo::OperationId& operation,
                                       const todo::Change& change);
    /// A change has come to disk, own or of somebody else's.
    EntriesChange landed(const todo::ListChanged& change);
    /// An own change was answered: it is on disk, or was refused.
    EntriesChange answered(const todo::OperationId& operation, const todo::ChangeAnswer& answer);

private:
    struct Pending {
        todo::OperationId operation;
        todo::Change change;
        std::vector<todo::IdRange> touched;
        std::optional<todo::Change> inverse; ///< none: it is not part of m_shown
        bool isOnDisk = false;               ///< known to be part of what is on disk
    };

    [[nodiscard]] std::vector<todo::IdRange> pendingRanges() const;
    [[nodiscard]] EntriesChange touchedNow(const std::vector<todo::IdRange>& ranges) const;
    void apply(Pending& pending);
    void partFromDisk();
    void meetDisk();
    [[nodiscard]] todo::List diskList() const;
    [[nodiscard]] std::int64_t diskVersion() const;
    EntriesChange rebuild();
    EntriesChange rebuildWhenKnown();

    bool m_isLoaded = false;
    todo::List m_shown;
    /// What is on disk, where it is not m_shown without the pending changes that are not on disk.
    std::optional<todo::List> m_disk;
    std::int64_t m_diskVersion = 0; ///< without m_disk
    todo::EntryId m_diskNextId = 1; ///< without m_disk
    std::deque<Pending> m_pending;  ///< not answered, in the order of begin()
    /// What the pending changes touch: sorted, apart. Made when it is asked for; none: not made.
    mutable std::optional<std::vector<todo::IdRange>> m_pendingRanges;
    std::int64_t m_acknowledged = 0; ///< the version of the newest change that was answered
    bool m_isUncertain = false;      ///< m_shown was not made from m_disk since load()
};

} // namespace grove::ui
