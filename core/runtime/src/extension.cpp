#include <grove/runtime/extension.h>

#include <memory>

namespace grove {

Extensions::~Extensions() {
    // Nobody else is left; an object's destructor may still look for an older one.
    while (const std::unique_ptr<Entry> last{m_latest.load(std::memory_order_acquire)}) {
        m_latest.store(last->older, std::memory_order_relaxed);
        last->destroy(last->object);
    }
}

void* Extensions::find(const void* key) const noexcept {
    const Entry* entry = m_latest.load(std::memory_order_acquire);
    while (entry != nullptr && entry->key != key)
        entry = entry->older;
    return entry == nullptr ? nullptr : entry->object;
}

void* Extensions::get(const void* key, Runtime& runtime, Make make, Destroy destroy) {
    if (void* const object = find(key))
        return object;
    void* const made = make(runtime); // outside of the lock: it may need other extensions
    void* object = nullptr;
    {
        const Lock lock(m_mutex);
        object = find(key);
        if (object == nullptr)
            m_latest.store(new Entry{key, made, destroy, m_latest.load(std::memory_order_relaxed)},
                           std::memory_order_release);
    }
    if (object == nullptr)
        return made;
    destroy(made); // somebody was faster
    return object;
}

} // namespace grove
