#include <grove/otp/registry.h>
#include <grove/term/inspect.h>
#include <grove/todo/cache.h>

namespace grove::todo {

Term Cache::keyOf(ListId list) {
    return tuple(atom("list"), list);
}

std::optional<Pid> Cache::find(ListId list) {
    return otp::Registry::whereis(atom(kRegistry), keyOf(list));
}

namespace {

Task<otp::StartResult> startServer(ListId list, ListServerOptions options) {
    co_return co_await otp::DynamicSupervisor::startChild(
        Cache::kName, otp::worker<ListServer>(list, options)
                          .id(Cache::keyOf(list))
                          .name(otp::via(Cache::kRegistry, Cache::keyOf(list)))
                          .restart(otp::Restart::Temporary)
                          .reopenedOnUse());
}

} // namespace

Task<Result<Pid>> Cache::serverFor(ListId list, ListServerOptions options) {
    if (auto running = find(list))
        co_return *running;
    auto started = co_await attempt(startServer(list, options));
    if (!started)
        co_return failure(atoms::noproc,
                          "the cache does not run: " + inspect(started.error().exitReason()));
    if (auto pid = started->pidOrAlreadyStarted())
        co_return *pid;
    co_return failure(atoms::noproc,
                      "the list's server did not start: " + inspect(started->term()));
}

} // namespace grove::todo
