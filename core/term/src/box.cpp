#include <grove/term/box.h>

namespace grove {

[[gnu::noinline]] void detail::destroyBox(BoxHeader* header) noexcept {
    const Description& description = *header->description;
    description.destroy(header->value());
    release(header, sizeof(BoxHeader) + description.sizeBytes);
}

} // namespace grove
