#include "file_names.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace grove::storage {

namespace fs = std::filesystem;

std::string unusedName(const std::string& file, const std::string& stamp) {
    static constexpr std::array kSuffixes = {".damaged", ".replaced", ".recovered"};
    const fs::path path(file);
    const std::string first = (path.parent_path() / (path.stem().string() + "-" + stamp)).string();
    std::string name = first;
    const auto isUsed = [&](const char* suffix) {
        std::error_code ignored;
        return fs::exists(name + suffix, ignored);
    };
    for (int number = 2; std::ranges::any_of(kSuffixes, isUsed); ++number)
        name = first + "-" + std::to_string(number);
    return name;
}

void syncFolderOf(const std::string& file) {
    const fs::path folder = fs::path(file).parent_path();
    const int fd =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)::fsync(fd);
        (void)::close(fd);
    }
}

} // namespace grove::storage
