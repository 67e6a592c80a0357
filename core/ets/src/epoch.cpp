#include "epoch.h"

namespace grove::ets {

namespace {

constinit Epochs s_epochs;

/// Gives a thread's reader back when the thread ends.
struct Held {
    Epochs::Reader* reader = nullptr;
    ~Held() {
        if (reader != nullptr)
            reader->isTaken.store(0, std::memory_order_release);
    }
};
thread_local Held t_held;

} // namespace

Epochs& epochs() noexcept {
    return s_epochs;
}

// Never inlined: a coroutine may go on on another thread.
[[gnu::noinline]] Epochs::Reader& thisReader() noexcept {
    if (t_held.reader == nullptr)
        t_held.reader = &s_epochs.takeReader();
    return *t_held.reader;
}

} // namespace grove::ets
