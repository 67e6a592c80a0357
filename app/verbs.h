#pragma once

#include <grove/runtime/task.h>
#include <grove/todo/import.h>

#include <functional>
#include <string>

/// What the command line can ask for without a window, as processes: run by a program of their own,
/// or by the one that holds the lists.
namespace grove::app {

/// Where a verb's words go. Called from the verb's process.
struct VerbOutput {
    std::function<void(std::string)> output;
    std::function<void(std::string)> error;
    /// The exit status; the last word. Called exactly once, also when the verb's process is killed.
    std::function<void(int)> finish;
};

/// Imports a CSV file into the list of this name, which is made if there is none. Ends with one
/// line "imported N, rejected M"; rejected lines go to `error`, with their reasons.
[[nodiscard]] Task<> importVerb(std::string file, std::string listName, int workers,
                                VerbOutput output);

/// Prints `date,title` of a list's entries: those without a date first, then by date, then by id.
[[nodiscard]] Task<> printVerb(std::string listName, int workers, VerbOutput output);

} // namespace grove::app
