#pragma once

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/storage/log_copier.h>

#include <algorithm>

namespace grove::storage {

/// Copies what lies in SQLite's log into the database file, so that no writer has to.
///
/// A writer that copies at its commit makes those wait who wait for that commit. So a worker only
/// says how long its log has become; this process copies on a thread and connections of its own.
/// In a pause it takes the write turn and copies all. Under load it copies small parts beside the
/// writer (see LogCopier) and takes the turn only for the last one, so that the log begins anew. A
/// part waits until LogSync has synced the log, and its own sync, as the disk does one at a time,
/// for the end of LogSync's next one: then the writer is busy with what is synced after that.
/// SQLite itself syncs the file behind a part that is the whole log; then that is all.
///
/// Errors: values, kept in `lastFailure`; the next Look tries again. Where nothing is copied at all
/// a worker does it in the end (Connection::kLogPagesMax). When not to use it: for files that are
/// not written by many.
class Checkpointer final : public otp::GenServer<Checkpointer> {
public:
    static constexpr const char* kName = "checkpointer";
    /// The log is long, as many pages as SQLite itself takes for it: it is copied in the next
    /// pause of the writer, and in parts where there is none.
    static constexpr std::size_t kLogPagesWanted = 1'000;
    /// A part: the log has become longer by so many pages. Those that are there several times in
    /// a part are copied once.
    static constexpr std::size_t kLogPagesPart = 250;
    /// It is to begin anew though somebody writes: when it is as long as so many of its longest
    /// transaction, at least and at most so many pages. The last ones are copied while nobody
    /// writes, which those wait for who are in one transaction or the next: less than a hundredth
    /// of all, as long as a transaction has no more than about 100 pages.
    static constexpr std::size_t kTransactionsPressing = 300;
    static constexpr std::size_t kLogPagesPressing = 8'000;
    static constexpr std::size_t kLogPagesPressingMost = 32'000;
    /// A part waits so long for LogSync before it is copied, and for a sync of the log to end
    /// before its own.
    static constexpr Duration kLogOnDiskMax = std::chrono::seconds(1);
    static constexpr Duration kNextSyncMax = std::chrono::milliseconds(20);
    [[nodiscard]] static constexpr std::size_t pagesPressing(std::size_t transactionPages) {
        return std::clamp(kTransactionsPressing * transactionPages, kLogPagesPressing,
                          kLogPagesPressingMost);
    }

    /// Sent by the writer that has found the log long, after each further part of it and in a
    /// pause.
    struct Look {
        bool isPause = false;
        std::size_t transactionPages = 0; ///< of the longest one in this log
        GROVE_FIELDS(Look, isPause, transactionPages)
    };
    using Casts = Messages<Look>;

    struct State {
        std::string file;
        std::uint64_t parts = 0;       ///< copied beside the writer
        std::uint64_t checkpoints = 0; ///< after which the log begins anew
        std::uint64_t pages = 0;       ///< of the logs that were copied whole by then
        std::string lastFailure;
        GROVE_MAP_FIELDS(State, file, parts, checkpoints, pages, lastFailure)
    };

    /// `options` as the workers' own.
    State init(std::string file, ConnectionOptions options);
    Task<Next> handleCast(Look);

private:
    Task<bool> open();
    Task<bool> copyBeside(std::size_t pagesPressing);
    Task<> copyAlone();

    ConnectionOptions m_options;
    std::optional<LogCopier> m_copier; ///< none before the first Look
    std::size_t m_copied = 0;          ///< of the log, after the last part
};

/// What a writer knows of its log, and tells the Checkpointer.
class LogLength {
public:
    /// `writesMax`: of any transaction.
    explicit LogLength(std::size_t writesMax) : m_writesMost(writesMax) {}

    /// `pages`: after a commit of so many writes; 0 where nothing was committed.
    void committed(std::size_t pages, std::size_t writes);
    /// The writer has the turn again: what has gathered meanwhile is written at once.
    void turnTaken() noexcept { m_writesMax = m_writesMost; }
    void paused();
    [[nodiscard]] bool isLong() const noexcept { return m_pages >= Checkpointer::kLogPagesWanted; }
    /// Returns: how many writes to do in the next transaction at most. Where the log is to begin
    /// anew, half of the most so far: what the last transaction has written is left to be copied
    /// while nobody writes.
    [[nodiscard]] std::size_t writesMax() const noexcept { return m_writesMax; }

private:
    /// Transactions in a log, as it may be that it cannot begin anew.
    static constexpr std::size_t kShortMax = 4;

    std::size_t m_writesMost; ///< of any transaction
    std::size_t m_writesMax = m_writesMost;
    std::size_t m_writes = 0;  ///< the most of one in this log
    std::size_t m_longest = 0; ///< pages of the longest one in this log
    std::size_t m_short = 0;   ///< transactions since this log was to begin anew
    std::size_t m_end = 0;     ///< of the log at the last commit
    std::size_t m_pages = 0;   ///< the same, but 0 after a pause
    std::size_t m_told = 0;    ///< its pages when the Checkpointer was told last
};

/// As a child of a supervisor, after the write turn.
[[nodiscard]] otp::ChildSpec checkpointer(std::string file, ConnectionOptions options);

} // namespace grove::storage
