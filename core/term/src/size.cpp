#include "layout.h"
#include "small_stack.h"

#include <grove/term/size.h>

#include <unordered_set>

namespace grove {

TermSize sizeOf(const Term& root) {
    TermSize size;
    std::unordered_set<const detail::Header*> shared;
    detail::SmallStack<const Term*, 32> open;
    open.push(&root);
    while (!open.isEmpty()) {
        const Term& term = *open.pop();
        if (!TermAccess::isBoxed(term)) {
            continue;
        }
        detail::Header* header = TermAccess::header(term);
        const bool mayBeShared = header->count.load(std::memory_order_relaxed) != 1;
        if (mayBeShared && !shared.insert(header).second) {
            continue;
        }
        size.words += detail::ownWordsOf(header);
        size.bytes += detail::bytesOf(header);
        ++size.objects;
        for (const Term& child : detail::childrenOf(header)) {
            open.push(&child);
        }
    }
    return size;
}

} // namespace grove
