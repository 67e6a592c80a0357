#pragma once

#include "inquiry.h"

#include <grove/term/identifiers.h>

#include <span>

namespace grove::runtime {

/// `[{Item, Value}]` as OTP's process_info/2 gives it. Requires: each isProcessInfoItem().
[[nodiscard]] Term itemsOf(const ProcessInfo& info, const MailboxPage& page,
                           std::span<const Atom> items);

} // namespace grove::runtime
