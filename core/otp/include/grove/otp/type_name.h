#pragma once

#include <cstddef>
#include <string_view>

namespace grove::otp::detail {

/// A class's bare name as a literal: lives as long as the program.
struct TypeName {
    char text[96] = {};
    [[nodiscard]] constexpr std::string_view view() const noexcept { return text; }
};

template <class T> consteval std::string_view signatureOf() {
    return __PRETTY_FUNCTION__;
}

/// "ListServer" for grove::todo::ListServer, with `suffix` behind it; cut at 95 bytes.
template <class T> consteval TypeName typeName(std::string_view suffix = {}) {
    std::string_view name = signatureOf<T>();
    name = name.substr(name.rfind("T = ") + 4);
    name = name.substr(0, name.size() - 1); // the closing bracket
    const std::string_view plain = name.substr(0, name.find('<'));
    if (const auto at = plain.rfind(':'); at != std::string_view::npos)
        name = name.substr(at + 1);
    TypeName made;
    std::size_t length = 0;
    for (const std::string_view part : {name, suffix})
        for (const char c : part)
            if (length + 1 < sizeof made.text)
                made.text[length++] = c;
    return made;
}

} // namespace grove::otp::detail
