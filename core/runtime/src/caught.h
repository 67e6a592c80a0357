#pragma once

#include <grove/runtime/errors.h>

#include <exception>

namespace grove::detail {

/// What has been thrown, as attempt() would give it.
[[nodiscard]] Caught caughtOf(const std::exception_ptr& error) noexcept;

} // namespace grove::detail
