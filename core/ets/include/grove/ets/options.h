#pragma once

#include <grove/term/atom.h>
#include <grove/term/pid.h>
#include <grove/term/ref.h>
#include <grove/term/term.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace grove {
class Runtime;
}

namespace grove::ets {

/// What a key may have: Set and OrderedSet one object, Bag any number of different ones,
/// DuplicateBag any number. OrderedSet keeps Erlang's order and takes 1 and 1.0 for one key; the
/// others compare keys exactly.
enum class Type : std::uint8_t { Set, OrderedSet, Bag, DuplicateBag };

/// Who may do what besides the owner: Public all, Protected read, Private nothing.
enum class Access : std::uint8_t { Public, Protected, Private };

/// Who gets a table when its owner ends, and the data that comes with it.
struct Heir {
    Pid pid;
    Term data;
};

/// How a table starts; OTP's defaults.
struct Options {
    Type type = Type::Set;
    Access access = Access::Protected;
    bool named = false;     // known by its name, which must be free
    std::size_t keypos = 1; // which element of an object is its key, from 1
    std::optional<Heir> heir = std::nullopt;
};

/// What `ets:info/1` says.
struct Info {
    Ref tid;
    Atom name;
    bool named = false;
    Type type = Type::Set;
    Access access = Access::Protected;
    std::size_t keypos = 1;
    Pid owner;
    std::optional<Pid> heir;
    std::size_t size = 0;        // objects
    std::size_t memoryWords = 0; // of objects by Erlang's count, and of what holds them
    struct Fixation {
        Pid process;
        std::size_t count = 0;
    };
    std::vector<Fixation> fixations; // none: not fixed
};

/// The tables of a runtime, in the order of their references. Looks at no content.
/// Threads: any. Complexity: a short lock of each table.
[[nodiscard]] std::vector<Info> tables(Runtime& runtime);

} // namespace grove::ets
