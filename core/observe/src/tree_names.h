#pragma once
// Names of processes by the tree, for every thread.

#include <grove/otp/application.h>
#include <grove/otp/places.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

namespace grove::observe::detail {

/// Threads: any.
class TreeNames {
public:
    explicit TreeNames(Runtime& runtime)
        : m_runtime(runtime), m_places(extension<otp::Places>(runtime)),
          m_applications(extension<otp::Applications>(runtime)) {}

    /// Empty for a process that is not in the tree.
    [[nodiscard]] std::string titleOf(Pid pid) const {
        const auto place = m_places.find(m_places.placeOf(pid));
        if (!place)
            return {};
        const auto row = m_runtime.peekRow(pid);
        return row && row->label ? std::string(row->label->name()) : place->title;
    }
    [[nodiscard]] std::string applicationOf(Pid pid) const {
        const auto id = m_places.placeOf(pid);
        return id ? m_applications.applicationOf(id) : std::string();
    }

private:
    const Runtime& m_runtime;
    const otp::Places& m_places;
    const otp::Applications& m_applications;
};

} // namespace grove::observe::detail
