#pragma once

#include <grove/todo/cache.h>

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace grove {
class Runtime;
}

namespace grove::todo {

/// What a Client tells. Called from Client::handle() and attach(), never from within submit(),
/// open() and close().
class ClientEvents {
public:
    virtual ~ClientEvents() = default;

    /// The change is on disk, or was refused. Comes once for each operation, in order per list.
    virtual void answered(const OperationId& operation, ListId list,
                          const ChangeAnswer& answer) = 0;
    /// An open list as it is on disk now: after open(), and again after its server was replaced.
    virtual void listLoaded(ListId, ListData) {}
    /// An open list of which there is nothing on disk.
    virtual void listMissing(ListId) {}
    /// An open list has changed on disk; follows listLoaded() version by version.
    virtual void listChanged(const ListChanged&) {}
    /// An open list's server has ended; it is being opened again.
    virtual void listAway(ListId) {}
    virtual void listsRead(std::vector<ListSummary>) {}
    /// The disk does not give this list or take its changes at the moment; `why` is empty when it
    /// does again, and when nobody here waits for it any more. `list` 0: the list of lists.
    virtual void storageTrouble(const StorageTrouble&) {}
};

struct ClientOptions {
    int workers = 3;          ///< of the database
    ListServerOptions server; ///< for lists that this client opens first
    /// What its operation ids start with; unlike any other's, ever. See drawClientName().
    std::string name;
    /// Changes of one list that are sent without an answer: as many as keep one list's writing,
    /// syncing and answering at work at once, and less than its server takes of all its clients.
    std::size_t underWayMax = 320;
    /// The same in bytes (sizeBytes()): what reaches it is the last one sent. A change of a whole
    /// list may have 20 MB; what is sent lies in the server's mailbox, besides what is kept here.
    std::size_t underWayBytesMax = ListServer::kBytesMax;
};

/// A name for ClientOptions that no client had before. Not for simulations: draws from the system.
[[nodiscard]] std::string drawClientName();

/// The to-do system from the side of whoever uses it: the window, the command line, an import.
///
/// Keeps every change until it is answered, and sends it again under the same operation id when any
/// layer below has died: at once, then after 50, 200, 1,000, 1,000 … ms, without end. Changes of
/// one list are done in the order of submit(). Nothing is reported as saved before it is on disk.
///
/// It lives outside of the process that serves it, so that a kill of that process loses nothing:
/// the next one calls attach(), and all that is unanswered is sent again. That process gives every
/// message it does not know to handle().
///
/// Threads: one. A process that serves it must run on that thread (a hosted process), or own it; it
/// serves no other Client.
/// Bounds: none on what is pending; whoever submits faster than the disk looks at pendingCount().
class Client {
public:
    Client(Runtime& runtime, ClientEvents& events, ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // -- at any time on its thread
    // --------------------------------------------------------------------------------
    /// An id for the next operation.
    [[nodiscard]] OperationId newOperation();
    /// Requires: checkChange() has passed the change.
    void submit(OperationId operation, ListId list, Change change);
    /// `list` from newListId(); changes to it may follow at once. Requires: checkListName(),
    /// checkTitle().
    void createList(OperationId operation, ListId list, std::string name,
                    std::vector<NewEntry> entries = {});
    /// An id that no list known here has.
    [[nodiscard]] ListId newListId();
    /// Follows a list, until close(). Idempotent.
    void open(ListId list);
    void close(ListId list);
    /// Answered by listsRead().
    void readLists();

    /// Changes that are not answered.
    [[nodiscard]] std::size_t pendingCount() const noexcept { return m_pendingCount; }
    [[nodiscard]] std::size_t pendingCount(ListId list) const;
    /// Those with changes that are not answered.
    [[nodiscard]] std::vector<ListId> pendingLists() const;
    [[nodiscard]] bool isPending(const OperationId& operation) const;
    /// How long the oldest of them has been waiting; nothing when there is none.
    [[nodiscard]] std::optional<Duration> oldestPending() const;
    /// Whether a process serves it.
    [[nodiscard]] bool isAttached() const noexcept { return !m_process.isNone(); }

    // -- in the process that serves it
    // ----------------------------------------------------------------------------
    /// The running process serves this client from now on; what is unanswered is sent again.
    void attach();
    /// Returns whether the message was the client's; it is then used up.
    bool handle(Message& message);
    /// The process has ended (or will not serve it any more); changes wait for the next attach().
    void detach() noexcept;

private:
    struct Channel;
    struct Requests;

    Channel& channel(ListId list);
    [[nodiscard]] Channel* findChannel(ListId list) const;
    [[nodiscard]] bool isUnused(const Channel& channel) const;
    void wake(Channel& channel);
    void wakeProcess();
    void pump(Channel& channel);
    void sendCreate(Channel& channel);
    void sendChanges(Channel& channel);
    void findServer(Channel& channel);
    void bind(Channel& channel, Pid server);
    void lost(Channel& channel);
    void answeredChanges(const ChangeAnswers& changes);
    void finish(Channel& channel, std::size_t index, const ChangeAnswer& answer);
    void unmade(Channel& channel, const std::string& why);
    void answeredRequest(Ref request, Message& message);
    void ended(Ref monitor);
    void requestLists();
    void tellTrouble(const StorageTrouble& trouble);

    Runtime& m_runtime;
    ClientEvents& m_events;
    ClientOptions m_options;
    Pid m_process;
    std::map<ListId, std::unique_ptr<Channel>> m_channels;
    std::unique_ptr<Requests> m_requests;
    std::size_t m_pendingCount = 0;
    std::uint64_t m_operations = 0;
    std::uint64_t m_changesSent = 0; ///< the last of their tags; none is used twice
    ListId m_highestList = kInbox;
    bool m_wantsLists = false;
    bool m_wakeIsDue = false;
};

} // namespace grove::todo
