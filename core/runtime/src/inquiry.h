#pragma once

#include <grove/runtime/info.h>

#include <atomic>
#include <cstdint>
#include <variant>
#include <vector>

namespace grove::detail {

/// A question on its way to a process and back. Shared by the asker and, once it is sent, the
/// signal: the signal's share is given up when it is answered, the asker's when it stops waiting.
/// The answer is written by whoever owns the asked process before the Reply is sent, and read after
/// that has arrived.
struct Inquiry {
    std::atomic<std::uint32_t> shares{1}; // acq_rel: the last one out frees
    InquiryAwaiter::What what;
    Ref ref;
    std::uint64_t first = 0;
    std::size_t count = 0;
    std::vector<Atom> items;
    std::variant<NoProcess, ProcessInfo, MailboxPage, bool, Term> answer;

    void drop() noexcept {
        if (shares.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;
    }
};

} // namespace grove::detail
