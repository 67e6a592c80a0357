#pragma once

#include <grove/todo/entry.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace grove::todo {

/// A line that is not an entry, and why.
struct CsvReject {
    std::uint64_t line = 0; ///< from 1, as an editor counts
    std::string text;       ///< the line, fit to be shown, at most 200 bytes
    std::string reason;     ///< "There is no 30 February"

    bool operator==(const CsvReject&) const = default;
    GROVE_MAP_FIELDS(CsvReject, line, text, reason)
};

struct CsvRow {
    std::uint64_t line = 0;
    NewEntry entry;

    bool operator==(const CsvRow&) const = default;
    GROVE_MAP_FIELDS(CsvRow, line, entry)
};

/// What came out of the bytes fed so far; whoever takes it away leaves empty vectors.
struct CsvOutput {
    std::vector<CsvRow> rows;
    std::vector<CsvReject> rejects;
};

/// Reads `date,title` lines from bytes as they come, in constant memory.
///
/// A line is 2023-12-19,Dentist or 2023/12/19,Dentist; an empty date is an entry without one.
/// Either field may be in quotes ("" is a quote inside); without quotes everything after the first
/// comma is the title. Lines end with LF or CRLF. A byte order mark at the start and a header in
/// the first line are passed over; blank lines are not counted. A quoted title that goes on in the
/// next line is rejected, and reading goes on with that next line, so that one forgotten quote
/// costs one line.
///
/// Pure: no files, no clock. Threads: one at a time. Bounds: holds at most one line of
/// kLineBytesMax.
class CsvParser {
public:
    static constexpr std::size_t kLineBytesMax = 64 * 1024;
    static constexpr std::size_t kShownBytesMax = 200;

    /// Adds what the bytes complete to `output`.
    void feed(std::string_view bytes, CsvOutput& output);
    /// The last line may lack its end.
    void finish(CsvOutput& output);

    /// Lines read so far, blank ones and a header too.
    [[nodiscard]] std::uint64_t lineCount() const noexcept { return m_line; }
    [[nodiscard]] bool sawHeader() const noexcept { return m_sawHeader; }

private:
    void endLine(std::string_view line, CsvOutput& output);
    void readLine(std::string_view line, CsvOutput& output);

    std::string m_partial;     ///< the start of a line whose end has not come
    bool m_tooLong = false;    ///< the current line's rest is passed over
    bool m_sawContent = false; ///< a line that is not blank has come
    bool m_sawHeader = false;
    std::uint64_t m_line = 0;
};

/// Reads one line's two fields. Returns the entry, or the reason why it is none.
[[nodiscard]] std::expected<NewEntry, std::string> parseCsvLine(std::string_view line);

/// Writes `date,title` without the line's end; the title is quoted where it must be.
[[nodiscard]] std::string printCsvLine(const Entry& entry);

/// Why a file cannot be imported at all. print() makes the sentence.
struct ImportFault {
    enum class Kind { Missing, Unreadable, Folder, Empty, NotText, NoEntries, Changed };
    Kind kind = Kind::Missing;
    std::string file;   ///< its name without the folders
    std::string detail; ///< the system's words, where there are any

    bool operator==(const ImportFault&) const = default;
};

/// "Nothing to import: todos.csv is empty." · "There is no file todos.csv." …
[[nodiscard]] std::string print(const ImportFault& fault);

/// The beginning of a file as it would be read, for a look before an import.
struct CsvPreview {
    CsvOutput lines;              ///< at most as many as asked for, in two lists
    std::uint64_t linesAbout = 0; ///< of the whole file, estimated from its beginning
};

/// Reads a file piece by piece. For code that may block (a thread of its own, blocking()).
class CsvFile {
public:
    static constexpr std::size_t kChunkBytes = 64 * 1024;

    [[nodiscard]] static std::expected<CsvFile, ImportFault> open(const std::string& path);
    CsvFile(CsvFile&&) noexcept;
    CsvFile& operator=(CsvFile&&) noexcept;
    ~CsvFile();

    /// Reads at most kChunkBytes and adds what they complete. Returns false at the end of the file.
    /// Errors: the device failed, or the very first chunk shows that this is not text.
    [[nodiscard]] std::expected<bool, ImportFault> readChunk(CsvOutput& output);

    [[nodiscard]] std::uint64_t bytesRead() const noexcept;
    [[nodiscard]] std::uint64_t sizeBytes() const noexcept;
    [[nodiscard]] const CsvParser& parser() const noexcept;
    [[nodiscard]] const std::string& name() const noexcept;

private:
    struct State;
    explicit CsvFile(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> m_state;
};

/// For code that may block.
[[nodiscard]] std::expected<CsvPreview, ImportFault> previewCsv(const std::string& path,
                                                                std::size_t linesMax = 20);

} // namespace grove::todo
