#include "worker.h"

#include <grove/runtime/runtime.h>

namespace grove {

WorkerCache* workerCache(Runtime& runtime, std::uint64_t key) noexcept {
    runtime::Worker* const worker = runtime::thisWorker();
    if (worker == nullptr || &worker->core != &runtime.core())
        return nullptr;
    return &worker->caches[key % worker->caches.size()];
}

} // namespace grove
