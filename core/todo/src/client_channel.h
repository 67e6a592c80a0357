#pragma once
// What a Client keeps of each list, and of what it has asked.

#include <grove/todo/client.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>

namespace grove::todo {

/// Sent to the process that serves a client: something was submitted, opened or closed.
struct ClientWake {
    GROVE_FIELDS(ClientWake)
};

/// The way to one list: what is pending, in order, and who takes it.
struct Client::Channel {
    struct Pending {
        OperationId operation;
        std::variant<Change, CreateList> what;
        Instant since;
        std::uint64_t tag = 0; ///< as it was sent last
        std::size_t bytes = 0; ///< the same
    };
    explicit Channel(ListId of) : list(of) {}

    const ListId list;
    std::deque<Pending> pending;
    std::size_t sent = 0; ///< of them, from the first
    std::size_t sentBytes = 0;
    bool open = false;
    bool following = false; ///< Follow was sent
    bool troubled = false;  ///< storageTrouble() was told, and not yet that it is over
    bool woken = false;
    std::optional<Pid> server;
    Ref monitor{}; ///< of the server
    Ref finder{};  ///< of the process that looks for the server; none: nobody looks
    bool retryIsDue = false;
    unsigned tries = 0; ///< since the last answer
    std::uint64_t epoch = 0;

    /// Whoever had it will not answer.
    void forgetSent() noexcept { sent = sentBytes = 0; }
};

/// Which answer is for whom.
struct Client::Requests {
    enum class What : std::uint8_t { Create, Follow, Unfollow, Lists };
    struct Request {
        What what;
        ListId list;
    };
    std::map<Ref, Request> open;
};

} // namespace grove::todo
