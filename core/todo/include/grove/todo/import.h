#pragma once

#include <grove/todo/client.h>
#include <grove/todo/csv.h>

namespace grove::todo {

/// What to import, and who wants to know how it goes.
struct ImportJob {
    std::string path;
    ListId list = kInbox;
    Pid owner; ///< gets ImportProgress, one ImportDone, perhaps ImportSettled and StorageTrouble
    OperationId
        id; ///< unlike any other; the batches' operation ids are made from it and their first line
    int workers = 3;        ///< of the database
    bool skipEqual = false; ///< leaves out entries whose title and date are in the list already
    /// Lines up to this one are passed over: to go on where a cancelled or killed import stopped
    /// (ImportProgress::line), under the same id.
    std::uint64_t afterLine = 0;
};

/// Sent to the owner as batches get on disk.
struct ImportProgress {
    OperationId id;
    std::uint64_t line = 0; ///< all lines up to this one are done with
    std::uint64_t bytesRead = 0;
    std::uint64_t bytesTotal = 0;
    std::uint64_t imported = 0;
    std::uint64_t rejected = 0;
    std::vector<IdRange> added; ///< since the last progress

    GROVE_FIELDS(ImportProgress, id, line, bytesRead, bytesTotal, imported, rejected, added)
};

/// Sent to the owner at the end. After a cancel within 200 ms.
struct ImportDone {
    static constexpr std::size_t kRejectsMax = 10'000;

    OperationId id;
    std::string problem; ///< why nothing was imported, a sentence; empty otherwise
    std::string refused; ///< why it stopped early: what the list or the file said, a sentence
    bool cancelled = false;
    std::uint64_t line = 0;       ///< as in ImportProgress
    std::uint64_t linesAbout = 0; ///< of the whole file
    std::uint64_t imported = 0;
    std::uint64_t skippedEqual = 0;
    std::uint64_t rejectedCount = 0;
    std::vector<CsvReject> rejected; ///< the first kRejectsMax
    std::vector<IdRange> added;      ///< since the last progress
    /// Batches that were sent and whose answer is still to come (only after a cancel, while a
    /// worker is away): an ImportSettled follows.
    std::uint64_t unsettled = 0;

    GROVE_FIELDS(ImportDone, id, problem, refused, cancelled, line, linesAbout, imported,
                 skippedEqual, rejectedCount, rejected, added, unsettled)
};

struct ImportSettled {
    OperationId id;
    std::uint64_t line = 0;
    std::uint64_t imported = 0; ///< in all
    std::vector<IdRange> added; ///< since ImportDone

    GROVE_FIELDS(ImportSettled, id, line, imported, added)
};

/// Send this to an import to stop it; what is in stays in.
struct CancelImport {
    GROVE_FIELDS(CancelImport)
};

/// The process of an import: `spawnMonitor(importCsv, job)`.
///
/// Streams the file into the list's server in batches of kImportBatch lines, at most
/// kImportBatchesUnderWay of them unanswered: it reads no faster than the disk takes. Memory does
/// not depend on the file's size; what the list itself costs is bounded (ListBounds), and an import
/// stops where its list is full. A batch's operation id comes from its first line, so that nothing
/// is lost or doubled whatever ends in between; a killed import is started again with `afterLine`.
[[nodiscard]] Task<> importCsv(ImportJob job);

inline constexpr std::size_t kImportBatch = 250;
inline constexpr std::size_t kImportBatchesUnderWay = 4;

} // namespace grove::todo
