#pragma once

#include <string>

namespace grove::storage {

/// Returns "FOLDER/STEM-STAMP", or with "-2", "-3" … behind it, such that no file begins with it
/// and goes on with a suffix under which a database is kept.
[[nodiscard]] std::string unusedName(const std::string& file, const std::string& stamp);

/// A rename is durable once its folder is.
void syncFolderOf(const std::string& file);

} // namespace grove::storage
