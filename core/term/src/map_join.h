#pragma once

#include <grove/term/map_range.h>
#include <grove/term/term.h>

#include <compare>
#include <cstdint>

namespace grove::detail {

/// Compares two maps of nodes of the same size as Erlang does: by their keys in order, then by the
/// values of the keys in order. What two terms' order is it asks, so that maps within maps need no
/// recursion: ask() for a question, answer() it, and so on until ask() has none.
///
/// The maps are walked side by side by hash, and nodes that both have are passed. Nothing is
/// sorted: the smallest key that only one has decides, and where there is none, the smallest with
/// different values.
class MapJoin {
public:
    struct Question {
        const Term* a;
        const Term* b;
        bool areKeys; ///< To be compared exactly, whatever the maps are compared by.
    };
    /// Any: the result is only whether they are equal, and is there earlier.
    enum class Want : std::uint8_t { Order, Any };

    MapJoin(const Term& a, const Term& b, Want want) noexcept;

    /// Returns: false when there is nothing to ask any more: result() is known.
    [[nodiscard]] bool ask(Question& question) noexcept;
    void answer(std::weak_ordering order) noexcept;
    [[nodiscard]] std::weak_ordering result() const noexcept { return m_result; }

private:
    enum class Asked : std::uint8_t { Nothing, Keys, Values, IsFirst };

    bool walk(Question& question) noexcept;
    bool askAbout(Asked what, const Term& a, const Term& b, Question& question) noexcept;
    void answerKeys(std::weak_ordering order) noexcept;
    void onlyOneHas(const Term& key, std::weak_ordering result) noexcept;

    MapWalk m_a;
    MapWalk m_b;
    Want m_want;
    bool m_isDecided = false;
    bool m_isKeyDifferent = false; ///< m_first is a key that only one map has.
    Asked m_asked = Asked::Nothing;
    const Term* m_sameKeyA = nullptr; ///< Entries of one key whose values are to be asked about.
    const Term* m_sameKeyB = nullptr;
    const Term* m_first = nullptr; ///< The smallest key so far that makes a difference.
    std::weak_ordering m_result = std::weak_ordering::equivalent; ///< What m_first makes it.
    const Term* m_candidate = nullptr; ///< A key that may be before m_first.
    std::weak_ordering m_candidateResult = std::weak_ordering::equivalent;
};

} // namespace grove::detail
