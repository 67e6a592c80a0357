#pragma once

#include <grove/otp/gen_server.h>

#include <deque>

namespace grove::storage {

/// A call that is to be answered later, as part of a described state.
struct Waiting {
    Pid caller;
    Ref ref;
    Pid server;

    Waiting() = default;
    Waiting(const From& from) : caller(from.caller), ref(from.ref), server(from.server) {}
    operator From() const { return {.caller = caller, .ref = ref, .server = server}; }
    GROVE_MAP_FIELDS(Waiting, caller, ref, server)
};

/// The turn at writing: SQLite has one writer per file, and waiting for its lock would block a
/// thread. One process at a time has the turn; the others wait for it here, in the order in which
/// they asked.
///
/// A holder that ends gives its turn back by ending: by then its transaction is gone. Who writes
/// all the time keeps the turn until it is Wanted, so that no write waits for it to come. A holder
/// asks for nothing else while it writes, so nobody waits in a circle. Its priority is high: nobody
/// writes while it waits for a scheduler. When not to use it: for reading, which needs no turn.
class WriteTurn final : public otp::GenServer<WriteTurn> {
public:
    /// Answered when the turn is the caller's.
    struct Take {
        using Reply = void;
        bool untilWanted = false; ///< it is kept, also without need, until a Wanted comes
        GROVE_FIELDS(Take, untilWanted)
    };
    /// Sent, once a turn, to who has taken the turn until it is wanted: to be given back as soon as
    /// nothing is being written.
    struct Wanted {
        GROVE_FIELDS(Wanted)
    };
    /// A turn that is not `holder`'s any more is passed over.
    struct Give {
        Pid holder;
        GROVE_FIELDS(Give, holder)
    };
    using Calls = Messages<Take>;
    using Casts = Messages<Give>;

    struct Asked {
        Waiting from;
        bool untilWanted = false;
        GROVE_MAP_FIELDS(Asked, from, untilWanted)
    };
    struct State {
        std::optional<Pid> holder;
        Ref monitor{};             ///< of the holder
        bool isKept = false;       ///< by a holder that is to be told when somebody waits
        std::deque<Asked> waiting; ///< who asked first comes first
        std::uint64_t turns = 0;   ///< given so far

        GROVE_MAP_FIELDS(State, holder, monitor, isKept, waiting, turns)
    };

    static constexpr const char* kName = "write_turn";

    State init();
    Reply<void> handleCall(Take take, From from);
    void handleCast(Give turn);
    void handleInfo(Down down);

private:
    void grantNext();
    void tellHolder();
};

/// Takes a WriteTurn::Wanted out of the caller's mailbox, wherever it lies. Returns: whether there
/// was one. For who looks between two transactions: who wants the turn then waits for one of them,
/// not for all that had come before its wish.
[[nodiscard]] Task<bool> takeWanted();

} // namespace grove::storage
