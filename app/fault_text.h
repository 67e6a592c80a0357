#pragma once

#include <grove/storage/database_file.h>

#include <filesystem>
#include <string>

namespace grove::app {

/// Why the lists cannot be opened, for a person: what it is, what was kept, what to do. `heading`
/// stands alone.
struct FaultText {
    std::string heading;
    std::string details;

    [[nodiscard]] std::string line() const { return heading + " " + details; }
};

/// The words for a fault of the database in `folder`.
[[nodiscard]] FaultText faultText(const storage::OpenFault& fault,
                                  const std::filesystem::path& folder);

/// A path as people write it: ~ for the home folder. `home` may be empty.
[[nodiscard]] std::string shortPath(const std::filesystem::path& path, const std::string& home);

} // namespace grove::app
