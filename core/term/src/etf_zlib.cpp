#include "etf_zlib.h"

#include <algorithm>
#include <limits>
#include <zlib.h>

namespace grove::etf {

namespace {

Bytef* bytesOf(std::string& text) {
    return reinterpret_cast<Bytef*>(text.data());
}

/// zlib counts in 32 bits and does not write what it reads.
void setInput(z_stream& stream, std::string_view bytes) {
    constexpr std::size_t kMax = std::numeric_limits<uInt>::max();
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(std::min(bytes.size(), kMax));
}

} // namespace

std::optional<std::string> compress(std::string_view bytes, int level) {
    std::string made(bytes.size(), '\0');
    uLongf size = made.size();
    // Too little room is the answer, not an error: the result would not be shorter.
    if (::compress2(bytesOf(made), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                    bytes.size(), level) != Z_OK ||
        size >= bytes.size()) {
        return std::nullopt;
    }
    made.resize(size);
    return made;
}

std::expected<Inflated, std::string> inflate(std::string_view compressed, std::size_t size) {
    // One byte more than announced, so that too long a stream shows.
    Inflated made{std::string(size + 1, '\0'), 0};
    z_stream stream{};
    if (::inflateInit(&stream) != Z_OK) {
        return std::unexpected("zlib does not start");
    }
    setInput(stream, compressed);
    stream.next_out = bytesOf(made.bytes);
    stream.avail_out = static_cast<uInt>(size + 1);
    const int result = ::inflate(&stream, Z_FINISH);
    const std::size_t grown = stream.total_out;
    made.usedBytes = stream.total_in;
    ::inflateEnd(&stream);
    if (grown > size) {
        return std::unexpected("compressed bytes that give more than the " + std::to_string(size) +
                               " they announce");
    }
    if (result != Z_STREAM_END) {
        return std::unexpected(result == Z_DATA_ERROR ? "compressed bytes that are damaged"
                                                      : "compressed bytes that end too early");
    }
    if (grown < size) {
        return std::unexpected("compressed bytes that give " + std::to_string(grown) +
                               ", not the " + std::to_string(size) + " they announce");
    }
    made.bytes.resize(size);
    return made;
}

} // namespace grove::etf
