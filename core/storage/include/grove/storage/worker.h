#pragma once

#include <grove/otp/gen_server.h>
#include <grove/otp/supervisor.h>
#include <grove/runtime/blocking.h>
#include <grove/storage/checkpointer.h>
#include <grove/storage/connection.h>
#include <grove/storage/database_file.h>
#include <grove/storage/failed_epochs.h>
#include <grove/storage/log_sync.h>
#include <grove/storage/store_batch.h>
#include <grove/storage/term_table.h>
#include <grove/storage/worker_messages.h>
#include <grove/storage/write_turn.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace grove::storage {

/// The registered name of a worker, from 1: `sqlite_worker_1`.
[[nodiscard]] Atom workerName(int number);
/// The worker that writes, the first of its pool: SQLite has one writer per file, so what all want
/// to write becomes one transaction, and the writes of one key are ordered.
[[nodiscard]] Atom writerName();
/// The worker that reads a key: one of the others, where there are any, so that reading holds up no
/// write.
[[nodiscard]] Atom readerOf(std::int64_t key, int count);

namespace detail {

[[nodiscard]] std::chrono::sys_seconds wallSeconds();
/// How long to wait before the n-th further try at what another connection's lock was in the way
/// of, from 0; nothing when there were enough.
[[nodiscard]] std::optional<Duration> busyDelay(unsigned tries) noexcept;

} // namespace detail

/// A SQLite worker: one process, one thread, one connection.
///
/// The first of a pool writes for all (writerName()); the others read. It takes the write turn at
/// its first write and keeps it until somebody wants it. All that waits to be written (at most
/// kWritesMax or kBytesMax) is done in one transaction, and answered by LogSync when that is on
/// disk; meanwhile the next ones are written, at most kAheadMax of them. Each write has its own
/// refusal, takes nothing of the others with it, and is done once (see WriteBatch). A batch
/// that fails is answered Failed as a whole, but for the keys that can be written without the
/// others where the disk was full or failed (see detail::runBatch()). Queries see every write that
/// was sent before them. A lock of another program is waited for a short while (about half a
/// second) before it is an answer.
///
/// `Store` says what is written and read:
///     struct Store {
///         using Change = …; using Answer = …;            // described types
///         using Queries = otp::Messages<LoadList, …>;    // described, each with a Reply, which
///                                                        // is a ReadAnswer<T>
///         static SqlResult<T> read(Connection&, const LoadList&);
///         static std::size_t sizeBytes(const Change&);
///         static std::string bytesOf(const Answer&); // stored: what storedTerm() reads
///         /// The changes of one transaction. What they have in common may be left to finish().
///         struct Writing {
///             explicit Writing(Connection&);
///             WriteResult<Answer> apply(const Change&, std::chrono::sys_seconds at);
///             SqlResult<void> finish();
///         };
///     };
/// Errors: values; a damaged page ends no worker. To supervise: see workers().
template <class Derived, class Store, class Queries = typename Store::Queries> class Worker;

template <class Derived, class Store, class... Queries>
class Worker<Derived, Store, otp::Messages<Queries...>> : public otp::GenServer<Derived> {
    using Base = otp::GenServer<Derived>;

public:
    static constexpr std::size_t kWritesMax = 4'000;
    static constexpr std::size_t kBytesMax = 1 << 20;
    /// Transactions that, as far as the writer knows, wait for a sync to begin. More would make the
    /// log long where the disk is slow: each writes the pages it has changed. It is told of every
    /// fourth, as being told wakes it.
    static constexpr std::size_t kAheadMax = 8;
    static_assert(kAheadMax >= 2, "it is told halfway");
    /// Nobody writes: nobody may mind waiting for a checkpoint.
    static constexpr Duration kPause = std::chrono::milliseconds(10);

