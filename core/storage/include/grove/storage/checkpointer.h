#pragma once

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/storage/connection.h>

namespace grove::storage {

/// Copies what lies in SQLite's log into the database file, so that no writer has to.
///
/// A writer that copies at its commit makes those wait who wait for that commit. So a worker only
/// says when its log has become long; this process copies on a thread and a connection of its own,
/// while it has the write turn. Never beside a writer: SQLite before 3.51.3 may lose pages when a
/// log that is wholly copied begins anew while somebody begins to copy it
/// (sqlite.org/wal.html, "The WAL-Reset Bug").
///
/// Errors: values, kept in `lastFailure`; the next Look tries again. Where nothing is copied at all
/// a worker does it in the end (Connection::kLogPagesMax). When not to use it: for files that are
/// not written by many.
class Checkpointer final : public otp::GenServer<Checkpointer> {
public:
    static constexpr const char* kName = "checkpointer";
    /// The log is long, as many pages as SQLite itself takes for it: it is copied in the next
    /// pause of the writer.
    static constexpr std::size_t kLogPagesWanted = 1'000;
    /// It is copied though somebody writes. Most pages of a long log are there several times, and
    /// are copied once.
    static constexpr std::size_t kLogPagesPressing = 8'000;

    /// Sent by the writer that has found the log long.
    struct Look {
        GROVE_FIELDS(Look)
    };
    using Casts = Messages<Look>;

    struct State {
        std::string file;
        std::uint64_t checkpoints = 0;
        std::uint64_t pages = 0; ///< of the logs that they copied whole
        std::string lastFailure;
        GROVE_MAP_FIELDS(State, file, checkpoints, pages, lastFailure)
    };

    /// `options` as the workers' own.
    State init(std::string file, ConnectionOptions options);
    Task<Next> handleCast(Look);

private:
    Task<bool> open();
    Task<> copy();

    ConnectionOptions m_options;
    std::optional<Connection> m_connection; ///< none before the first Look
};

/// As a child of a supervisor, after the write turn.
[[nodiscard]] otp::ChildSpec checkpointer(std::string file, ConnectionOptions options);

} // namespace grove::storage
