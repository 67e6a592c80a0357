#include <grove/runtime/extension.h>

#include <algorithm>

namespace grove {

Extensions::~Extensions() {
    // Nobody else is left; an object's destructor may still look for an older one.
    for (;;) {
        Entry last{};
        {
            const Lock lock(m_mutex);
            if (m_entries.empty())
                return;
            last = m_entries.back();
            m_entries.pop_back();
        }
        last.destroy(last.object);
    }
}

void* Extensions::find(const void* key) const {
    const auto at = std::ranges::find(m_entries, key, &Entry::key);
    return at == m_entries.end() ? nullptr : at->object;
}

void* Extensions::get(const void* key, Runtime& runtime, Make make, Destroy destroy) {
    {
        const Lock lock(m_mutex);
        if (void* object = find(key))
            return object;
    }
    void* made = make(runtime); // outside of the lock: it may need other extensions
    void* object = nullptr;
    {
        const Lock lock(m_mutex);
        object = find(key);
        if (object == nullptr)
            m_entries.push_back({key, made, destroy});
    }
    if (object == nullptr)
        return made;
    destroy(made); // somebody was faster
    return object;
}

} // namespace grove
