#pragma once

#include "bench.h"

#include <grove/runtime/runtime.h>
#include <grove/todo/change.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace grove::bench {

/// Says why and ends the program with status 1.
[[noreturn]] void fail(const char* why);

/// A runtime with the to-do application on a database of its own.
class TodoSystem {
public:
    /// `file` is made when it is not there.
    explicit TodoSystem(const std::string& file);

    Runtime& runtime() { return m_runtime; }
    /// Runs a process to its end, which must be normal.
    template <class F, class... Args> void run(F process, Args... args) {
        External outside(m_runtime, "bench");
        awaitNormalEnd(outside, spawnMonitor(process, std::move(args)...).monitor);
    }

private:
    static void awaitNormalEnd(External& outside, Ref monitor);

    Runtime m_runtime;
};

/// `lists` lists (the Inbox among them) with `each` entries in each, ten days long; on disk when it
/// returns.
void fillLists(TodoSystem& system, todo::ListId lists, std::size_t each);

/// add_entry and the like: see todo_main.cpp.
[[nodiscard]] std::vector<const char*> loadNames();
/// Requires: one of loadNames().
[[nodiscard]] Figures runLoad(std::string_view name, const std::string& file);

/// Edits a second, each an entry added to one of the lists in turn, that SQLite alone writes in
/// transactions of `batch` edits.
[[nodiscard]] double sqliteEditsPerSecond(const std::string& file, todo::ListId lists,
                                          std::size_t batch, std::size_t edits);
/// One row in a transaction of its own, by SQLite alone.
[[nodiscard]] Figures sqliteCommits(const std::string& file);

/// The day of an entry: each tenth has the same.
[[nodiscard]] todo::Date dayOf(std::size_t number);

/// The book's to-do system: ten lists of 100 entries, eight callers of each; every one finds its
/// list's server in the cache, then adds an entry and waits until it is kept, or asks for the
/// entries of a day.
[[nodiscard]] Figures bookWrite(const std::string& file);
[[nodiscard]] Figures bookRead(const std::string& file);
/// The same lists, each with its server, while nobody asks for anything.
[[nodiscard]] Figures idleTodo(const std::string& file);

} // namespace grove::bench
