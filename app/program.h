#pragma once

#include <grove/runtime/runtime.h>
#include <grove/storage/database_file.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace grove::app {

/// SQLite workers of the to-do application.
inline constexpr int kWorkers = 3;

/// The database of a data folder.
[[nodiscard]] std::filesystem::path databaseFile(const std::filesystem::path& folder);

/// The program without its window: the runtime, the system's processes, and the to-do application
/// on a data folder.
///
/// Threads: made and destroyed on one thread that runs no process. Requires: the folder's lock is
/// held.
class Program {
public:
    struct Options {
        std::filesystem::path folder;
        std::optional<std::size_t> schedulers;
        bool logToStandardError = false;
        bool mayOnlyRead = false;  ///< lists that cannot be changed are good enough
        bool mustOnlyRead = false; ///< the folder's lock is one for reading
        std::string vfs = {};      ///< SQLite's, by name, for tests; empty: the system's files
    };
    /// Prepares the database and starts everything.
    /// Errors: why the database cannot be used; nothing runs then.
    [[nodiscard]] static std::expected<std::unique_ptr<Program>, storage::OpenFault>
    start(const Options& options);
    /// As stop().
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// Stops the applications in good order, then all other processes; waits. Idempotent.
    /// Requires: HostedSchedulers and Externals are gone.
    void stop();

    [[nodiscard]] Runtime& runtime() { return m_runtime; }
    /// The folder held no database before.
    [[nodiscard]] bool isFirstStart() const { return m_prepared.created; }
    /// Why nothing can be changed, for a person: "Grove cannot write to ~/lists."; empty where it
    /// can.
    [[nodiscard]] const std::string& readOnly() const { return m_readOnly; }

private:
    Program(const Options& options, storage::Prepared prepared, std::string readOnly);

    storage::Prepared m_prepared;
    std::string m_readOnly;
    Runtime m_runtime;
    bool m_isStopped = false;
};

} // namespace grove::app
