#pragma once

#include "text_cursor.h"

namespace grove::detail {

/// `<0.93.0>`, `<0.5>` and `<0.1.2.3>`, behind what tells which it is. Only those of this program.
[[nodiscard]] Parsed<Term> readPid(TextCursor& cursor);
[[nodiscard]] Parsed<Term> readPort(TextCursor& cursor);
[[nodiscard]] Parsed<Term> readRef(TextCursor& cursor);

} // namespace grove::detail
