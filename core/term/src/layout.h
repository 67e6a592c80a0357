#pragma once

#include "access.h"
#include "function_object.h"

#include <cstddef>
#include <cstdint>
#include <span>

/// How large each kind of value is and what lies directly within it, for walks over everything.
namespace grove::detail {

[[nodiscard]] inline bool isNode(const Header* header) noexcept {
    return header->kind == BoxedKind::MapNode || header->flags == MapNode::kTree;
}

/// The size of the value's own block.
[[nodiscard]] inline std::size_t bytesOf(Header* header) noexcept {
    switch (header->kind) {
    case BoxedKind::BigInt:
        return sizeof(BigIntObject) + header->size * sizeof(std::uint64_t);
    case BoxedKind::Float:
        return sizeof(FloatObject);
    case BoxedKind::Tuple:
        return sizeof(TupleObject) + header->size * sizeof(Term);
    case BoxedKind::Cons:
        return sizeof(ConsObject);
    case BoxedKind::Map:
    case BoxedKind::MapNode:
        return isNode(header)
                   ? sizeof(MapNode) + static_cast<MapNode*>(header)->cellCount() * sizeof(Term)
                   : sizeof(MapObject) + roomForEntries(header->size) * 2 * sizeof(Term);
    case BoxedKind::Binary:
        return sizeof(BinaryObject) + static_cast<BinaryObject*>(header)->byteCount;
    case BoxedKind::Function:
        return sizeof(FunctionObject);
    case BoxedKind::Identifier:
        return sizeof(IdentifierObject) + header->size * sizeof(std::uint32_t);
    }
    GROVE_UNREACHABLE("a boxed value of no kind");
}

/// The terms directly within a value.
[[nodiscard]] inline std::span<Term> childrenOf(Header* header) noexcept {
    switch (header->kind) {
    case BoxedKind::Tuple:
        return {static_cast<TupleObject*>(header)->elements(), header->size};
    case BoxedKind::Cons:
        return {&static_cast<ConsObject*>(header)->head, 2};
    case BoxedKind::Map:
    case BoxedKind::MapNode:
        if (isNode(header)) {
            auto* node = static_cast<MapNode*>(header);
            return {node->cells(), node->cellCount()};
        }
        return {static_cast<MapObject*>(header)->keys(), header->size * std::size_t{2}};
    case BoxedKind::Function:
        return {&static_cast<FunctionObject*>(header)->opaque, 1};
    case BoxedKind::BigInt:
    case BoxedKind::Float:
    case BoxedKind::Binary:
    case BoxedKind::Identifier:
        return {};
    }
    GROVE_UNREACHABLE("a boxed value of no kind");
}

/// Erlang's words of the value without what lies within it.
[[nodiscard]] inline std::uint64_t ownWordsOf(Header* header) noexcept {
    switch (header->kind) {
    case BoxedKind::Tuple:
        return std::uint64_t{1} + header->size;
    case BoxedKind::Cons:
        return 2;
    case BoxedKind::Map:
    case BoxedKind::MapNode:
        return isNode(header) ? static_cast<MapNode*>(header)->ownWords()
                              : MapObject::ownWords(header->size);
    case BoxedKind::Function:
        return FunctionObject::kOwnWords;
    case BoxedKind::BigInt:
    case BoxedKind::Float:
    case BoxedKind::Binary:
    case BoxedKind::Identifier:
        return header->flatWords;
    }
    GROVE_UNREACHABLE("a boxed value of no kind");
}

} // namespace grove::detail
