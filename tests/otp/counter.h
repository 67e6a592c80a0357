#pragma once

#include <grove/otp/gen_server.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace grove::test {

/// A typed server: every form of callback.
class Counter final : public otp::GenServer<Counter> {
public:
    struct Add {
        using Reply = int;
        int by = 0;
        GROVE_FIELDS(Add, by)
    };
    struct Names {
        using Reply = std::vector<std::string>;
        GROVE_FIELDS(Names)
    };
    struct Touch {
        using Reply = void;
        GROVE_FIELDS(Touch)
    };
    struct Find {
        using Reply = std::optional<int>;
        std::string name;
        GROVE_FIELDS(Find, name)
    };
    struct Reset {
        int to = 0;
        GROVE_FIELDS(Reset, to)
    };
    struct Tick {
        GROVE_FIELDS(Tick)
    };
    using Calls = Messages<Add, Names, Touch, Find>;
    using Casts = Messages<Reset>;
    using Infos = Messages<Tick>;
    struct State {
        int count = 0;
        std::vector<std::string> names;
        GROVE_MAP_FIELDS(State, count, names)
    };

    State init(int first) { return {.count = first, .names = {}}; }
    Reply<int> handleCall(Add request, From) { return state().count += request.by; }
    Task<std::vector<std::string>> handleCall(Names) {
        co_await sleep(std::chrono::milliseconds(1));
        co_return state().names;
    }
    void handleCall(Touch) { state().names.emplace_back("touched"); }
    std::optional<int> handleCall(Find request) {
        return request.name == "count" ? std::optional(state().count) : std::nullopt;
    }
    void handleCast(Reset request) { state().count = request.to; }
    Next handleInfo(Tick) {
        ++state().count;
        return {};
    }
};

} // namespace grove::test
