#pragma once

#include <grove/todo/bounds.h>
#include <grove/todo/database.h>

#include <deque>

namespace grove::todo {

/// What became of a change, for whoever asked for it.
struct ChangeAnswer {
    bool done = false;
    std::optional<Applied>
        applied;     ///< done; missing only when it was done by another version of the program
    std::string why; ///< not done: refused, in words for a person

    GROVE_MAP_FIELDS(ChangeAnswer, done, applied, why)
};

/// What became of posted changes (ListServer::PostedChange). One message for those that came to the
/// disk together.
struct ChangeAnswers {
    struct Answer {
        std::uint64_t tag = 0;
        ChangeAnswer answer;
        GROVE_FIELDS(Answer, tag, answer)
    };
    ListId list = 0;
    std::vector<Answer> answers;

    GROVE_FIELDS(ChangeAnswers, list, answers)
};

/// Sent to followers after a change is on disk, in order; version follows version.
struct ListChanged {
    ListId list = 0;
    OperationId operation;
    std::int64_t version = 0;
    Change change;

    GROVE_FIELDS(ListChanged, list, operation, version, change)
};

/// Sent to followers, and to those whose changes wait, when reading or writing a list is not
/// possible at the moment (the disk is full, a page is damaged, …), and again, with `why` empty,
/// when it is. Changes are kept and tried again meanwhile. Who follows is told how it stands,
/// before the answer, so that nobody goes on believing what a server said that has died since.
struct StorageTrouble {
    ListId list = 0;
    storage::SqlKind kind = storage::SqlKind::Other;
    std::string why;

    GROVE_FIELDS(StorageTrouble, list, kind, why)
};

/// Whether a failure of SQLite means that the disk does not do its part at the moment. What was
/// interrupted was so by an end, not by the disk.
[[nodiscard]] constexpr bool isTrouble(storage::SqlKind kind) noexcept {
    return kind != storage::SqlKind::Interrupted;
}

/// What a list server is told.
struct ListServerOptions {
    int workers = 3; ///< of the database
    Duration idle =
        std::chrono::minutes(1); ///< ends after so long without followers, changes and questions
    ListBounds bounds = {};      ///< what is over them is refused
};

/// A to-do list used by many clients at once. One process per list, started on first use, gone when
/// idle.
///
/// What it holds is what is on disk: a change is sent to the database first and done here once it
/// is committed, so nothing shown by it can be lost. Up to kUnderWayMax changes (kBytesMax) are
/// under way at once; beyond that it takes no message before something is acknowledged. A change
/// whose worker ends or whose batch fails is sent again under its id, in the order in which the
/// changes came, all to one worker process: between the end of one and the news of it nothing goes
/// to the next. An operation that comes again goes to the database again, which knows what it has
/// done and gives the same answer; it gets no room a second time.
///
/// A list has a bound (ListBounds): what is over it is refused, after deleted entries that were in
/// its way are forgotten.
///
/// What cannot be read is tried again while anybody asks for it; questions and changes wait.
///
/// Temporary: nobody restarts it; whoever needs it asks the cache again. When not to use it: to
/// read lists that nobody works with (Database::lists).
class ListServer final : public otp::GenServer<ListServer> {
public:
    static constexpr std::size_t kUnderWayMax = 512;
    static constexpr std::size_t kBytesMax = 1 << 20;
    static constexpr otp::Restart kRestart = otp::Restart::Temporary;

    /// Does a change, once per operation id. Requires: checkChange() has passed it.
    struct Submit {
        using Reply = ChangeAnswer;
        OperationId operation;
        Change change;
        GROVE_FIELDS(Submit, operation, change)
    };
    /// The same of somebody who has many under way: it monitors this server once, instead of at
    /// each call, and is told with ChangeAnswers. `tag` says which one, as its sender counts them.
    struct PostedChange {
        OperationId operation;
        Change change;
        Pid from;
        std::uint64_t tag = 0;
        GROVE_FIELDS(PostedChange, operation, change, from, tag)
    };
    /// The whole list now, and every change from now on to `follower`, until it ends or says
    /// Unfollow.
    struct Follow {
        using Reply = std::optional<ListData>;
        Pid follower;
        GROVE_FIELDS(Follow, follower)
    };
    struct Unfollow {
        using Reply = void;
        Pid follower;
        GROVE_FIELDS(Unfollow, follower)
    };
    struct EntriesOn {
        using Reply = std::vector<Entry>;
        std::optional<Date> date;
        GROVE_FIELDS(EntriesOn, date)
    };
    /// Nothing when there is no such list.
    struct Whole {
        using Reply = std::optional<ListData>;
        GROVE_FIELDS(Whole)
    };
    /// Sent to itself when it is time to send again what has failed.
    struct Resend {
        GROVE_FIELDS(Resend)
    };
    using Calls = Messages<Submit, Follow, Unfollow, EntriesOn, Whole>;
    using Casts = Messages<PostedChange>;
    using Infos = Messages<Resend, DatabaseCompletions>;

