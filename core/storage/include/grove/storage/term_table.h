#pragma once

#include <grove/storage/connection.h>
#include <grove/term/result.h>
#include <grove/term/term.h>

#include <vector>

namespace grove::storage {

/// Terms by name, for whatever a process wants to keep beside its rows (the table `terms` of
/// kStorageTables).
///
/// Kept as BLOBs in Erlang's external term format. Pids, references and functions name nothing in
/// the next run of the program, so they are refused. Threads: those of the connection. Writes take
/// part in the transaction that is open, if one is. Errors: Misuse for a term that cannot be kept;
/// Corrupt for bytes that are no term.
[[nodiscard]] SqlResult<void> putTerm(Connection& connection, std::string_view key,
                                      const Term& value);
/// Nothing when there is no such key.
[[nodiscard]] SqlResult<std::optional<Term>> findTerm(Connection& connection, std::string_view key);
/// Returns whether there was such a key.
[[nodiscard]] SqlResult<bool> eraseTerm(Connection& connection, std::string_view key);
/// In ascending order.
[[nodiscard]] SqlResult<std::vector<std::string>> termKeys(Connection& connection);

/// The form in which terms are stored everywhere in this room: the external term format, equal
/// bytes for equal terms. Requires: fewer than 2^32 elements and bytes in one value.
[[nodiscard]] std::string storedBytes(const Term& term);
/// Reads also what earlier versions have stored, which was text in Erlang's syntax. Errors: badarg.
[[nodiscard]] Result<Term> storedTerm(std::string_view bytes);

} // namespace grove::storage
