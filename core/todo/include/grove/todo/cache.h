#pragma once

#include <grove/otp/dynamic_supervisor.h>
#include <grove/todo/list_server.h>

namespace grove::todo {

/// The servers of the lists that are in use: finds the one of a list, or starts it.
///
/// The cache is a dynamic supervisor; the servers are its temporary children and are found through
/// the process registry, so that finding one takes no message. Two who start the same list at once
/// get the same server.
class Cache {
public:
    static constexpr const char* kName = "cache";
    static constexpr const char* kRegistry = "process_registry";

    /// The key of a list's server in the process registry.
    [[nodiscard]] static Term keyOf(ListId list);

    /// The server that runs now, if any. Threads: a process's. No message, nothing started.
    [[nodiscard]] static std::optional<Pid> find(ListId list);

    /// Errors: noproc while the cache or the registry is being restarted or the application is
    /// stopped.
    [[nodiscard]] static Task<Result<Pid>> serverFor(ListId list, ListServerOptions options = {});
};

} // namespace grove::todo