    using Write = storage::Write<Store>;
    using Answer = WriteAnswer<typename Store::Answer>;
    using Posted = PostedWrite<Store>;
    using Log = LogSync<Store>;
    /// Answered when what was sent before is on disk, or has failed.
    struct Written {
        using Reply = void;
        GROVE_FIELDS(Written)
    };
    using Calls = otp::Messages<Write, Written, Queries...>;
    using Casts = otp::Messages<Posted, WriteTurn::Wanted, LogTaken>;

    struct Pending {
        Write write;
        WriteSender sender;
        GROVE_MAP_FIELDS(Pending, write, sender)
    };
    struct State {
        std::string file;
        int number = 0;
        std::vector<Pending> pending;
        std::uint64_t batches = 0;
        std::uint64_t writes = 0; ///< committed, not all on disk yet
        std::uint64_t failedBatches = 0;
        std::uint64_t queries = 0;
        std::size_t largestBatch = 0;
        std::uint64_t writingUs = 0; ///< spent in transactions, those that failed too
        std::uint64_t busyWaits = 0; ///< times that another connection's lock was waited for
        std::string lastFailure;
        FailedEpochs failedEpochs; ///< at most one per list
        GROVE_MAP_FIELDS(State, file, number, pending, batches, writes, failedBatches, queries,
                         largestBatch, writingUs, busyWaits, lastFailure, failedEpochs)
    };

    /// Opens the file, which must be there (see prepareDatabase).
    grove::Task<otp::Init> init(WorkerOptions options, int number) {
        State first{.file = options.file, .number = number};
        m_refusal = options.readOnly;
        auto opened = co_await blocking([&options] {
            if (!options.readOnly.empty())
                return openForReading(options.file);
            return Connection::open(options.file, connectionOptions(options));
        });
        if (!opened)
            co_return otp::Init::stop(tuple(atom("cannot_open"), Term(print(opened.error()))));
        m_connection.emplace(*std::move(opened));
        co_return otp::Init::ok(std::move(first));
    }

    otp::Reply<Answer> handleCall(Write&& write, From from) {
        using Answered = otp::Reply<Answer>;
        if (!take(std::move(write), Waiting(from)))
            return Answered::noReply().timeout(restFor());
        if (m_hasTurn || isFull())
            return Answered::noReply().thenContinue();
        askForTurn();
        return Answered::noReply();
    }
    otp::Next handleCast(Posted&& posted) {
        if (!take(std::move(posted.write), Poster{posted.from, posted.tag}))
            return rest();
        if (m_hasTurn || isFull())
            return otp::Next().thenContinue();
        askForTurn();
        return {};
    }

    template <class Query>
        requires(std::same_as<Query, Queries> || ...)
    grove::Task<otp::Reply<typename Query::Reply>> handleCall(Query query, From from) {
        ++this->state().queries;
        if (isWriter()) {
            co_await flush();
            co_await otp::call(kLogSyncName, LogOnDisk{}, kInfinity);
            co_return otp::Reply<typename Query::Reply>(co_await read(query)).timeout(restFor());
        }
        m_asked.push_back({.query = std::move(query), .from = from});
        askToFlush();
        co_return otp::Reply<typename Query::Reply>::noReply();
    }

    grove::Task<otp::Reply<void>> handleCall(Written, From from) {
        co_await flush();
        otp::cast(kLogSyncName, typename Log::Tell{from});
        co_return otp::Reply<void>::noReply().timeout(restFor());
    }

