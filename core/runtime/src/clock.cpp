#include <grove/runtime/clock.h>
#include <grove/term/assert.h>

#include <bit>
#include <random>

namespace grove {

namespace {

constexpr std::int64_t kVirtualStartNs = 3'600'000'000'000;

std::uint64_t splitmix64(std::uint64_t& state) noexcept {
    state += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

} // namespace

Instant SystemClock::now() const noexcept {
    const auto sinceBoot = std::chrono::steady_clock::now().time_since_epoch();
    return Instant(std::chrono::duration_cast<Duration>(sinceBoot));
}

WallTime SystemClock::wallTime() const noexcept {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

VirtualClock::VirtualClock(WallTime wallStart) noexcept
    : m_monotonicNs(kVirtualStartNs),
      m_wallMinusMonotonicNs(wallStart.time_since_epoch().count() - kVirtualStartNs) {}

Instant VirtualClock::now() const noexcept {
    return Instant(Duration(m_monotonicNs.load(std::memory_order_relaxed)));
}

WallTime VirtualClock::wallTime() const noexcept {
    return WallTime(now().time_since_epoch() +
                    Duration(m_wallMinusMonotonicNs.load(std::memory_order_relaxed)));
}

void VirtualClock::advance(Duration by) noexcept {
    GROVE_ASSERT(by >= Duration::zero(), "time does not go back");
    m_monotonicNs.store(m_monotonicNs.load(std::memory_order_relaxed) + by.count(),
                        std::memory_order_relaxed);
}

void VirtualClock::advanceTo(Instant to) noexcept {
    advance(to - now());
}

void VirtualClock::setWallTime(WallTime wall) noexcept {
    m_wallMinusMonotonicNs.store((wall.time_since_epoch() - now().time_since_epoch()).count(),
                                 std::memory_order_relaxed);
}

WallTime VirtualClock::defaultWallStart() noexcept {
    using namespace std::chrono;
    return sys_days(year(2026) / January / 1);
}

Random::Random(std::uint64_t seed) noexcept : m_state() {
    for (std::uint64_t& word : m_state)
        word = splitmix64(seed);
}

std::uint64_t Random::next() noexcept {
    auto& s = m_state;
    const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = std::rotl(s[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) noexcept {
    GROVE_ASSERT(bound > 0, "a range must hold a number");
    const std::uint64_t unfair =
        (0 - bound) % bound; // 2^64 mod bound: numbers below it come once too often
    std::uint64_t number = next();
    while (number < unfair)
        number = next();
    return number % bound;
}

double Random::unit() noexcept {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t systemSeed() noexcept {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

} // namespace grove
