#include <grove/storage/application.h>

namespace grove::storage {

namespace {

constexpr const char* kName = "storage";

std::string textOf(const Term& text) {
    return std::string(text.toBinary());
}

} // namespace

otp::Application storageApplication(const WorkerOptions& options) {
    const bool isFull = options.synchronous == Synchronous::Full;
    return {
        .name = kName,
        .description = "SQLite: one file, a pool of workers, turns at writing",
        .version = otp::kGroveVersion,
        .modules = {"Checkpointer", "Connection", "LogCopier", "LogSync", "Statement",
                    "Transaction", "TermTable", "Worker", "WriteBatch", "WriteTurn"},
        .dependencies = {"kernel"},
        .environment = {{atom("file"), Term(options.file)},
                        {atom("vfs"), Term(options.vfs)},
                        {atom("synchronous"), atom(isFull ? "full" : "off")},
                        {atom("workers"), Term(options.count)},
                        {atom("read_only"), Term(options.readOnly)}},
    };
}

WorkerOptions workerOptions(const otp::Environment& environment) {
    const WorkerOptions plain;
    const auto get = [&](const char* key, Term otherwise) {
        return environment.get(kName, atom(key), std::move(otherwise));
    };
    return {
        .file = textOf(environment.fetch(kName, atom("file"))),
        .vfs = textOf(get("vfs", Term(plain.vfs))),
        .synchronous = get("synchronous", atom("full")).isAtom(atom("off")) ? Synchronous::Off
                                                                            : Synchronous::Full,
        .count = static_cast<int>(get("workers", Term(plain.count)).toInt()),
        .readOnly = textOf(get("read_only", Term(plain.readOnly))),
    };
}

} // namespace grove::storage
