#include "via.h"

#include <grove/otp/request.h>
#include <grove/runtime/clock.h>

#include <algorithm>

namespace grove::otp {

namespace detail {

RequestCore::RequestCore(const ServerRef& server, Payload message) {
    const std::optional<Pid> pid = findServer(server);
    m_server = pid ? Term(*pid) : server.term();
    m_ref = grove::sendRequest(pid.value_or(Pid()), std::move(message));
}

bool isReachable(Atom node) {
    return node == localNode().name;
}

Duration remaining(Instant begin, Duration limit) {
    return limit == kInfinity ? limit : std::max(Duration::zero(), limit - (now() - begin));
}

} // namespace detail

void abcast(std::span<const Atom> nodes, Atom name, const Term& message) {
    for (const Atom node : nodes)
        if (detail::isReachable(node))
            cast(name, message);
}

void abcast(Atom name, const Term& message) {
    cast(name, message);
}

} // namespace grove::otp
