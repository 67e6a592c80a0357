#pragma once

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/blocking.h>
#include <grove/storage/connection.h>
#include <grove/storage/worker_messages.h>
#include <grove/storage/write_turn.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace grove::storage {

/// The registered name of a LogSync.
inline constexpr const char* kLogSyncName = "log_sync";

/// Told to the writer where it asked for it: a sync of its batches up to this one has begun.
struct LogTaken {
    std::uint64_t batch = 0;
    GROVE_FIELDS(LogTaken, batch)
};

/// To a LogSync. Answered when what was sent before is on disk, or has failed.
struct LogOnDisk {
    using Reply = void;
    GROVE_FIELDS(LogOnDisk)
};

/// To a LogSync. Answered when the next sync has ended, or has failed.
struct LogNextSynced {
    using Reply = void;
    GROVE_FIELDS(LogNextSynced)
};

/// Syncs SQLite's log while the writer goes on writing, and answers what is on disk with it.
///
/// A commit that syncs makes the writer wait for the disk, and the disk for the writer. So the
/// writer commits without (Synchronous::Normal), hands what it would have answered over to this
/// process, and writes what comes next; one sync serves all batches that were committed before it
/// began. Nothing is answered Done before a sync that began after its commit has succeeded.
///
/// After a sync that has failed nothing is answered Done before the writer has written the log
/// again (Connection::makeLogSound(), before each transaction where it is needed).
///
/// To supervise: before the workers in a rest_for_one (see logSync()): what it held when it ended
/// is answered by the end of the writer. When not to use it: with a connection that syncs its
/// commits itself.
template <class Store> class LogSync final : public otp::GenServer<LogSync<Store>> {
public:
    using Answer = WriteAnswer<typename Store::Answer>;
    /// A write, and what its sender is told when it is on disk.
    struct Outcome {
        std::int64_t key = 0;
        WriteSender sender;
        Answer answer;
        GROVE_MAP_FIELDS(Outcome, key, sender, answer)
    };
    /// What one transaction has written into the log, or was not able to.
    struct Batch {
        Pid writer;
        std::uint64_t number = 0;   ///< the writer's own, ascending
        bool tellWhenTaken = false; ///< with LogTaken
        Instant begun{};
        std::vector<Outcome> outcomes;
        GROVE_FIELDS(Batch, writer, number, tellWhenTaken, begun, outcomes)
    };
    /// The same for somebody else: `from` is answered.
    struct Tell {
        Waiting from;
        GROVE_FIELDS(Tell, from)
    };
    using Calls = otp::Messages<LogOnDisk, LogNextSynced>;
    using Casts = otp::Messages<Batch, Tell>;

    struct State {
        std::string file;
        std::vector<Batch> waiting; ///< for the sync that is under way, or for the next one
        std::uint64_t syncs = 0;
        std::uint64_t batches = 0; ///< that are on disk; those that wrote nothing are among them
        std::uint64_t writes = 0;  ///< the same
        std::uint64_t failedSyncs = 0;
        std::uint64_t commitUs = 0; ///< from the begin of each batch until it was on disk
        std::string lastFailure;
        GROVE_MAP_FIELDS(State, file, waiting, syncs, batches, writes, failedSyncs, commitUs,
                         lastFailure)
    };

    State init(WorkerOptions options) {
        m_options = std::move(options);
        return {.file = m_options.file};
    }
    grove::Task<otp::Next> handleCast(Batch batch) {
        this->state().waiting.push_back(std::move(batch));
        co_await work();
        co_return otp::Next{};
    }
    grove::Task<otp::Reply<void>> handleCall(LogOnDisk, From from) {
        m_told.push_back(from);
        co_await work();
        co_return otp::Reply<void>::noReply();
    }
    otp::Reply<void> handleCall(LogNextSynced, From from) {
        m_toldNext.push_back(from);
        return otp::Reply<void>::noReply();
    }
    grove::Task<otp::Next> handleCast(Tell request) {
        m_told.push_back(request.from);
        co_await work();
        co_return otp::Next{};
    }

private:
    /// All that lies in the mailbox, in its order.
    grove::Task<> takeWaiting() {
        const auto isOurs = [](const Message& message) {
            return message.kind() == MessageKind::Cast &&
                   (message.template get<Batch>() || message.template get<Tell>());
        };
        for (;;) {
            auto got = co_await receive(on(isOurs), after(Duration::zero()));
            auto* message = std::get_if<Message>(&got);
            if (!message)
                co_return;
            if (const Tell* request = message->template get<Tell>())
                m_told.push_back(request->from);
            else
                this->state().waiting.push_back(
                    *std::move(*message).takePayload().template take<Batch>());
        }
    }

    grove::Task<> work() {
        co_await takeWaiting();
        std::vector<Waiting> told = std::exchange(m_told, {});
        if (!this->state().waiting.empty())
            co_await sync();
        for (const Waiting& from : told)
            otp::reply(From(from));
    }

    grove::Task<> sync() {
        State& s = this->state();
        tellWriters(s.waiting);
        const SqlResult<void> synced = co_await blocking([this] { return syncLog(); });
        ++s.syncs;
        std::vector<Batch> done = std::exchange(s.waiting, {});
        if (synced) {
            count(done);
        } else {
            ++s.failedSyncs;
            s.lastFailure = print(synced.error());
            fail(done, synced.error().kind, s.lastFailure);
        }
        for (const Waiting& from : std::exchange(m_toldNext, {}))
            otp::reply(From(from));
        answer(std::move(done));
    }

    /// Opened when it is first needed, as a failure to do so is one of the disk.
    SqlResult<void> syncLog() {
        if (!m_connection) {
            auto opened = Connection::open(this->state().file, connectionOptions(m_options));
            if (!opened)
                return std::unexpected(std::move(opened).error());
            m_connection.emplace(*std::move(opened));
        }
        return m_connection->syncLog();
    }

    static void tellWriters(const std::vector<Batch>& batches) {
        for (const Batch& batch : batches)
            if (batch.tellWhenTaken)
                otp::cast(batch.writer, LogTaken{.batch = batch.number});
    }

    void count(const std::vector<Batch>& batches) {
        State& s = this->state();
        const Instant end = now();
        for (const Batch& batch : batches) {
            ++s.batches;
            s.commitUs += static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(end - batch.begun).count());
            s.writes += static_cast<std::uint64_t>(
                std::ranges::count(batch.outcomes, WriteOutcome::Done,
                                   [](const Outcome& each) { return each.answer.outcome; }));
        }
    }

    /// What was done is not known to be on disk.
    static void fail(std::vector<Batch>& batches, SqlKind kind, const std::string& why) {
        for (Batch& batch : batches)
            for (Outcome& each : batch.outcomes)
                if (each.answer.outcome == WriteOutcome::Done)
                    each.answer = Answer{.why = why, .kind = kind};
    }

    /// The answers of one key together, so that its sender wakes once, and of who has posted them
    /// in one message.
    static void answer(std::vector<Batch> batches) {
        std::vector<std::tuple<std::int64_t, std::size_t, Outcome*>> order;
        for (Batch& batch : batches)
            for (Outcome& each : batch.outcomes)
                order.emplace_back(each.key, order.size(), &each);
        std::ranges::sort(order);
        Pid poster;
        WriteCompletions<Store> completions;
        const auto tellPoster = [&] {
            if (!completions.writes.empty())
                send(poster, std::exchange(completions, {}));
        };
        for (const auto& [key, number, each] : order) {
            const auto* to = std::get_if<Poster>(&each->sender);
            if (!to) {
                otp::reply(From(std::get<Waiting>(each->sender)), std::move(each->answer));
                continue;
            }
            if (to->pid != poster) {
                tellPoster();
                poster = to->pid;
            }
            completions.writes.emplace_back(to->tag, std::move(each->answer));
        }
        tellPoster();
    }

    WorkerOptions m_options;
    std::optional<Connection> m_connection;
    std::vector<Waiting> m_told;
    std::vector<Waiting> m_toldNext;
};

/// As a child of a supervisor, after the write turn and before the workers.
template <class Store> [[nodiscard]] otp::ChildSpec logSync(const WorkerOptions& options) {
    return otp::worker<LogSync<Store>>(options).name(kLogSyncName).label("LogSync").ownThread();
}

} // namespace grove::storage
