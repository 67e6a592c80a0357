#pragma once

#include <grove/runtime/process.h>

#include <utility>
#include <vector>

namespace grove {

/// What a process remembers beside its code, see dictionaryPut().
using Dictionary = std::vector<std::pair<Term, Term>>;

namespace detail {

/// As spawnOpt(), for rooms above: the process begins with a dictionary, so that everyone who asks
/// it finds that there. Requires: no key twice; on a thread that runs a process.
[[nodiscard]] Spawned spawnHere(Task<> task, const SpawnOptions& options, Dictionary dictionary);

} // namespace detail
} // namespace grove