    grove::Task<otp::Next> handleContinue() {
        co_await flush();
        co_return rest();
    }
    otp::Next handleCast(WriteTurn::Wanted) {
        giveTurn();
        return rest();
    }
    otp::Next handleCast(LogTaken taken) {
        m_taken = taken.batch;
        return rest();
    }
    /// A pause: see restFor().
    otp::Next handleTimeout() {
        m_log.paused();
        return {};
    }
    /// The turn has come, or the writer has written. Any other is somebody's late message.
    grove::Task<otp::Next> handleInfo(Message answer) {
        if (answer.ref() == m_turn) {
            gotTurn();
            co_await writePending();
            co_return rest();
        }
        if (answer.ref() == m_flush)
            for (const Asked& each : takeAsked())
                co_await std::visit([&](const auto& query) { return answerTo(query, each.from); },
                                    each.query);
        co_return rest();
    }
    otp::Next handleInfo(Down down) {
        if (down.ref == m_turn)
            return otp::Next::stop(std::move(down.reason));
        if (down.ref == m_flush)
            refuseAsked();
        return rest();
    }

private:
    /// What is asked waits until the writer has written what was sent before: all that is asked
    /// meanwhile waits together.
    struct Asked {
        std::variant<Queries...> query;
        Waiting from;
    };

    [[nodiscard]] bool isWriter() const { return workerName(this->state().number) == writerName(); }
    void askToFlush() {
        if (m_flush || m_asked.empty())
            return;
        m_flush = sendRequest(writerName(), Written{});
        m_flushed = m_asked.size();
    }
    /// Those that came before the writer was asked; for the others it is asked again.
    std::vector<Asked> takeAsked() {
        std::vector<Asked> taken = std::move(m_asked);
        const auto later = taken.begin() + static_cast<std::ptrdiff_t>(m_flushed);
        m_asked.assign(std::move_iterator(later), std::move_iterator(taken.end()));
        taken.erase(later, taken.end());
        m_flush = {};
        askToFlush();
        return taken;
    }
    /// The writer has ended, and may be writing yet (its name goes first).
    void refuseAsked() {
        for (const Asked& each : takeAsked())
            std::visit(
                [&]<class Query>(const Query&) {
                    otp::reply(From(each.from),
                               typename Query::Reply{.failed = SqlKind::Interrupted,
                                                     .why = "the SQLite worker has ended"});
                },
                each.query);
    }

    template <class Query> grove::Task<> answerTo(Query query, Waiting from) {
        otp::reply(From(from), co_await read(std::move(query)));
    }
    template <class Query> grove::Task<typename Query::Reply> read(Query query) {
        for (unsigned tries = 0;; ++tries) {
            auto answer = co_await blocking([&] { return Store::read(*m_connection, query); },
                                            [this]() noexcept { m_connection->interrupt(); });
            if (answer)
                co_return typename Query::Reply{.value = *std::move(answer)};
            const auto delay = detail::busyDelay(tries);
            if (answer.error().kind != SqlKind::Busy || !delay)
                co_return typename Query::Reply{.failed = answer.error().kind,
                                                .why = print(answer.error())};
            ++this->state().busyWaits;
            co_await sleep(*delay);
        }
    }

    /// While it waits for the turn, it takes what else there is to be written.
    void askForTurn() {
        if (!m_turn)
            m_turn = sendRequest(atom(WriteTurn::kName), WriteTurn::Take{.untilWanted = true});
    }
    void gotTurn() {
        m_turn = {};
        m_hasTurn = true;
        m_log.turnTaken();
    }

    /// A long log is copied in the next pause, whatever comes before it.
    [[nodiscard]] Duration restFor() const {
        return m_log.isLong() ? kPause : otp::detail::Outcome::kNoTimeout;
    }
    [[nodiscard]] otp::Next rest() const { return otp::Next().timeout(restFor()); }

    void giveTurn() {
        if (std::exchange(m_hasTurn, false))
            otp::cast(WriteTurn::kName, WriteTurn::Give{self()});
    }

