#include <grove/todo/csv.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace grove::todo {

namespace {
using Kind = ImportFault::Kind;
}

struct CsvFile::State {
    std::string name;
    int fd = -1;
    std::uint64_t bytesRead = 0;
    std::uint64_t sizeBytes = 0;
    CsvParser parser;
    std::array<char, kChunkBytes> chunk;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (fd >= 0)
            ::close(fd);
    }
};

CsvFile::CsvFile(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}
CsvFile::CsvFile(CsvFile&&) noexcept = default;
CsvFile& CsvFile::operator=(CsvFile&&) noexcept = default;
CsvFile::~CsvFile() = default;

std::uint64_t CsvFile::bytesRead() const noexcept {
    return m_state->bytesRead;
}
std::uint64_t CsvFile::sizeBytes() const noexcept {
    return m_state->sizeBytes;
}
const CsvParser& CsvFile::parser() const noexcept {
    return m_state->parser;
}
const std::string& CsvFile::name() const noexcept {
    return m_state->name;
}

std::expected<CsvFile, ImportFault> CsvFile::open(const std::string& path) {
    auto state = std::make_unique<State>();
    state->name = std::filesystem::path(path).filename().string();
    const auto fault = [&](Kind kind, std::string detail = {}) {
        return std::unexpected(
            ImportFault{.kind = kind, .file = state->name, .detail = std::move(detail)});
    };
    // Not blocking: a named pipe without a writer would keep the caller for ever.
    state->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (state->fd < 0)
        return errno == ENOENT ? fault(Kind::Missing)
                               : fault(Kind::Unreadable, std::strerror(errno));
    struct stat status{};
    if (::fstat(state->fd, &status) != 0)
        return fault(Kind::Unreadable, std::strerror(errno));
    if (S_ISDIR(status.st_mode))
        return fault(Kind::Folder);
    if (!S_ISREG(status.st_mode))
        return fault(Kind::Unreadable, "it is not a regular file");
    if (status.st_size == 0)
        return fault(Kind::Empty);
    state->sizeBytes = static_cast<std::uint64_t>(status.st_size);
    return CsvFile(std::move(state));
}

std::expected<bool, ImportFault> CsvFile::readChunk(CsvOutput& output) {
    State& state = *m_state;
    ssize_t got = 0;
    do
        got = ::read(state.fd, state.chunk.data(), state.chunk.size());
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return std::unexpected(ImportFault{
            .kind = Kind::Unreadable, .file = state.name, .detail = std::strerror(errno)});
    const std::string_view bytes(state.chunk.data(), static_cast<std::size_t>(got));
    if (bytes.empty()) {
        state.parser.finish(output);
        return false;
    }
    if (state.bytesRead == 0 && bytes.find('\0') != bytes.npos)
        return std::unexpected(ImportFault{.kind = Kind::NotText, .file = state.name});
    state.bytesRead += bytes.size();
    state.parser.feed(bytes, output);
    return true;
}

std::expected<CsvPreview, ImportFault> previewCsv(const std::string& path, std::size_t linesMax) {
    auto file = CsvFile::open(path);
    if (!file)
        return std::unexpected(std::move(file).error());
    CsvPreview preview;
    auto more = file->readChunk(preview.lines);
    if (more && *more && file->bytesRead() == file->sizeBytes())
        more = file->readChunk(preview.lines); // the last line may lack its end
    if (!more)
        return std::unexpected(std::move(more).error());
    const double share =
        static_cast<double>(file->bytesRead()) / static_cast<double>(file->sizeBytes());
    preview.linesAbout =
        static_cast<std::uint64_t>(static_cast<double>(file->parser().lineCount()) / share + 0.5);
    auto& [rows, rejects] = preview.lines;
    while (rows.size() + rejects.size() > linesMax) {
        const bool lastIsRow =
            rejects.empty() || (!rows.empty() && rows.back().line > rejects.back().line);
        lastIsRow ? rows.pop_back() : rejects.pop_back();
    }
    return preview;
}

std::string print(const ImportFault& fault) {
    const std::string nothing = "Nothing to import: " + fault.file;
    switch (fault.kind) {
    case Kind::Missing:
        return "There is no file " + fault.file + ".";
    case Kind::Unreadable:
        return fault.file + " cannot be read: " + fault.detail + ".";
    case Kind::Folder:
        return fault.file + " is a folder.";
    case Kind::Empty:
        return nothing + " is empty.";
    case Kind::NotText:
        return nothing + " is not text.";
    case Kind::NoEntries:
        return nothing + " has no line like 2023-12-19,Dentist.";
    case Kind::Changed:
        return fault.file + " was changed while it was read.";
    }
    return {};
}

} // namespace grove::todo
