#include <ui/observer/row_diff.h>

#include <algorithm>
#include <unordered_map>

namespace grove::ui {

namespace {

/// `after` with the rows that stay put back behind the rows they stood behind.
std::vector<Pid> merged(const std::vector<Pid>& before, const std::vector<Pid>& after,
                        const std::unordered_set<Pid>& alive, const std::unordered_set<Pid>& stay) {
    std::unordered_map<Pid, std::vector<Pid>> behind;
    Pid anchor;
    for (const Pid pid : before) {
        if (alive.contains(pid))
            anchor = pid;
        else if (stay.contains(pid))
            behind[anchor].push_back(pid);
    }
    if (behind.empty())
        return after;
    std::vector<Pid> out;
    out.reserve(after.size() + stay.size());
    const auto put = [&](Pid after_) {
        if (const auto found = behind.find(after_); found != behind.end())
            out.insert(out.end(), found->second.begin(), found->second.end());
    };
    put(Pid());
    for (const Pid pid : after) {
        out.push_back(pid);
        put(pid);
    }
    return out;
}

} // namespace

RowDiff diffRows(const std::vector<Pid>& before, const std::vector<Pid>& after,
                 const std::unordered_set<Pid>& stay) {
    RowDiff diff;
    if (before == after) {
        diff.kept = diff.final = after;
        return diff;
    }
    const std::unordered_set<Pid> alive(after.begin(), after.end());
    diff.final = stay.empty() ? after : merged(before, after, alive, stay);
    const std::unordered_set<Pid> old(before.begin(), before.end());
    diff.kept.reserve(before.size());
    for (const Pid pid : diff.final)
        (old.contains(pid) ? diff.kept : diff.inserted).push_back(pid);
    const std::size_t staying = diff.kept.size();
    if (staying < before.size())
        for (const Pid pid : before)
            if (!alive.contains(pid) && !stay.contains(pid))
                diff.kept.push_back(pid);
    diff.removed = diff.kept.size() - staying;
    diff.sortsFirst = diff.kept != before;
    const auto middle = diff.final.begin() + static_cast<std::ptrdiff_t>(staying);
    diff.sortsLast =
        !std::equal(diff.final.begin(), middle, diff.kept.begin()) ||
        !std::equal(middle, diff.final.end(), diff.inserted.begin(), diff.inserted.end());
    return diff;
}

} // namespace grove::ui