    /// Takes a write into the batch. Returns: false where it cannot be done, and has been answered.
    bool take(Write&& write, const WriteSender& sender) {
        if (!m_refusal.empty()) {
            tell(sender, {.outcome = WriteOutcome::Refused, .why = m_refusal});
            return false;
        }
        if (isAfterFailure(this->state().failedEpochs, write.key, pidOf(sender), write.epoch)) {
            tell(sender, {.why = "an earlier write of this list failed", .kind = m_lastFailure});
            return false;
        }
        m_pendingBytes += Store::sizeBytes(write.change);
        this->state().pending.emplace_back(std::move(write), sender);
        return true;
    }
    static void tell(const WriteSender& sender, Answer answer) {
        const auto* poster = std::get_if<Poster>(&sender);
        if (!poster)
            return otp::reply(From(std::get<Waiting>(sender)), std::move(answer));
        WriteCompletions<Store> one;
        one.writes.push_back({.tag = poster->tag, .answer = std::move(answer)});
        send(poster->pid, std::move(one));
    }
    [[nodiscard]] bool isFull() const {
        return this->state().pending.size() >= m_log.writesMax() || m_pendingBytes >= kBytesMax;
    }

    /// Takes the writes that lie in the mailbox, in their order.
    grove::Task<> takeWaiting() {
        const auto isWrite = [](const Message& message) {
            return (message.kind() == MessageKind::Cast && message.template get<Posted>()) ||
                   (message.kind() == MessageKind::Call && message.template get<Write>());
        };
        while (!isFull()) {
            auto got = co_await receive(on(isWrite), after(Duration::zero()));
            auto* message = std::get_if<Message>(&got);
            if (message == nullptr)
                co_return;
            if (message->kind() == MessageKind::Cast) {
                Box box = std::move(*message).takePayload().takeBox();
                Posted& posted = box.own<Posted>();
                take(std::move(posted.write), Poster{posted.from, posted.tag});
            } else {
                const From from = message->from();
                Box box = std::move(*message).takePayload().takeBox();
                take(std::move(box.own<Write>()), Waiting(from));
            }
        }
    }

    /// Waits for the turn, and nothing else meanwhile.
    grove::Task<> flush() {
        if (this->state().pending.empty())
            co_return;
        if (m_hasTurn && co_await takeWanted())
            giveTurn();
        if (!m_hasTurn) {
            askForTurn();
            const CallResult turn = co_await receive(on<ReplyTo>(m_turn));
            if (!turn.isReply())
                grove::exit(turn.reason());
            gotTurn();
        }
        co_await writePending();
    }

    /// Waits until a sync takes up with what is written. Meanwhile what comes gathers.
    grove::Task<> waitForSync() {
        const auto isTaken = [](const Message& message) {
            return message.kind() == MessageKind::Cast && message.template get<LogTaken>();
        };
        while (m_handedOver - m_taken >= kAheadMax) {
            const Message taken = co_await receive(on(isTaken));
            m_taken = taken.template get<LogTaken>()->batch;
        }
    }

