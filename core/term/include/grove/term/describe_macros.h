#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// The macros of describe.h; see there what they mean. At most 64 fields or 256 enumerators.

#define GROVE_DETAIL_PARENS ()
#define GROVE_DETAIL_EXPAND(...)                                                                   \
    GROVE_DETAIL_EXPAND3(                                                                          \
        GROVE_DETAIL_EXPAND3(GROVE_DETAIL_EXPAND3(GROVE_DETAIL_EXPAND3(__VA_ARGS__))))
#define GROVE_DETAIL_EXPAND3(...)                                                                  \
    GROVE_DETAIL_EXPAND2(                                                                          \
        GROVE_DETAIL_EXPAND2(GROVE_DETAIL_EXPAND2(GROVE_DETAIL_EXPAND2(__VA_ARGS__))))
#define GROVE_DETAIL_EXPAND2(...)                                                                  \
    GROVE_DETAIL_EXPAND1(                                                                          \
        GROVE_DETAIL_EXPAND1(GROVE_DETAIL_EXPAND1(GROVE_DETAIL_EXPAND1(__VA_ARGS__))))
#define GROVE_DETAIL_EXPAND1(...) __VA_ARGS__
#define GROVE_DETAIL_FOR_EACH(macro, type, ...)                                                    \
    __VA_OPT__(GROVE_DETAIL_EXPAND(GROVE_DETAIL_STEP(macro, type, __VA_ARGS__)))
#define GROVE_DETAIL_STEP(macro, type, first, ...)                                                 \
    macro(type, first) __VA_OPT__(GROVE_DETAIL_AGAIN GROVE_DETAIL_PARENS(macro, type, __VA_ARGS__))
#define GROVE_DETAIL_AGAIN() GROVE_DETAIL_STEP

#define GROVE_DETAIL_FIELD(Type, fieldName)                                                        \
    groveVisitor.template field<&Type::fieldName>(#fieldName);
#define GROVE_DETAIL_FIELDS(prefix, formName, Type, ...)                                           \
    template <class GroveVisitor>                                                                  \
    prefix constexpr void groveDescribe(GroveVisitor& groveVisitor, const Type*) {                 \
        groveVisitor.describe(#Type, ::grove::Form::formName);                                     \
        GROVE_DETAIL_FOR_EACH(GROVE_DETAIL_FIELD, Type, __VA_ARGS__)                               \
    }

#define GROVE_FIELDS(Type, ...) GROVE_DETAIL_FIELDS(friend, Tuple, Type, __VA_ARGS__)
#define GROVE_MAP_FIELDS(Type, ...) GROVE_DETAIL_FIELDS(friend, Map, Type, __VA_ARGS__)
#define GROVE_DESCRIBE(Type, ...) GROVE_DETAIL_FIELDS(inline, Tuple, Type, __VA_ARGS__)
#define GROVE_DESCRIBE_MAP(Type, ...) GROVE_DETAIL_FIELDS(inline, Map, Type, __VA_ARGS__)

#define GROVE_DETAIL_IS_FIELD(Type, fieldName) || groveName == #fieldName
#define GROVE_DEFAULTED(...)                                                                       \
    static constexpr bool groveDefaulted(std::string_view groveName) {                             \
        return false GROVE_DETAIL_FOR_EACH(GROVE_DETAIL_IS_FIELD, , __VA_ARGS__);                  \
    }

#define GROVE_DETAIL_ENUMERATOR(Type, name)                                                        \
    ::grove::EnumeratorName{#name, static_cast<std::int64_t>(Type::name)},
#define GROVE_DETAIL_ENUM(prefix, Type, ...)                                                       \
    prefix constexpr std::span<const ::grove::EnumeratorName> groveEnumerators(const Type*) {      \
        static constexpr ::grove::EnumeratorName kNames[] = {                                      \
            GROVE_DETAIL_FOR_EACH(GROVE_DETAIL_ENUMERATOR, Type, __VA_ARGS__)};                    \
        return kNames;                                                                             \
    }
#define GROVE_ENUM(Type, ...) GROVE_DETAIL_ENUM(inline, Type, __VA_ARGS__)
#define GROVE_MEMBER_ENUM(Type, ...) GROVE_DETAIL_ENUM(friend, Type, __VA_ARGS__)
