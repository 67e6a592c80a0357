#include <grove/otp/task_supervisor.h>

namespace grove::otp {

grove::Task<std::vector<Pid>> TaskSupervisor::children(ServerRef supervisor) {
    std::vector<Pid> pids;
    for (const Child& child : co_await DynamicSupervisor::whichChildren(std::move(supervisor)))
        if (child.pid)
            pids.push_back(child.pid);
    co_return pids;
}

Pid TaskSupervisor::runningOf(const StartResult& started) {
    if (started)
        return started.pid();
    const Term why = started.isIgnore() ? Term(atoms::ignore) : started.reason();
    if (why.isAtom(atom("max_children")))
        grove::error(
            tuple(why, Term("reached the maximum number of tasks for this task supervisor")));
    grove::error(why);
}

ChildSpec taskSupervisor(std::string_view name, DynamicSupervisorOptions options) {
    return dynamicSupervisor(name, std::move(options));
}

} // namespace grove::otp
