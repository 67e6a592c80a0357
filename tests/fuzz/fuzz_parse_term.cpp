#include <grove/term/assert.h>
#include <grove/term/inspect.h>
#include <grove/term/parse.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Whatever the text: a term that reads back as itself, or an error within the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace grove;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto term = parseTerm(text);
    if (!term) {
        GROVE_ASSERT(term.error().column <= size + 1, "the error lies within the text");
        return 0;
    }
    const auto again = parseTerm(toErlang(*term));
    GROVE_ASSERT(again.has_value(), "what is written reads back");
    GROVE_ASSERT(equalsExact(*again, *term), "what is written reads back as itself");
    (void)inspect(*term, {.bytesMax = 100});
    return 0;
}
