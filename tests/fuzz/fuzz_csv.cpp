// Whatever the bytes are and wherever they are cut: the same lines come out, and all of them are
// fit to be kept.
#include <grove/todo/csv.h>
#include <grove/todo/text.h>

#include <cstdlib>

using namespace grove::todo;

namespace {

CsvOutput parse(std::string_view bytes, std::size_t pieceBytes) {
    CsvParser parser;
    CsvOutput output;
    for (std::size_t at = 0; at < bytes.size(); at += pieceBytes)
        parser.feed(bytes.substr(at, pieceBytes), output);
    parser.finish(output);
    return output;
}

void require(bool condition) {
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const CsvOutput whole = parse(bytes, size + 1);
    const CsvOutput pieces = parse(bytes, 1 + (size ? data[0] % 16 : 0));
    require(whole.rows == pieces.rows && whole.rejects == pieces.rejects);
    for (const CsvRow& row : whole.rows) {
        require(checkTitle(row.entry.title) == row.entry.title);
        require(!row.entry.date || row.entry.date->ok());
        auto back = parseCsvLine(printCsvLine({.title = row.entry.title, .date = row.entry.date}));
        require(back && back->title == row.entry.title && back->date == row.entry.date);
    }
    for (const CsvReject& reject : whole.rejects) {
        require(!reject.reason.empty() && !findInvalidUtf8(reject.text));
        require(reject.text.size() <= CsvParser::kShownBytesMax + 3);
    }
    return 0;
}
