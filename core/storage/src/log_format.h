#pragma once

#include <cstddef>

namespace grove::storage {

// SQLite's log: sqlite.org/fileformat.html, "The Write-Ahead Log".
inline constexpr std::size_t kLogHeaderBytes = 32;
inline constexpr std::size_t kFrameHeaderBytes = 24;

} // namespace grove::storage
