#pragma once

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/storage/connection.h>

namespace grove::storage {

/// Copies what lies in SQLite's log into the database file, so that no writer has to.
///
/// A writer that copies at its commit makes everybody wait who waits for that commit and the next.
/// So a worker only says when its log has become long; this process copies on a thread and a
/// connection of its own, beside the writers, and takes the write turn for the little that they
/// have added meanwhile: a log without anything left in it begins anew, and only then stays short.
///
/// Errors: values, kept in `lastFailure`; the next Look tries again. Where nothing is copied at all
/// a worker does it in the end (Connection::kLogPagesMax). When not to use it: for files that are
/// not written by many.
class Checkpointer final : public otp::GenServer<Checkpointer> {
public:
    static constexpr const char* kName = "checkpointer";
    /// The log is long: as many pages as SQLite itself takes for it.
    static constexpr std::size_t kLogPagesWanted = 1'000;

    /// Sent by who has found the log long.
    struct Look {
        GROVE_FIELDS(Look)
    };
    using Casts = Messages<Look>;

    struct State {
        std::string file;
        std::uint64_t checkpoints = 0;
        std::uint64_t pages = 0; ///< copied by all of them
        std::string lastFailure;
        GROVE_MAP_FIELDS(State, file, checkpoints, pages, lastFailure)
    };

    /// `options` as the workers' own.
    State init(std::string file, ConnectionOptions options);
    Task<Next> handleCast(Look);

private:
    Task<bool> copy();

    ConnectionOptions m_options;
    std::optional<Connection> m_connection; ///< none before the first Look
};

/// As a child of a supervisor, after the write turn.
[[nodiscard]] otp::ChildSpec checkpointer(std::string file, ConnectionOptions options);

} // namespace grove::storage
