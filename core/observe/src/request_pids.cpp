#include "request_pids.h"

#include <algorithm>

namespace grove::observe::detail {

Atom requestLabel() {
    static const Atom label = atom("observer request");
    return label;
}

std::uint64_t RequestPids::begin() {
    const Lock lock(m_mutex);
    return m_starting.emplace_back(++m_last);
}

void RequestPids::add(std::uint64_t number, Pid pid) {
    constexpr std::size_t kLatest = 32; // somebody may have seen them alive and not have asked yet
    const Lock lock(m_mutex);
    if (std::erase(m_starting, number) == 0)
        return; // it has said so itself
    m_pids.push_back(pid);
    if (m_pids.size() < 2 * kLatest)
        return;
    const auto old = std::ranges::subrange(m_pids.begin(), m_pids.end() - kLatest);
    const auto ended = std::ranges::remove_if(
        old, [this](Pid each) { return !m_runtime.peekRow(each).has_value(); });
    m_pids.erase(ended.begin(), ended.end());
}

void RequestPids::forget(std::uint64_t number) {
    const Lock lock(m_mutex);
    std::erase(m_starting, number);
}

std::span<ProcessFigure> RequestPids::removeFrom(std::span<ProcessFigure> figures) const {
    const auto slotOf = [](const ProcessFigure& figure) { return figure.pid.index(); };
    const Lock lock(m_mutex);
    if (!m_starting.empty()) { // seldom: one may be among them that is not known yet
        const auto others = std::ranges::remove_if(figures, [this](const ProcessFigure& figure) {
            const auto row = m_runtime.peekRow(figure.pid);
            return row && row->label == requestLabel();
        });
        figures = figures.first(static_cast<std::size_t>(others.begin() - figures.begin()));
    }
    for (const Pid pid : m_pids) {
        if (figures.empty())
            break;
        if (slotOf(figures.front()) > pid.index() || slotOf(figures.back()) < pid.index())
            continue; // as a rule: they come in pieces
        const auto at = std::ranges::lower_bound(figures, pid.index(), {}, slotOf);
        if (at == figures.end() || at->pid != pid)
            continue;
        std::ranges::move(at + 1, figures.end(), at);
        figures = figures.first(figures.size() - 1);
    }
    return figures;
}

} // namespace grove::observe::detail
