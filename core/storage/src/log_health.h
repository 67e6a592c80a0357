#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace grove::storage {

/// What the connections of this program know together of the syncs of one database.
///
/// A sync that fails says so once to each who has the file open, and the system counts the pages as
/// written: the next sync succeeds without them (Linux since 4.13).
struct LogHealth {
    /// Syncs that have failed, and how many of them had when the log was last written again and
    /// synced. Counted before what failed is answered; who trusts a sync of its own looks before
    /// and after it, so the order of all of them matters: seq_cst. At first nobody knows how the
    /// last one went.
    std::atomic<std::uint64_t> failedSyncs = 1;
    std::atomic<std::uint64_t> madeGood = 0;
    [[nodiscard]] bool isSound() const noexcept { return madeGood.load() == failedSyncs.load(); }

    /// Pages that were copied into the file may not be there, and SQLite does not copy them again
    /// before all have closed the file: until they are written again nobody copies, so that the log
    /// keeps them. As above: syncs of the file that have failed, counted by who copies, and how
    /// many of them had before the pages that were written again last, by who has the write lock
    /// then. Read by who copies next, by who writes, and at a close: seq_cst.
    std::atomic<std::uint64_t> failedFileSyncs = 0;
    std::atomic<std::uint64_t> fileMadeGood = 0;
    [[nodiscard]] bool isFileSuspect() const noexcept {
        return fileMadeGood.load() != failedFileSyncs.load();
    }

    /// Syncs of the log by syncLog(), in the order in which they began, and the latest of them that
    /// has succeeded. Counted before it begins, by who syncs; read by who copies behind the begin
    /// of its snapshot: seq_cst, so that a later number than it has read then is that of a sync of
    /// all that the snapshot sees.
    std::atomic<std::uint64_t> syncsBegun = 0;
    std::atomic<std::uint64_t> syncedLast = 0;

    /// A writer has begun to copy at a commit, perhaps all there is. Set before that; taken back by
    /// who copies while nobody writes; read by who copies beside the writer, behind the begin of
    /// its snapshot: seq_cst, so that it either sees this or has the snapshot first.
    std::atomic<bool> isCopiedAtCommit = false;

    /// The one of this file (as its path is spelled), for as long as anybody has it.
    static std::shared_ptr<LogHealth> of(const std::string& vfs, const std::string& file);
};

} // namespace grove::storage
