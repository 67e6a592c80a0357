#pragma once

#include <grove/otp/gen_server.h>

namespace grove::todo {

/// Writes a line about the program's health to the log every so often.
class Metrics final : public otp::GenServer<Metrics> {
public:
    struct Measure {
        GROVE_FIELDS(Measure)
    };
    /// The latest measurement.
    struct Latest {
        struct Figures {
            std::uint64_t processes = 0;
            std::uint64_t processesStarted = 0;
            std::uint64_t processesEnded = 0;
            std::uint64_t listServers = 0;
            std::uint64_t measurements = 0;
            GROVE_MAP_FIELDS(Figures, processes, processesStarted, processesEnded, listServers,
                             measurements)
        };
        using Reply = Figures;
        GROVE_FIELDS(Latest)
    };
    using Calls = Messages<Latest>;
    using Infos = Messages<Measure>;

    struct State {
        Duration every{};
        Latest::Figures latest;
        GROVE_MAP_FIELDS(State, every, latest)
    };

    /// Requires: at least 1 ms.
    State init(Duration every);
    Reply<Latest::Figures> handleCall(Latest, From) { return state().latest; }
    void handleInfo(Measure);
};

} // namespace grove::todo
