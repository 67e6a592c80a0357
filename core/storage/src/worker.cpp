#include <grove/storage/worker.h>
#include <grove/term/phash2.h>

#include <array>

namespace grove::storage {

ConnectionOptions connectionOptions(const WorkerOptions& options) {
    return {.access = Access::ReadWrite,
            .synchronous =
                options.synchronous == Synchronous::Off ? Synchronous::Off : Synchronous::Normal,
            .vfs = options.vfs,
            .checkpoints = Checkpoints::Elsewhere};
}

Atom workerName(int number) {
    return atom("sqlite_worker_" + std::to_string(number));
}

Atom writerName() {
    return workerName(1);
}

Atom readerOf(std::int64_t key, int count) {
    if (count == 1)
        return writerName();
    return workerName(2 +
                      static_cast<int>(phash2(Term(key), static_cast<std::uint64_t>(count - 1))));
}

bool isAfterFailure(FailedEpochs& failed, std::int64_t key, Pid sender, std::uint64_t epoch) {
    const auto last = failed.find(key);
    if (last == failed.end())
        return false;
    if (last->second.sender == sender && last->second.epoch == epoch)
        return true;
    failed.erase(last);
    return false;
}

namespace detail {

std::chrono::sys_seconds wallSeconds() {
    return std::chrono::floor<std::chrono::seconds>(wallTime());
}

std::optional<Duration> busyDelay(unsigned tries) noexcept {
    static constexpr std::array<int, 6> kDelaysMs = {5, 10, 25, 50, 150, 300};
    if (tries >= kDelaysMs.size())
        return std::nullopt;
    return std::chrono::milliseconds(kDelaysMs[tries]);
}

} // namespace detail

} // namespace grove::storage
