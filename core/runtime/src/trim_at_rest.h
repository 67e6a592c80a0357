#pragma once

namespace grove::runtime {

/// What is free goes back while nobody works, a piece at a time. A trim that is under way took what
/// had not been needed for a while; at rest that is all there is, and what has become free since.
///
/// `trim`: `isUnderWay()`; `isMoreFree()`, besides what a trim could not give back; `beginAll()`;
/// `giveSome()`. `isWoken()` is asked before each piece, `waits()` returns false when woken.
/// Returns: false when woken.
template <class Trim, class IsWoken, class Waits>
[[nodiscard]] bool trimAtRest(Trim& trim, IsWoken&& isWoken, Waits&& waits) {
    while (trim.isUnderWay() || trim.isMoreFree()) {
        if (!trim.isUnderWay()) {
            if (!waits()) // what comes again soon finds its memory where it was
                return false;
            trim.beginAll();
        }
        while (trim.isUnderWay()) {
            if (isWoken())
                return false;
            trim.giveSome();
        }
    }
    return true;
}

} // namespace grove::runtime
