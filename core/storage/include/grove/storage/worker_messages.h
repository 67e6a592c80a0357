#pragma once
// What storage's workers are told and asked, and what they answer.

#include <grove/storage/connection.h>
#include <grove/storage/write_turn.h>
#include <grove/term/describe.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace grove::storage {

enum class WriteOutcome : std::uint8_t {
    Done,    ///< committed
    Refused, ///< not possible; nothing was changed, and nothing is stored under its id
    Failed,  ///< not known to be on disk; to be sent again under the same id
};
GROVE_ENUM(WriteOutcome, Done, Refused, Failed)
GROVE_ENUM(SqlKind, Busy, Full, ReadOnly, CannotOpen, Corrupt, NotADatabase, Constraint,
           Interrupted, Io, Misuse, Other)

/// What became of a write. Sent after its commit, never before.
template <class Answer> struct WriteAnswer {
    WriteOutcome outcome = WriteOutcome::Failed;
    std::optional<Answer> answer;  ///< Done
    std::string why;               ///< Refused: for a person; Failed: SQLite's words
    SqlKind kind = SqlKind::Other; ///< Failed

    GROVE_MAP_FIELDS(WriteAnswer, outcome, answer, why, kind)
};

/// A write as it is sent to a worker. `epoch`: writes of one sender to one key are done in the
/// order sent; after one has failed that was not committed, the later ones of the same epoch fail
/// too, and the sender sends them all again in a new one. A worker knows only what was sent to
/// itself: who has several writes under way sends all of an epoch to one process (a pid, not a name
/// that the next worker may have meanwhile).
template <class Store> struct Write {
    using Reply = WriteAnswer<typename Store::Answer>;
    std::string id; ///< the operation's: once is once
    std::int64_t key = 0;
    std::uint64_t epoch = 0;
    typename Store::Change change;

    GROVE_FIELDS(Write, id, key, epoch, change)
};

/// A write of somebody who has many under way: it monitors the worker once, instead of at each
/// call, and is told with WriteCompletions. `tag` says which one, as its sender counts them.
template <class Store> struct PostedWrite {
    Write<Store> write;
    Pid from;
    std::uint64_t tag = 0;

    GROVE_FIELDS(PostedWrite, write, from, tag)
};

/// What became of writes that were posted. One message for those that came to the disk together.
template <class Store> struct WriteCompletions {
    struct Completion {
        std::uint64_t tag = 0;
        WriteAnswer<typename Store::Answer> answer;
        GROVE_FIELDS(Completion, tag, answer)
    };
    std::vector<Completion> writes;

    GROVE_FIELDS(WriteCompletions, writes)
};

/// Who has posted a write.
struct Poster {
    Pid pid;
    std::uint64_t tag = 0;
    GROVE_MAP_FIELDS(Poster, pid, tag)
};

/// Who is told what became of a write: who has called, or who has posted it.
using WriteSender = std::variant<Waiting, Poster>;

[[nodiscard]] inline Pid pidOf(const WriteSender& sender) noexcept {
    const auto* poster = std::get_if<Poster>(&sender);
    return poster ? poster->pid : std::get<Waiting>(sender).caller;
}

/// What a query gives: a value, or why it could not be read. The worker lives on either way.
template <class T> struct ReadAnswer {
    T value{};
    std::optional<SqlKind> failed; ///< then `value` says nothing
    std::string why;               ///< failed: SQLite's words

    GROVE_MAP_FIELDS(ReadAnswer, value, failed, why)
};

/// What every worker of a pool is told.
struct WorkerOptions {
    std::string file;
    std::string vfs;
    /// Full: what is acknowledged is on disk.
    Synchronous synchronous = Synchronous::Full;
    int count = 3; ///< workers of the pool
    /// Not empty: the file is opened for reading, and every write is refused with these words.
    std::string readOnly = {};
};

/// How the workers, and who works beside them, open the file: nobody waits for the disk at a
/// commit (see LogSync).
[[nodiscard]] ConnectionOptions connectionOptions(const WorkerOptions& options);

} // namespace grove::storage
