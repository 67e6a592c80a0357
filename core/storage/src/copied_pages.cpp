#include "copied_pages.h"

#include "log_format.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <vector>

namespace grove::storage {

namespace {

using Bytes = std::span<const unsigned char>;

// The log's format: sqlite.org/fileformat.html, "The Write-Ahead Log".
constexpr std::uint32_t kMagic = 0x377f0682; ///< its last bit: checksums of big-endian words
constexpr std::uint32_t kVersion = 3'007'000;
constexpr std::size_t kSaltsAt = 16; ///< in the header; in a frame at 8

// Its index: sqlite.org/walformat.html, "The WAL-Index File Format". Words of this machine.
constexpr int kIndexPartBytes = 32'768;
constexpr std::size_t kIndexHeadBytes = 48; ///< there twice
constexpr std::size_t kIndexFrames = 16, kIndexSalts = 32, kIndexCopied = 96;
constexpr int kCopyLock = 1;

std::uint32_t bigEndian(Bytes bytes, std::size_t at) {
    return std::uint32_t(bytes[at]) << 24 | std::uint32_t(bytes[at + 1]) << 16 |
           std::uint32_t(bytes[at + 2]) << 8 | bytes[at + 3];
}

/// Of all from the log's header on.
class Checksum {
public:
    explicit Checksum(bool ofBigEndian)
        : m_isSwapped(ofBigEndian != (std::endian::native == std::endian::big)) {}
    /// Requires: a multiple of 8 bytes.
    void add(Bytes bytes) {
        for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            m_first += word(bytes, at) + m_second;
            m_second += word(bytes, at + 4) + m_first;
        }
    }
    [[nodiscard]] bool is(Bytes bytes, std::size_t at) const {
        return bigEndian(bytes, at) == m_first && bigEndian(bytes, at + 4) == m_second;
    }

private:
    [[nodiscard]] std::uint32_t word(Bytes bytes, std::size_t at) const {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return m_isSwapped ? __builtin_bswap32(value) : value;
    }

    bool m_isSwapped;
    std::uint32_t m_first = 0, m_second = 0;
};

/// What the index says of the log.
struct LogIndex {
    std::uint32_t copied = 0; ///< so many frames, from the first
    std::array<unsigned char, 8> salts{};
};

int readIndex(sqlite3_file* file, LogIndex& index) {
    void volatile* mapped = nullptr;
    const int code = file->pMethods->xShmMap(file, 0, kIndexPartBytes, 0, &mapped);
    if (code != SQLITE_OK || !mapped)
        return code != SQLITE_OK ? code : SQLITE_CANTOPEN;
    // Nobody writes it: we have the locks of who commits and of who copies.
    std::array<unsigned char, kIndexCopied + 4> head{};
    const auto* from = static_cast<const volatile unsigned char*>(mapped);
    for (std::size_t at = 0; at < head.size(); ++at)
        head[at] = from[at];
    const auto word = [&head](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, head.data() + at, sizeof value);
        return value;
    };
    index.copied = word(kIndexCopied);
    std::memcpy(index.salts.data(), head.data() + kIndexSalts, index.salts.size());
    const bool isSound =
        word(0) == kVersion &&
        std::memcmp(head.data(), head.data() + kIndexHeadBytes, kIndexHeadBytes) == 0 &&
        index.copied <= word(kIndexFrames);
    return isSound ? SQLITE_OK : SQLITE_CORRUPT;
}

/// The pages of the log's first frames, as they stand in the last frame of each.
class CopiedPages {
public:
    explicit CopiedPages(sqlite3_file* log) : m_log(log) {}

