#pragma once

#include <grove/term/identifiers.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace grove {

/// As the options of Erlang's term_to_binary; the defaults are OTP 25's.
struct EtfOptions {
    /// 0: floats as text. 0 and 1: atoms in Latin-1 where they fit. 2: atoms in UTF-8 only.
    unsigned minorVersion = 1;
    /// zlib's level, 0 to 9; 0 is none. What does not get shorter is left as it is.
    int compressed = 0;
    /// Maps of more than 32 entries in the order of their keys: equal terms (`=:=`) give equal
    /// bytes.
    bool deterministic = false;
    /// Who writes: the node of the pids and references of this program.
    NodeId node = localNode();
};

/// Erlang's external term format.
///
/// Errors: system_limit for what the format has no room for (2^32 elements or bytes in one value).
/// Requires: no none-term within. Does not recurse.
[[nodiscard]] Result<std::string> termToBinary(const Term& term, const EtfOptions& options = {});

/// As the options of Erlang's binary_to_term, and bounds.
struct EtfReadOptions {
    /// Refuses new atoms, and functions that this program does not have; for bytes from strangers.
    bool safe = false;
    /// Pids and references of this node become those of this program.
    NodeId node = localNode();
    /// What compressed bytes may grow to.
    std::size_t uncompressedBytesMax = std::size_t{256} << 20;
};

struct EtfLimits {
    /// Of one integer's magnitude: OTP 25's limit.
    static constexpr std::size_t kIntegerBytesMax = 4'194'296;
    /// What zlib can do at best; more is a lie about the size.
    static constexpr std::size_t kCompressionMax = 1032;
};

struct EtfTerm {
    Term term;
    std::size_t usedBytes; ///< What lies behind is not looked at.
};

/// Where bytes are no term, and why.
struct EtfError {
    std::size_t offset; ///< In the bytes given; in the uncompressed ones where compressed is set.
    bool compressed;
    std::string message; ///< `a list of 12 elements, but only 3 bytes are left`

    /// `… at byte 17`
    [[nodiscard]] std::string describe() const;
};

/// Reads one term of the external term format: all forms that OTP 25 reads.
///
/// Never crashes and does not recurse. Memory: some 50 times the bytes (the uncompressed ones) at
/// worst, for a list of empty lists. Errors: with the place. New atoms are limited by their table.
[[nodiscard]] std::expected<EtfTerm, EtfError> binaryToTerm(std::string_view bytes,
                                                            const EtfReadOptions& options = {});

} // namespace grove
