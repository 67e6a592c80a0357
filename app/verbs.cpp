#include "verbs.h"

#include "command_line.h"

#include <grove/runtime/process.h>
#include <grove/runtime/receive.h>
#include <grove/runtime/runtime.h>
#include <grove/term/inspect.h>
#include <grove/todo/csv.h>

#include <algorithm>

namespace grove::app {

namespace {

constexpr auto kAnswerLimit = std::chrono::seconds(30);
constexpr std::size_t kReasonBytes = 256;
constexpr std::size_t kOutputBytes = 64 * 1024; // gathered before it is written

std::string quotedNames(const std::vector<todo::ListSummary>& lists) {
    std::string names;
    for (const todo::ListSummary& list : lists)
        if (!list.deleted)
            names += (names.empty() ? "" : ", ") + list.name;
    return names;
}

const todo::ListSummary* findList(const std::vector<todo::ListSummary>& lists,
                                  const std::string& name) {
    const auto found = std::ranges::find_if(
        lists, [&](const todo::ListSummary& list) { return !list.deleted && list.name == name; });
    return found == lists.end() ? nullptr : &*found;
}

Task<Result<std::vector<todo::ListSummary>>> readLists(int workers) {
    co_return co_await todo::Database(workers).lists(addSaturated(now(), kAnswerLimit));
}

/// The list to import into, made where it is missing. Errors: a sentence.
Task<std::expected<todo::ListId, std::string>> ensureList(std::string name, int workers) {
    auto checked = todo::checkListName(name);
    if (!checked)
        co_return std::unexpected(checked.error().why);
    auto lists = co_await readLists(workers);
    if (!lists)
        co_return std::unexpected(lists.error().message);
    if (const auto* found = findList(*lists, *checked))
        co_return found->id;
    todo::ListId id = todo::kInbox;
    for (const todo::ListSummary& list : *lists)
        id = std::max(id, list.id);
    const todo::DatabaseWrite write{
        .id = todo::drawClientName() + "/create",
        .key = id + 1,
        .epoch = 0,
        .change = todo::CreateList{.list = id + 1, .name = *checked, .entries = {}}};
    const auto answer =
        co_await todo::Database(workers).write(write, addSaturated(now(), kAnswerLimit));
    if (answer.outcome != storage::WriteOutcome::Done)
        co_return std::unexpected(answer.why);
    co_return id + 1;
}

void report(const todo::ImportDone& done, std::uint64_t importedBefore, VerbWatch& watch) {
    const VerbOutput& output = watch.output();
    std::string rejects;
    for (const todo::CsvReject& reject : done.rejected)
        rejects += "line " + std::to_string(reject.line) + ": " + reject.reason + ": " +
                   reject.text + "\n";
    if (done.rejectedCount > done.rejected.size())
        rejects +=
            "and " + std::to_string(done.rejectedCount - done.rejected.size()) + " more lines\n";
    if (!rejects.empty())
        output.error(rejects);
    if (!done.problem.empty()) {
        output.error(done.problem + "\n");
        if (done.rejectedCount == 0)
            return; // not one line was read
    }
    if (!done.refused.empty())
        output.error("Stopped after line " + std::to_string(done.line) + ". " + done.refused +
                     "\n");
    if (done.cancelled)
        output.error("The import was stopped after line " + std::to_string(done.line) + ".\n");
    output.output("imported " + std::to_string(importedBefore + done.imported) + ", rejected " +
                  std::to_string(done.rejectedCount) + "\n");
    if (done.problem.empty() && done.refused.empty() && !done.cancelled)
        watch.succeed();
}

} // namespace

void VerbWatch::released(Runtime&, Pid, const Term& reason) noexcept {
    if (!reason.isAtom(atoms::normal) && m_status != kSuccess) {
        std::string words =
            m_stopped + ": its process " +
            (reason.isAtom(atoms::killed)
                 ? std::string("was killed")
                 : "ended with the reason " + inspect(reason, {.bytesMax = kReasonBytes}));
        if (m_imported)
            words += "; " + std::to_string(*m_imported) +
                     (*m_imported == 1 ? " entry is imported" : " entries are imported");
        m_output.error(words + ".\n");
    }
    m_output.finish(m_status);
    delete this;
}

SpawnOptions verbOptions(VerbWatch& watch, std::string_view label) {
    // What imports for it is linked, and its end is to be heard of.
    return {.trapExit = true, .observed = true, .label = atom(label), .exitHook = &watch};
}

Pid startImport(Runtime& runtime, std::string file, std::string listName, int workers,
                VerbOutput output) {
    auto* watch = new VerbWatch(std::move(output), "The import was stopped");
    return runtime.spawnOpt(verbOptions(*watch, "import for a command line"), &importVerb,
                            std::move(file), std::move(listName), workers, watch);
}

Pid startPrint(Runtime& runtime, std::string listName, int workers, VerbOutput output) {
    auto* watch = new VerbWatch(std::move(output), "The list was not printed whole");
    return runtime.spawnOpt(verbOptions(*watch, "print for a command line"), &printVerb,
                            std::move(listName), workers, watch);
}

Task<> importVerb(std::string file, std::string listName, int workers, VerbWatch* watch) {
    watch->setImported(0);
    const auto list = co_await ensureList(std::move(listName), workers);
    if (!list) {
        watch->output().error(list.error() + "\n");
        co_return;
    }
    todo::ImportJob job{.path = std::move(file),
                        .list = *list,
                        .owner = self(),
                        .id = todo::drawClientName() + "/import"};
    job.workers = workers;
    const SpawnOptions options{.link = true, .monitor = true};
    Spawned import = spawnOpt(options, &todo::importCsv, job);
    std::uint64_t importedBefore = 0;
    std::uint64_t imported = 0;
    bool isCancelled = false;
    for (;;) {
        auto got = co_await receive(on<todo::ImportProgress>(), on<todo::ImportDone>(),
                                    on<Down>(import.monitor), on<todo::StorageTrouble>(),
                                    on<todo::CancelImport>(), on<Exit>());
        if (const auto* progress = std::get_if<todo::ImportProgress>(&got)) {
            job.afterLine = progress->line;
            imported = progress->imported;
            watch->setImported(importedBefore + imported);
        } else if (const auto* done = std::get_if<todo::ImportDone>(&got)) {
            report(*done, importedBefore, *watch);
            co_return;
        } else if (const auto* trouble = std::get_if<todo::StorageTrouble>(&got)) {
            if (!trouble->why.empty())
                watch->output().error((trouble->kind == storage::SqlKind::Full
                                           ? std::string("The disk is full.")
                                           : "The disk takes no changes: " + trouble->why + ".") +
                                      " The import waits and goes on as soon as it can.\n");
        } else if (std::holds_alternative<todo::CancelImport>(got)) {
            isCancelled = true;
            send(import.pid, todo::CancelImport{});
        } else if (auto* ended = std::get_if<Exit>(&got)) {
            if (ended->from != import.pid) // which is told as Down, too
                exit(ended->reason);
        } else { // killed: the next one goes on behind the last line that is done with
            importedBefore += std::exchange(imported, 0);
            import = spawnOpt(options, &todo::importCsv, job);
            if (isCancelled)
                send(import.pid, todo::CancelImport{});
        }
    }
}

Task<> printVerb(std::string listName, int workers, VerbWatch* watch) {
    const VerbOutput& output = watch->output();
    const auto lists = co_await readLists(workers);
    if (!lists) {
        output.error("The lists cannot be read: " + lists.error().message + "\n");
        co_return;
    }
    const auto* found = findList(*lists, listName);
    if (found == nullptr) {
        output.error("There is no list named " + listName + ". There are: " + quotedNames(*lists) +
                     ".\n");
        co_return;
    }
    auto data = co_await todo::Database(workers).load(found->id, addSaturated(now(), kAnswerLimit));
    if (!data || !*data) {
        output.error("The list cannot be read: " +
                     (data ? std::string("it is gone.") : data.error().message) + "\n");
        co_return;
    }
    std::string lines;
    for (const todo::Entry& entry : todo::List(**std::move(data)).entriesByDate()) {
        lines += todo::printCsvLine(entry) + "\n";
        if (lines.size() >= kOutputBytes)
            output.output(std::exchange(lines, {}));
    }
    output.output(std::move(lines));
    watch->succeed();
}

} // namespace grove::app
