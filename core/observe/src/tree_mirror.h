#pragma once
// The supervision tree as an observer's thread sees it: what supervisors wrote down, and what went
// lately.

#include <grove/observe/tree.h>
#include <grove/otp/places.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

#include <map>
#include <optional>

namespace grove::observe::detail {

/// Returns: the place in the observer's words.
[[nodiscard]] Place observed(const otp::Place& place);

/// A copy of the places that also keeps those that were removed, as gone, for 10 s.
///
/// Threads: one.
class TreeMirror {
public:
    explicit TreeMirror(Runtime& runtime);

    /// Returns: what changed since a version of this mirror.
    [[nodiscard]] TreeDelta since(std::uint64_t version);
    /// Restarts of all places that are or were here.
    [[nodiscard]] std::uint64_t restarts();
    /// The place that a process fills, or the one it filled last, of those kept here.
    [[nodiscard]] PlaceId placeOf(Pid pid);

private:
    struct Kept {
        Place place;
        std::uint64_t changedIn = 0;
    };

    void sync();
    void take(Place place);
    void readLabels();
    void expireGone(Instant now);

    Runtime& m_runtime;
    otp::Places& m_places;
    std::uint64_t m_read = 0;    ///< version of m_places
    std::uint64_t m_version = 0; ///< of this mirror
    std::map<PlaceId, Kept> m_kept;
    std::map<PlaceId, Instant> m_gone;
    std::vector<std::pair<std::uint64_t, PlaceId>> m_removed; ///< version, place
    std::uint64_t m_restartsOfRemoved = 0;
};

} // namespace grove::observe::detail
