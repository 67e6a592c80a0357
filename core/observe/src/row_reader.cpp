#include "row_reader.h"

#include "tree_names.h"

#include <string_view>

namespace grove::observe::detail {

namespace {

Status statusOf(ProcessStatus status) {
    switch (status) {
    case ProcessStatus::Free:
        return Status::Gone;
    case ProcessStatus::Runnable:
        return Status::Runnable;
    case ProcessStatus::Running:
        return Status::Running;
    case ProcessStatus::Holding:
        return Status::Holding;
    case ProcessStatus::Waiting:
    case ProcessStatus::External:
        return Status::Waiting;
    case ProcessStatus::Suspended:
        return Status::Suspended;
    case ProcessStatus::Blocked:
        return Status::Blocked;
    case ProcessStatus::Exiting:
        return Status::Exiting;
    }
    return Status::Gone;
}

} // namespace

SourcePlace sourcePlace(const std::source_location& where) {
    if (where.line() == 0)
        return {};
    std::string_view file = where.file_name();
    if (const auto slash = file.rfind('/'); slash != std::string_view::npos)
        file.remove_prefix(slash + 1);
    return {.file = std::string(file), .line = where.line(), .function = where.function_name()};
}

std::string RowReader::applicationOf(const grove::ProcessRow& row) const {
    constexpr int kDepthMax =
        64; // a process started by a process started by …: deeper is not worth looking
    Pid pid = row.pid;
    Pid parent = row.parent;
    for (int depth = 0; depth < kDepthMax; ++depth) {
        if (std::string name = m_tree.applicationOf(pid); !name.empty())
            return name;
        if (!parent)
            return {};
        pid = parent;
        const auto up = m_runtime.peekRow(pid);
        parent = up ? up->parent : Pid();
    }
    return {};
}

ProcessRow RowReader::convert(const grove::ProcessRow& row) const {
    ProcessRow out;
    out.pid = row.pid;
    out.name = row.name ? std::string(row.name->name()) : std::string();
    out.label = row.label ? std::string(row.label->name()) : std::string();
    out.behaviour = row.behaviour ? row.behaviour : "";
    if (row.status == ProcessStatus::External)
        out.behaviour = "external thread";
    out.application = applicationOf(row);
    out.initialCall = row.initialCall ? row.initialCall : "";
    out.status = statusOf(row.status);
    if (out.status != Status::Running && out.status != Status::Holding)
        out.waitsAt = sourcePlace(row.waitsAt);
    out.priority = static_cast<Priority>(row.priority);
    out.ownThread = row.ownThread || row.hosted;
    out.parent = row.parent;
    out.mailbox = row.mailboxLength;
    out.messagesIn = row.received;
    out.messagesOut = row.sent;
    out.reductions = row.reductions;
    out.memoryBytes = row.memoryBytes;
    out.runTime = row.runTime;
    out.uptime = m_runtime.clock().now() - row.spawnedAt;
    out.restarts = row.restarts;
    return out;
}

ProcessRow RowReader::read(Pid pid) const {
    if (const auto row = m_runtime.peekRow(pid))
        return convert(*row);
    ProcessRow gone;
    gone.pid = pid;
    gone.name = m_tree.titleOf(pid);
    return gone;
}

std::string RowReader::title(Pid pid) const {
    if (std::string name = m_tree.titleOf(pid); !name.empty())
        return name;
    return read(pid).title();
}

} // namespace grove::observe::detail
