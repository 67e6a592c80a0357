#pragma once

#include <grove/runtime/mutex.h>

#include <atomic>
#include <type_traits>

namespace grove {

class Runtime;

/// Objects that belong to a runtime and are made on first use, one of each type: what would
/// otherwise be global.
///
/// Threads: any. Owns: the objects, until the runtime is gone; all processes have ended by then.
class Extensions {
public:
    Extensions() = default;
    Extensions(const Extensions&) = delete;
    Extensions& operator=(const Extensions&) = delete;
    /// The last one made goes first.
    ~Extensions();

    using Make = void* (*)(Runtime& runtime);
    using Destroy = void (*)(void* object) noexcept;
    /// The object whose type is named by `key`. `make` may itself ask for other extensions.
    [[nodiscard]] void* get(const void* key, Runtime& runtime, Make make, Destroy destroy);

private:
    struct Entry {
        const void* key;
        void* object;
        Destroy destroy;
        Entry* older;
    };
    [[nodiscard]] void* find(const void* key) const noexcept;

    Mutex m_mutex; // one adds at a time
    /// The latest of a list that only grows until the end. Release by get() when it has made one,
    /// acquire by who looks.
    std::atomic<Entry*> m_latest{nullptr};
};

namespace detail {

[[nodiscard]] Extensions& extensionsOf(Runtime& runtime) noexcept;

template <class T> inline constexpr char kExtensionKey = 0;

template <class T> void* makeExtension(Runtime& runtime) {
    if constexpr (std::is_constructible_v<T, Runtime&>)
        return new T(runtime);
    else
        return new T();
}
template <class T> void destroyExtension(void* object) noexcept {
    delete static_cast<T*>(object);
}

} // namespace detail

/// The runtime's one T, made now if there is none yet: with T(Runtime&) where there is such a
/// constructor. Complexity: a walk over a handful of entries.
template <class T> [[nodiscard]] T& extension(Runtime& runtime) {
    return *static_cast<T*>(detail::extensionsOf(runtime).get(&detail::kExtensionKey<T>, runtime,
                                                              &detail::makeExtension<T>,
                                                              &detail::destroyExtension<T>));
}

} // namespace grove
