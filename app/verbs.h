#pragma once

#include <grove/runtime/exit_hook.h>
#include <grove/runtime/process.h>
#include <grove/runtime/task.h>
#include <grove/todo/import.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// What the command line can ask for without a window, as processes: run by a program of their own,
/// or by the one that holds the lists.
namespace grove::app {

/// Where a verb's words go. Called from the verb's process, or by whoever takes it down.
struct VerbOutput {
    std::function<void(std::string)> output;
    std::function<void(std::string)> error;
    /// The exit status; the last word. Called exactly once, also when the verb's process is killed.
    std::function<void(int)> finish;
};

/// Watches one verb to its end and says the exit status, whatever ends its process; where that is
/// a kill, as in the observer, also what was done until then.
///
/// Made by new, given to one process with verbOptions(); deletes itself when that process has
/// ended. Threads: the verb's process's.
class VerbWatch final : public ExitHook {
public:
    /// `stopped`: "The import was stopped".
    VerbWatch(VerbOutput output, std::string stopped)
        : m_output(std::move(output)), m_stopped(std::move(stopped)) {}

    [[nodiscard]] const VerbOutput& output() const { return m_output; }
    void succeed() { m_status = 0; }
    /// How many entries are known to be on disk.
    void setImported(std::uint64_t count) { m_imported = count; }

private:
    ~VerbWatch() = default;
    void released(Runtime& runtime, Pid pid, const Term& reason) noexcept override;

    VerbOutput m_output;
    std::string m_stopped;
    std::optional<std::uint64_t> m_imported;
    int m_status = 1;
};

/// How the process of a verb with this watch starts.
[[nodiscard]] SpawnOptions verbOptions(VerbWatch& watch, std::string_view label);

/// Imports a CSV file into the list of this name, which is made if there is none. Ends with one
/// line "imported N, rejected M"; rejected lines go to `error`, with their reasons. Stops early
/// when it gets a todo::CancelImport. What imports for it ends with it.
[[nodiscard]] Task<> importVerb(std::string file, std::string listName, int workers,
                                VerbWatch* watch);

/// Prints `date,title` of a list's entries: those without a date first, then by date, then by id.
[[nodiscard]] Task<> printVerb(std::string listName, int workers, VerbWatch* watch);

/// Starts them. Threads: any.
Pid startImport(Runtime& runtime, std::string file, std::string listName, int workers,
                VerbOutput output);
Pid startPrint(Runtime& runtime, std::string listName, int workers, VerbOutput output);

} // namespace grove::app
