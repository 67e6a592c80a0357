#pragma once

#include <cstdint>
#include <cstdlib>

namespace grove::test {

/// Both included.
struct Seeds {
    std::uint64_t first = 1;
    std::uint64_t last = 0;
};

/// The seeds of a test: from 1, as many as SEEDS in the environment says or else `count`; or the
/// one that SEED says.
inline Seeds seeds(std::uint64_t count) {
    const auto number = [](const char* variable, std::uint64_t otherwise) {
        const char* const given = std::getenv(variable);
        return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
    };
    const std::uint64_t only = number("SEED", 0);
    return only != 0 ? Seeds{only, only} : Seeds{1, number("SEEDS", count)};
}

} // namespace grove::test