    /// Finds them, and makes sure of the log up to there.
    int find(const LogIndex& index) {
        std::array<unsigned char, kLogHeaderBytes> header{};
        if (int code = read(header, 0); code != SQLITE_OK)
            return code;
        Checksum sum((bigEndian(header, 0) & 1) != 0);
        sum.add(Bytes(header).first(kFrameHeaderBytes));
        if ((bigEndian(header, 0) & ~1u) != kMagic || bigEndian(header, 4) != kVersion ||
            std::memcmp(header.data() + kSaltsAt, index.salts.data(), index.salts.size()) != 0 ||
            !sum.is(header, kFrameHeaderBytes))
            return SQLITE_CORRUPT;
        m_page.resize(bigEndian(header, 8));
        std::vector<unsigned char> frame(kFrameHeaderBytes + m_page.size());
        bool isCommit = true;
        for (std::uint32_t number = 0; number < index.copied; ++number) {
            if (int code = read(frame, frameAt(number)); code != SQLITE_OK)
                return code;
            sum.add(Bytes(frame).first(8));
            sum.add(Bytes(frame).subspan(kFrameHeaderBytes));
            if (std::memcmp(frame.data() + 8, index.salts.data(), index.salts.size()) != 0 ||
                !sum.is(frame, 16))
                return SQLITE_CORRUPT;
            m_lastFrames[bigEndian(frame, 0)] = number;
            const std::uint32_t pages = bigEndian(frame, 4); // 0 but in the last of a transaction
            isCommit = pages != 0;
            if (isCommit)
                m_filePages = pages;
        }
        return isCommit ? SQLITE_OK : SQLITE_CORRUPT;
    }

    int writeTo(sqlite3_file* file) {
        for (const auto& [page, frame] : m_lastFrames) {
            if (page == 0 || page > m_filePages) // the file has become shorter since
                continue;
            if (int code =
                    read(m_page, frameAt(frame) + static_cast<sqlite3_int64>(kFrameHeaderBytes));
                code != SQLITE_OK)
                return code;
            const auto at = static_cast<sqlite3_int64>(page - 1) * std::ssize(m_page);
            const int bytes = static_cast<int>(m_page.size());
            if (int code = file->pMethods->xWrite(file, m_page.data(), bytes, at);
                code != SQLITE_OK)
                return code;
        }
        return SQLITE_OK;
    }

private:
    int read(std::span<unsigned char> to, sqlite3_int64 at) {
        return m_log->pMethods->xRead(m_log, to.data(), static_cast<int>(to.size()), at);
    }
    [[nodiscard]] sqlite3_int64 frameAt(std::uint32_t number) const {
        const auto bytes = static_cast<sqlite3_int64>(kFrameHeaderBytes + m_page.size());
        return static_cast<sqlite3_int64>(kLogHeaderBytes) + number * bytes;
    }

    sqlite3_file* m_log;
    std::vector<unsigned char> m_page;
    std::map<std::uint32_t, std::uint32_t> m_lastFrames; ///< by page
    std::uint32_t m_filePages = 0;                       ///< after the last of the transactions
};

int writeAndSync(sqlite3_file* file, sqlite3_file* log) {
    LogIndex index;
    CopiedPages pages(log);
    int code = readIndex(file, index);
    if (code == SQLITE_OK && index.copied > 0)
        code = pages.find(index);
    if (code == SQLITE_OK)
        code = pages.writeTo(file);
    return code == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

} // namespace

int writeCopiedPagesAgain(sqlite3_file* file, sqlite3_file* log) {
    const sqlite3_io_methods& io = *file->pMethods;
    static_cast<void>(io.xSync(file, SQLITE_SYNC_NORMAL)); // says again what has failed
    if (int code = io.xSync(file, SQLITE_SYNC_NORMAL); code != SQLITE_OK)
        return code; // it still does
    constexpr int kExclusive = SQLITE_SHM_EXCLUSIVE;
    int code = io.xShmLock(file, kCopyLock, 1, SQLITE_SHM_LOCK | kExclusive);
    if (code != SQLITE_OK)
        return code;
    code = writeAndSync(file, log);
    const int unlocked = io.xShmLock(file, kCopyLock, 1, SQLITE_SHM_UNLOCK | kExclusive);
    return code == SQLITE_OK ? unlocked : code;
}

} // namespace grove::storage
