#pragma once

#include <grove/term/assert.h>
#include <grove/term/etf.h>
#include <grove/term/inspect.h>
#include <grove/term/phash2.h>

#include <string_view>

namespace grove::test {

/// Whatever the bytes are: an error within them, or a term that all forms of writing give back.
/// Returns: whether they were a term.
inline bool holdsForBytes(std::string_view bytes) {
    constexpr std::size_t kUncompressedMax = std::size_t{1} << 20;
    const auto safe = binaryToTerm(bytes, {.safe = true, .uncompressedBytesMax = kUncompressedMax});
    const auto read = binaryToTerm(bytes, {.uncompressedBytesMax = kUncompressedMax});
    if (!read) {
        GROVE_ASSERT(!safe, "what is refused is refused with `safe`, too");
        GROVE_ASSERT(!read.error().message.empty(), "an error says what is wrong");
        GROVE_ASSERT(read.error().compressed || read.error().offset <= bytes.size(),
                     "an error lies within the bytes");
        return false;
    }
    GROVE_ASSERT(read->usedBytes <= bytes.size(), "only bytes that are there are used");
    GROVE_ASSERT(!safe || equalsExact(safe->term, read->term), "`safe` changes no term");
    for (const unsigned minorVersion : {0U, 1U, 2U}) {
        for (const int compressed : {0, 1}) {
            const auto written = termToBinary(
                read->term,
                {.minorVersion = minorVersion, .compressed = compressed, .deterministic = true});
            GROVE_ASSERT(written.has_value(), "what was read is written");
            const auto again = binaryToTerm(*written);
            GROVE_ASSERT(again.has_value(), "what was written is read");
            GROVE_ASSERT(again->usedBytes == written->size(), "all that was written is used");
            GROVE_ASSERT(equalsExact(again->term, read->term), "what is written reads back");
            GROVE_ASSERT(phash2(again->term) == phash2(read->term), "equal terms hash alike");
            GROVE_ASSERT(hashOf(again->term) == hashOf(read->term), "equal terms hash alike");
        }
    }
    (void)inspect(read->term, {.bytesMax = 1'000});
    (void)toErlang(read->term, {.bytesMax = 1'000});
    return true;
}

} // namespace grove::test
