#pragma once

#include <grove/storage/connection.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <vector>

namespace grove::storage {

/// Terms by name, for whatever a process wants to keep beside its rows (the table `terms` of
/// kStorageTables).
///
/// Kept as text in Erlang's syntax. Pids, references and functions name nothing in the next run of
/// the program, so they are refused. Threads: those of the connection. Writes take part in the
/// transaction that is open, if one is. Errors: Misuse for a term that cannot be kept; Corrupt for
/// a text that is no term.
[[nodiscard]] SqlResult<void> putTerm(Connection& connection, std::string_view key,
                                      const Term& value);
/// Nothing when there is no such key.
[[nodiscard]] SqlResult<std::optional<Term>> findTerm(Connection& connection, std::string_view key);
/// Returns whether there was such a key.
[[nodiscard]] SqlResult<bool> eraseTerm(Connection& connection, std::string_view key);
/// In ascending order.
[[nodiscard]] SqlResult<std::vector<std::string>> termKeys(Connection& connection);

/// The form in which terms are stored everywhere in this room. Errors: badarg.
[[nodiscard]] std::string storedText(const Term& term);
[[nodiscard]] Result<Term> storedTerm(std::string_view text);

} // namespace grove::storage
