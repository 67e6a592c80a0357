#include "core.h"

#include <grove/runtime/process.h>

namespace grove::runtime {

bool Extras::isUnused() const noexcept {
    return links.isEmpty() && watching.isEmpty() && watchers.isEmpty() && suspendCount == 0 &&
           skipped.count() == 0 && !dictionary && exitHooks == nullptr && !arriving.isAny() &&
           !deadlineTimer && exitReason.isNone() && !seldom;
}

void Core::trim(Worker& worker, Slot& process) {
    Extras* const extras = process.findExtras();
    if (extras == nullptr)
        return;
    if (extras->deadlineTimer) {
        // A tick that is on its way finds another timer or none, and is dropped.
        cancelTimer(&worker, std::exchange(extras->deadlineTimer, {}));
        extras->deadlineAt = kNever;
    }
    if (extras->seldom && extras->seldom->isEmpty())
        extras->seldom.reset();
    if (extras->dictionary && extras->dictionary->empty())
        extras->dictionary.reset();
    if (extras->isUnused()) {
        delete process.extras.exchange(nullptr, std::memory_order_relaxed);
        return;
    }
    extras->links.shrink();
    extras->watching.shrink();
    extras->watchers.shrink();
    extras->skipped.trim();
    if (extras->dictionary)
        extras->dictionary->shrink_to_fit();
    if (extras->seldom)
        extras->seldom->unwound = {};
}

} // namespace grove::runtime

namespace grove::detail {

void HibernateAwaiter::await_suspend(std::coroutine_handle<> leaf) noexcept {
    suspend(leaf);
    runtime::Worker& worker = runtime::hereWorker();
    if (worker.current->isDoomed())
        return; // it ends now
    worker.current->set(runtime::kHibernates, true);
    worker.core.trim(worker, *worker.current);
}

void HibernateAwaiter::await_resume() const noexcept {
    runtime::here().set(runtime::kHibernates, false);
}

} // namespace grove::detail
