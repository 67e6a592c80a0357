#pragma once

#include <grove/term/function.h>
#include <grove/term/term.h>

#include <QByteArray>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <bit>
#include <optional>
#include <string>
#include <vector>

/// Reads the golden files. The external term format is read here only as far as these files need
/// it.
namespace grove::golden {

/// Nothing for what has no place in a term of this program (ports, references and functions of
/// other nodes).
class Decoder {
public:
    explicit Decoder(QByteArray bytes) : m_bytes(std::move(bytes)) {}

    std::optional<Term> decode() {
        if (byte() != 131) {
            return std::nullopt;
        }
        return read();
    }

private:
    std::uint64_t number(int size) {
        std::uint64_t value = 0;
        for (int i = 0; i < size; ++i) {
            value = value << 8 | byte();
        }
        return value;
    }
    std::uint8_t byte() { return static_cast<std::uint8_t>(m_bytes.at(m_at++)); }
    std::string_view take(std::size_t size) {
        const std::string_view part(m_bytes.constData() + m_at, size);
        m_at += static_cast<qsizetype>(size);
        return part;
    }
    std::optional<Term> readBig(std::size_t size) {
        const bool negative = byte() != 0;
        std::vector<std::uint64_t> limbs((size + 7) / 8);
        for (std::size_t i = 0; i < size; ++i) {
            limbs[i / 8] |= static_cast<std::uint64_t>(byte()) << (i % 8 * 8);
        }
        return bigInteger(negative, limbs);
    }
    std::optional<std::vector<Term>> readMany(std::size_t count) {
        std::vector<Term> terms;
        for (std::size_t i = 0; i < count; ++i) {
            auto term = read();
            if (!term) {
                return std::nullopt;
            }
            terms.push_back(std::move(*term));
        }
        return terms;
    }
    std::optional<Term> readTuple(std::size_t count) {
        auto terms = readMany(count);
        return terms ? std::optional(tupleFrom(*terms)) : std::nullopt;
    }
    std::optional<Term> readList(std::size_t count) {
        auto terms = readMany(count);
        auto tail = terms ? read() : std::nullopt;
        return tail ? std::optional(listFrom(*terms, std::move(*tail))) : std::nullopt;
    }
    std::optional<Term> readMap(std::size_t count) {
        auto terms = readMany(2 * count);
        std::vector<MapEntry> entries;
        for (std::size_t i = 0; terms && i < count; ++i) {
            entries.push_back({(*terms)[2 * i], (*terms)[2 * i + 1]});
        }
        return terms ? std::optional(mapFrom(entries)) : std::nullopt;
    }
    std::optional<Term> readString(std::size_t count) {
        std::vector<Term> terms;
        for (const char character : take(count)) {
            terms.emplace_back(static_cast<unsigned char>(character));
        }
        return listFrom(terms);
    }
    std::optional<Term> readBits() {
        const auto size = static_cast<std::size_t>(number(4));
        const std::size_t last = byte();
        const auto bytes = take(size);
        return bitstring({reinterpret_cast<const std::uint8_t*>(bytes.data()), size},
                         size * 8 - (8 - last));
    }
    std::optional<Term> readPid() {
        const auto node = read();
        const auto index = static_cast<std::uint32_t>(number(4));
        const auto serial = static_cast<std::uint32_t>(number(4));
        number(4);
        const bool isLocal = node && node->isAtom(atom("nonode@nohost"));
        return isLocal ? std::optional<Term>(Pid::make(index, serial)) : std::nullopt;
    }
    std::optional<Term> readExport() {
        const auto parts = readMany(3);
        return exportTerm((*parts)[0].toAtom(), (*parts)[1].toAtom(),
                          static_cast<std::uint32_t>((*parts)[2].toInt()));
    }
    std::optional<Term> readLatinAtom(std::size_t size) {
        const auto bytes = take(size);
        return atom(
            QString::fromLatin1(bytes.data(), static_cast<qsizetype>(bytes.size())).toStdString());
    }

    std::optional<Term> read() {
        switch (byte()) {
        case 97:
            return Term(byte());
        case 98:
            return Term(static_cast<std::int32_t>(number(4)));
        case 110:
            return readBig(byte());
        case 111:
            return readBig(number(4));
        case 70:
            return Term(std::bit_cast<double>(number(8)));
        case 119:
            return Term(atom(take(byte())));
        case 118:
            return Term(atom(take(number(2))));
        case 100:
            return readLatinAtom(number(2));
        case 115:
            return readLatinAtom(byte());
        case 104:
            return readTuple(byte());
        case 105:
            return readTuple(number(4));
        case 106:
            return Term::nil();
        case 107:
            return readString(number(2));
        case 108:
            return readList(number(4));
        case 109:
            return Term(take(number(4)));
        case 77:
            return readBits();
        case 116:
            return readMap(number(4));
        case 88:
            return readPid();
        case 113:
            return readExport();
        default:
            return std::nullopt;
        }
    }

    QByteArray m_bytes;
    qsizetype m_at = 0;
};

[[nodiscard]] inline std::optional<Term> decode(const QJsonObject& line, const char* field) {
    return Decoder(QByteArray::fromBase64(line[QLatin1String(field)].toString().toLatin1()))
        .decode();
}

[[nodiscard]] inline std::vector<QJsonObject> lines(const char* name) {
    const QString folder =
        qEnvironmentVariable("GROVE_GOLDEN_DIR", QStringLiteral(GROVE_TERM_DATA));
    QFile file(folder + QLatin1Char('/') + QLatin1String(name));
    std::vector<QJsonObject> all;
    if (file.open(QIODevice::ReadOnly)) {
        while (!file.atEnd()) {
            all.push_back(QJsonDocument::fromJson(file.readLine()).object());
        }
    }
    return all;
}

} // namespace grove::golden
