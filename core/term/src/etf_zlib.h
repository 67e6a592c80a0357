#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace grove::etf {

/// Requires: a level of 1 to 9. Returns: nothing when the result would not be shorter.
[[nodiscard]] std::optional<std::string> compress(std::string_view bytes, int level);

struct Inflated {
    std::string bytes;
    std::size_t usedBytes; ///< Of the compressed ones.
};

/// What zlib made of `size` bytes. Requires: `size` has been checked.
/// Errors: says what is wrong.
[[nodiscard]] std::expected<Inflated, std::string> inflate(std::string_view compressed,
                                                           std::size_t size);

} // namespace grove::etf