    /// Requires: it has the turn.
    grove::Task<> writePending() {
        co_await waitForSync();
        co_await takeWaiting();
        const auto at = detail::wallSeconds();
        const Instant start = now();
        std::vector<Pending>& batch = this->state().pending;
        detail::BatchResult done;
        for (unsigned tries = 0;; ++tries) {
            done = co_await blocking([&] { return run(batch, at); },
                                     [this]() noexcept { m_connection->interrupt(); });
            const auto delay = detail::busyDelay(tries);
            if (!done.failed || done.failed->kind != SqlKind::Busy || !delay)
                break;
            ++this->state().busyWaits;
            co_await sleep(*delay);
        }
        this->state().writingUs += static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(now() - start).count());
        m_log.committed(m_connection->takeLogPages(), batch.size());
        count(batch.size(), done);
        handOver(batch, done, start);
        detail::clearKeepingRoom(batch);
        detail::clearKeepingRoom(m_answers);
        m_pendingBytes = 0;
    }

    detail::BatchResult run(const std::vector<Pending>& batch, std::chrono::sys_seconds at) {
        auto sound = m_connection->makeLogSound();
        if (sound)
            sound = m_connection->makeFileSound();
        if (!sound)
            return {.results = {}, .failed = std::move(sound).error()};
        return detail::runStoreBatch<Store>(*m_connection, batch, m_answers, at);
    }

    /// What has been done is answered when it is on disk.
    void handOver(const std::vector<Pending>& batch, const detail::BatchResult& done,
                  Instant begun) {
        ++m_handedOver;
        typename Log::Batch written{.writer = self(),
                                    .number = m_handedOver,
                                    .tellWhenTaken = m_handedOver % (kAheadMax / 2) == 0,
                                    .begun = begun,
                                    .outcomes = {}};
        written.outcomes.reserve(batch.size());
        for (std::size_t i = 0; i < batch.size(); ++i)
            written.outcomes.emplace_back(batch[i].write.key, batch[i].sender,
                                          answerOf(batch[i], done, i));
        otp::cast(kLogSyncName, std::move(written));
    }

    Answer answerOf(const Pending& pending, const detail::BatchResult& done, std::size_t i) {
        if (done.failed)
            return failed(pending, *done.failed);
        const WriteResult<std::string>& result = done.results[i];
        if (!result) {
            if (const auto* refusal = std::get_if<Refusal>(&result.error()))
                return {.outcome = WriteOutcome::Refused, .why = refusal->why};
            const auto& error = std::get<SqlError>(result.error());
            if (error.kind != SqlKind::Constraint)
                return failed(pending, error);
            // A rule of the schema that the change broke: it can never be done.
            return {.outcome = WriteOutcome::Refused, .why = error.message};
        }
        if (m_answers[i])
            return {.outcome = WriteOutcome::Done, .answer = std::move(m_answers[i])};
        auto term = storedTerm(*result); // it was done before, or in another part of the batch
        auto answer = term ? fromTerm<typename Store::Answer>(*term)
                           : Result<typename Store::Answer>(failure(std::move(term)));
        if (!answer) // by another version of the program: what it gave is not known
            return {.outcome = WriteOutcome::Done, .why = answer.error().message};
        return {.outcome = WriteOutcome::Done, .answer = *std::move(answer)};
    }

    Answer failed(const Pending& pending, const SqlError& error) {
        this->state().failedEpochs.insert_or_assign(
            pending.write.key,
            FailedEpoch{.sender = pidOf(pending.sender), .epoch = pending.write.epoch});
        m_lastFailure = error.kind;
        this->state().lastFailure = print(error);
        return {.why = print(error), .kind = error.kind};
    }

    void count(std::size_t writes, const detail::BatchResult& done) {
        State& s = this->state();
        s.largestBatch = std::max(s.largestBatch, writes);
        if (done.failed) {
            ++s.failedBatches;
        } else {
            ++s.batches;
            s.writes += static_cast<std::uint64_t>(std::ranges::count_if(
                done.results, [](const auto& result) { return result.has_value(); }));
        }
    }

    std::string m_refusal; ///< of every write; empty where the file can be written
    std::optional<Connection> m_connection;
    std::size_t m_pendingBytes = 0;
    Ref m_turn{}; ///< asked for it; set from the first write on that waits for it
    bool m_hasTurn = false;
    std::uint64_t m_handedOver = 0; ///< batches
    std::uint64_t m_taken = 0;      ///< of them, as far as it has been told
    LogLength m_log{kWritesMax};
    std::vector<Asked> m_asked;
    Ref m_flush{};             ///< of the writer; set while anything is asked
    std::size_t m_flushed = 0; ///< how many were asked before it
    /// What the writes of the batch gave that were done in it, and not before.
    std::vector<std::optional<typename Store::Answer>> m_answers;
    SqlKind m_lastFailure = SqlKind::Other;
};

/// The workers of a pool as children of a supervisor.
template <class W> [[nodiscard]] std::vector<otp::ChildSpec> workers(const WorkerOptions& options) {
    std::vector<otp::ChildSpec> children;
    for (int number = 1; number <= options.count; ++number)
        children.push_back(otp::worker<W>(options, number)
                               .id(Term(workerName(number)))
                               .name(workerName(number))
                               .label("SQLite worker " + std::to_string(number))
                               .ownThread());
    return children;
}

} // namespace grove::storage
