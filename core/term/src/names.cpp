#include <grove/term/pid.h>
#include <grove/term/ref.h>

namespace grove {

std::string Pid::toString() const {
    return "<0." + std::to_string(index()) + "." + std::to_string(generation()) + ">";
}

std::string Ref::toString() const {
    constexpr unsigned kHalfBits = 26;
    constexpr std::uint64_t kHalfMask = (std::uint64_t{1} << kHalfBits) - 1;
    return "<0." + std::to_string(maker()) + "." + std::to_string(counter() >> kHalfBits) + "." +
           std::to_string(counter() & kHalfMask) + ">";
}

} // namespace grove
