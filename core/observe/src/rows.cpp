#include <grove/observe/node.h>
#include <grove/observe/rows.h>

namespace grove::observe {

std::string ProcessRow::title() const {
    if (!name.empty())
        return name;
    if (!label.empty())
        return label;
    if (!initialCall.empty())
        return initialCall;
    return "#PID" + pid.toString();
}

} // namespace grove::observe