    /// A change that is not on disk yet.
    struct UnderWay {
        OperationId operation;
        Change change;
        std::string refusal; ///< of a full list: see ChangeList
        std::size_t bytes = 0;
        std::uint64_t sent = 0; ///< its tag as it was sent last; 0: to be sent again
        std::optional<storage::WriteSender> sender; ///< none of a change that makes room
        GROVE_MAP_FIELDS(UnderWay, operation, change, refusal, bytes, sent, sender)
    };
    struct Follower {
        Pid pid;
        Ref monitor;
        GROVE_MAP_FIELDS(Follower, pid, monitor)
    };
    struct State {
        ListId id = 0;
        bool loaded = false; ///< `exists` and `list` are what is on disk
        bool exists = false;
        List list;
        std::deque<UnderWay> underWay; ///< in the order in which they came
        std::vector<Follower> followers;
        std::uint64_t epoch = 0;
        std::optional<Pid> worker; ///< of this epoch; none before its first write
        Ref workerMonitor{};
        unsigned failures = 0;    ///< in a row
        bool resendIsDue = false; ///< a Resend is on its way
        std::string trouble;      ///< why reading or writing is not possible at the moment
        storage::SqlKind troubleKind = storage::SqlKind::Other;
        GROVE_MAP_FIELDS(State, id, loaded, exists, list, underWay, followers, epoch, worker,
                         workerMonitor, failures, resendIsDue, trouble, troubleKind)
    };
    /// What the observer shows: figures instead of thousands of entries.
    struct View {
        ListId id = 0;
        std::string name;
        std::int64_t version = 0;
        std::size_t entries = 0;
        std::size_t open = 0;
        std::vector<Entry> first; ///< by date
        std::vector<OperationId> underWay;
        std::vector<Pid> followers;
        std::string trouble;
        GROVE_MAP_FIELDS(View, id, name, version, entries, open, first, underWay, followers,
                         trouble)
    };
    [[nodiscard]] static View view(const State& state);

    otp::Init init(ListId list, ListServerOptions options);
    Task<Next> handleContinue(); // loads, and waits for room
    Reply<ChangeAnswer> handleCall(Submit&& request, From from);
    Next handleCast(PostedChange&& posted);
    Task<Reply<std::optional<ListData>>> handleCall(Follow request, From);
    Reply<void> handleCall(Unfollow request, From);
    Task<Reply<std::vector<Entry>>> handleCall(EntriesOn request, From);
    Task<Reply<std::optional<ListData>>> handleCall(Whole request, From);
    Next handleInfo(Resend);
    Next handleInfo(Down down);
    Next handleInfo(DatabaseCompletions completions);
    Next handleInfo(Term) { return rest(); } // somebody's late message
    Next handleTimeout();

private:
    [[nodiscard]] Duration restFor() const;
    [[nodiscard]] Next rest() const;
    [[nodiscard]] bool isFull() const;
    Task<> tryLoad();
    Task<> load(Pid asker);
    [[nodiscard]] StorageTrouble trouble() const;

    [[nodiscard]] bool take(UnderWay&& write);
    Task<> takeLater(UnderWay write);
    [[nodiscard]] Task<bool> isKnown(OperationId operation, Pid asker);
    void begin(UnderWay&& write);
    Task<> settleOne();
    void sendUnsent();
    void completed(DatabaseCompletions completions);
    void completed(std::uint64_t sent, DatabaseAnswer&& answer);
    void workerEnded();
    void settle(const UnderWay& write, DatabaseAnswer&& result);
    void answer(const storage::WriteSender& sender, ChangeAnswer&& answer);
    void tellPoster();
    void failed(storage::SqlKind kind, const std::string& why);
    void resendLater();
    void setTrouble(storage::SqlKind kind, std::string why);
    void tellFollowers(const OperationId& operation, const Change& change);

    ListServerOptions m_options;
    std::uint64_t m_writesSent = 0;  ///< the last of their tags; none is used twice
    std::size_t m_bytes = 0;         ///< of what is under way
    Growth m_growth;                 ///< the same
    std::optional<Term> m_outOfStep; ///< its memory and the database disagree: it ends with this
    std::optional<UnderWay> m_come;  ///< it waits in handleContinue()
    Pid m_poster;                    ///< of m_answers
    std::vector<ChangeAnswers::Answer> m_answers; ///< not told yet
};

} // namespace grove::todo
