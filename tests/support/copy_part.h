#pragma once

#include <grove/storage/log_copier.h>

#include <functional>
#include <optional>
#include <utility>

namespace grove::test {

/// A part of the log from its begin to its end, as the Checkpointer copies it; `meanwhile`: after
/// its begin. Returns: what copyPart() does, 0 pages where nothing is new, or the first error.
inline storage::SqlResult<std::optional<storage::LogCopy>>
copyPart(storage::LogCopier& copier, const std::function<void()>& meanwhile = {}) {
    auto isAny = copier.beginPart();
    if (!isAny)
        return std::unexpected(std::move(isAny).error());
    if (!*isAny)
        return storage::LogCopy{};
    if (meanwhile)
        meanwhile();
    auto copied = copier.copyPart();
    if (auto ended = copier.endPart(); copied && !ended)
        return std::unexpected(std::move(ended).error());
    return copied;
}

} // namespace grove::test
