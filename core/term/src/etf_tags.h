#pragma once

#include <cstdint>

/// The tags of the external term format, by the names of Erlang's documentation.
namespace grove::etf {

inline constexpr std::uint8_t kVersion = 131;
inline constexpr std::uint8_t kCompressed = 80;

inline constexpr std::uint8_t kSmallInteger = 97;
inline constexpr std::uint8_t kInteger = 98;
inline constexpr std::uint8_t kSmallBig = 110;
inline constexpr std::uint8_t kLargeBig = 111;
inline constexpr std::uint8_t kFloat = 99; ///< As text.
inline constexpr std::uint8_t kNewFloat = 70;

inline constexpr std::uint8_t kAtom = 100; ///< Latin-1, as kSmallAtom.
inline constexpr std::uint8_t kSmallAtom = 115;
inline constexpr std::uint8_t kAtomUtf8 = 118;
inline constexpr std::uint8_t kSmallAtomUtf8 = 119;

inline constexpr std::uint8_t kSmallTuple = 104;
inline constexpr std::uint8_t kLargeTuple = 105;
inline constexpr std::uint8_t kNil = 106;
inline constexpr std::uint8_t kString = 107;
inline constexpr std::uint8_t kList = 108;
inline constexpr std::uint8_t kMap = 116;
inline constexpr std::uint8_t kBinary = 109;
inline constexpr std::uint8_t kBitBinary = 77;

inline constexpr std::uint8_t kPid = 103; ///< With a creation of two bits, as all not called new.
inline constexpr std::uint8_t kNewPid = 88;
inline constexpr std::uint8_t kPort = 102;
inline constexpr std::uint8_t kNewPort = 89;
inline constexpr std::uint8_t kV4Port = 120;
inline constexpr std::uint8_t kReference = 101;
inline constexpr std::uint8_t kNewReference = 114; ///< Several words, creation of two bits.
inline constexpr std::uint8_t kNewerReference = 90;

inline constexpr std::uint8_t kExport = 113;
inline constexpr std::uint8_t kNewFunction = 112;

inline constexpr unsigned kFloatTextBytes = 31;
inline constexpr unsigned kUniqBytes = 16;
inline constexpr std::uint32_t kNewPortMax = (1U << 28) - 1;
inline constexpr std::uint32_t kTinyCreationMax = 3;

} // namespace grove::etf
