#include <grove/term/pid.h>
#include <grove/term/ref.h>

namespace grove {

std::string Pid::toString() const {
    return "<0." + std::to_string(index()) + "." + std::to_string(generation()) + ">";
}

std::string Ref::toString() const {
    const auto parts = words();
    return "<0." + std::to_string(parts[2]) + "." + std::to_string(parts[1]) + "." +
           std::to_string(parts[0]) + ">";
}

} // namespace grove
