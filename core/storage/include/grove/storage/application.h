#pragma once
// The application `storage`: what a database file is worked with, and its settings.

#include <grove/otp/application.h>
#include <grove/otp/environment.h>
#include <grove/storage/worker.h>

namespace grove::storage {

/// A library application, as the ones that pools of database connections come in elsewhere: it has
/// no processes of its own. The turn at writing and the workers stand in the tree of the
/// application that keeps its data there, whose supervisor decides what else starts again with
/// them.
///
/// Its environment says which file: `file`, `vfs`, `synchronous` (`full` or `off`), `workers`,
/// `read_only` (why nothing may be written; empty where it may).
[[nodiscard]] otp::Application storageApplication(const WorkerOptions& options);

/// What the environment says now. Errors: raises error(badarg) where it names no file.
[[nodiscard]] WorkerOptions workerOptions(const otp::Environment& environment);

} // namespace grove::storage
