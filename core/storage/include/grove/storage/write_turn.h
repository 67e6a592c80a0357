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
/// A holder that ends gives its turn back by ending: by then its transaction is gone. A holder asks
/// for nothing else while it holds the turn, so nobody waits in a circle. Its priority is high:
/// nobody writes while it waits for a scheduler. When not to use it: for
/// reading, which needs no turn.
class WriteTurn final : public otp::GenServer<WriteTurn> {
public:
    /// Answered when the turn is the caller's.
    struct Take {
        using Reply = void;
        GROVE_FIELDS(Take)
    };
    /// A turn that is not `holder`'s any more is passed over.
    struct Give {
        Pid holder;
        GROVE_FIELDS(Give, holder)
    };
    using Calls = Messages<Take>;
    using Casts = Messages<Give>;

    struct State {
        std::optional<Pid> holder;
        Ref monitor{};               ///< of the holder
        std::deque<Waiting> waiting; ///< who asked first comes first
        std::uint64_t turns = 0;     ///< given so far

        GROVE_MAP_FIELDS(State, holder, monitor, waiting, turns)
    };

    static constexpr const char* kName = "write_turn";

    State init();
    Reply<void> handleCall(Take, From from);
    void handleCast(Give turn);
    void handleInfo(Down down);

private:
    void grantNext();
};

} // namespace grove::storage
