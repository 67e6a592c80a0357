#include <grove/runtime/epoch.h>
#include <grove/term/assert.h>

#include <cerrno>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace grove::runtime {

constinit Epochs s_epochs;
constinit thread_local Epochs::Reader* t_reader [[gnu::tls_model("initial-exec")]] = nullptr;

namespace {

/// Gives a thread's reader back when the thread ends.
struct Held {
    Epochs::Reader* reader = nullptr;
    ~Held() {
        if (reader != nullptr)
            reader->isTaken.store(0, std::memory_order_release);
        t_reader = nullptr;
    }
};
thread_local Held t_held;

/// Once in a program, before the first barrier.
void registerBarrier() noexcept {
    static const bool isRegistered =
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    GROVE_ASSERT(isRegistered, "this system has no membarrier");
}

} // namespace

void barrierForAll() noexcept {
    registerBarrier();
    // Readers' pins rest on it. The system may lack the memory for it, for a moment.
    while (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
        GROVE_ASSERT(errno == ENOMEM, "the system no longer allows membarrier");
        sched_yield();
    }
}

[[gnu::noinline, gnu::cold]] Epochs::Reader& takeThisReader() noexcept {
    registerBarrier();
    t_held.reader = &s_epochs.takeReader();
    t_reader = t_held.reader;
    return *t_reader;
}

} // namespace grove::runtime
