#pragma once

#include <grove/term/atom.h>

#include <cstdint>

/// The names that the runtime itself uses: X(constant, "name"). Their indices are fixed when the
/// program is compiled, so these atoms cost nothing at all.
// clang-format off
#define GROVE_KNOWN_ATOMS(X) \
    X(undefined, "undefined") \
    X(ok, "ok") \
    X(error, "error") \
    X(true_, "true") \
    X(false_, "false") \
    X(nil, "nil") \
    X(normal, "normal") \
    X(shutdown, "shutdown") \
    X(kill, "kill") \
    X(killed, "killed") \
    X(noproc, "noproc") \
    X(noconnection, "noconnection") \
    X(timeout, "timeout") \
    X(infinity, "infinity") \
    X(EXIT, "EXIT") \
    X(DOWN, "DOWN") \
    X(process, "process") \
    X(port, "port") \
    X(timeOffset, "time_offset") \
    X(exit, "exit") \
    X(throw_, "throw") \
    X(badarg, "badarg") \
    X(badarith, "badarith") \
    X(badmatch, "badmatch") \
    X(badkey, "badkey") \
    X(badmap, "badmap") \
    X(functionClause, "function_clause") \
    X(caseClause, "case_clause") \
    X(systemLimit, "system_limit") \
    X(system, "system") \
    X(undef, "undef") \
    X(call, "call") \
    X(cast, "cast") \
    X(reply, "reply") \
    X(noreply, "noreply") \
    X(stop, "stop") \
    X(ignore, "ignore") \
    X(continue_, "continue") \
    X(hibernate, "hibernate") \
    X(alreadyStarted, "already_started") \
    X(alreadyPresent, "already_present") \
    X(notFound, "not_found") \
    X(callingSelf, "calling_self") \
    X(cxxException, "cxx_exception") \
    X(brutalKill, "brutal_kill") \
    X(permanent, "permanent") \
    X(transient, "transient") \
    X(temporary, "temporary") \
    X(worker, "worker") \
    X(supervisor, "supervisor") \
    X(oneForOne, "one_for_one") \
    X(oneForAll, "one_for_all") \
    X(restForOne, "rest_for_one") \
    X(start, "start") \
    X(terminate, "terminate") \
    X(max_, "max") \
    X(restarting, "restarting") \
    X(running, "running") \
    X(waiting, "waiting") \
    X(suspended, "suspended") \
    X(exiting, "exiting") \
    X(garbageCollecting, "garbage_collecting") \
    X(runnable, "runnable") \
    X(blocked, "blocked") \
    X(idle, "idle") \
    X(busy, "busy") \
    X(name, "name") \
    X(label, "label") \
    X(registeredName, "registered_name") \
    X(links, "links") \
    X(monitors, "monitors") \
    X(monitoredBy, "monitored_by") \
    X(dictionary, "dictionary") \
    X(trapExit, "trap_exit") \
    X(priority, "priority") \
    X(low, "low") \
    X(high, "high") \
    X(messageQueueLen, "message_queue_len") \
    X(messages, "messages") \
    X(reductions, "reductions") \
    X(memory, "memory") \
    X(status, "status") \
    X(initialCall, "initial_call") \
    X(currentFunction, "current_function") \
    X(parent, "parent") \
    X(groupLeader, "group_leader") \
    X(genServer, "gen_server") \
    X(genEvent, "gen_event") \
    X(genStatem, "gen_statem") \
    X(via, "via") \
    X(global, "global") \
    X(local, "local") \
    X(date, "date") \
    X(unknown, "unknown") \
    X(crashReport, "crash_report") \
    X(supervisorReport, "supervisor_report") \
    X(progress, "progress") \
    X(init, "init") \
    X(handleCall, "handle_call") \
    X(handleCast, "handle_cast") \
    X(handleInfo, "handle_info") \
    X(handleContinue, "handle_continue") \
    X(nodedown, "nodedown") \
    X(nodeup, "nodeup") \
    X(node, "node") \
    X(self, "self") \
    X(list, "list") \
    X(tuple, "tuple") \
    X(map, "map") \
    X(binary, "binary") \
    X(atom, "atom") \
    X(integer, "integer") \
    X(float_, "float") \
    X(pid, "pid") \
    X(reference, "reference") \
    X(function, "function") \
    X(bitstring, "bitstring") \
    X(none, "none") \
    X(any, "any") \
    X(errorInfo, "error_info") \
    X(state, "state") \
    X(data, "data") \
    X(value, "value") \
    X(type, "type") \
    X(id, "id") \
    X(nonodeNohost, "nonode@nohost")
// clang-format on

namespace grove::atoms {

namespace detail {

enum class Index : std::uint32_t {
#define GROVE_ATOM_INDEX(constant, text) constant,
    GROVE_KNOWN_ATOMS(GROVE_ATOM_INDEX)
#undef GROVE_ATOM_INDEX
};

} // namespace detail

#define GROVE_ATOM_CONSTANT(constant, text)                                                        \
    inline constexpr Atom constant =                                                               \
        Atom::fromIndex(static_cast<std::uint32_t>(detail::Index::constant));
GROVE_KNOWN_ATOMS(GROVE_ATOM_CONSTANT)
#undef GROVE_ATOM_CONSTANT

} // namespace grove::atoms
