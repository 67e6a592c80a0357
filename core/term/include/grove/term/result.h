#pragma once

#include <grove/term/atom.h>

#include <concepts>
#include <expected>
#include <string>
#include <utility>

namespace grove {

/// An expected failure: a code to decide by (`noproc`, `timeout`, `badarg`, …) and a sentence for a
/// person.
struct Error {
    Atom code;
    std::string message;

    [[nodiscard]] friend bool operator==(const Error&, const Error&) = default;
};

/// A value or an Error; std::expected that must not be ignored.
template <class T> class [[nodiscard]] Result : public std::expected<T, Error> {
    using Base = std::expected<T, Error>;

public:
    using Base::Base;
    Result() = default;
    Result(const Base& base) : Base(base) {}
    Result(Base&& base) noexcept : Base(std::move(base)) {}
};

/// `return failure(atoms::noproc, "no process is named …");`
[[nodiscard]] inline std::unexpected<Error> failure(Atom code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

/// Passes on another result's error.
template <class T> [[nodiscard]] std::unexpected<Error> failure(Result<T>&& other) {
    return std::unexpected(std::move(other).error());
}

} // namespace grove
