#pragma once

#include "log_disk.h"
#include "support/copy_part.h"

#include <grove/storage/transaction.h>

#include <map>
#include <optional>
#include <random>
#include <utility>

/// A database's life in steps drawn at random: written, synced, read and copied, by the program and
/// by another, on a disk that fails.
namespace grove::storage {

class Random {
public:
    explicit Random(std::uint64_t seed) : m_engine(seed) {}
    int below(int limit) { return static_cast<int>(m_engine() % static_cast<unsigned>(limit)); }
    bool oneIn(int many) { return below(many) == 0; }

private:
    std::mt19937_64 m_engine;
};

/// The rows there should be: how long the word of each is, by number.
struct Rows {
    std::map<int, int> committed;    ///< what a program sees
    std::map<int, int> acknowledged; ///< of them, what was synced
    int last = 0;
};

/// What has come about, so that a test knows that it looked at something.
struct Seen {
    int rooms = 0;      ///< zeros were to be written behind the log's end
    int beginnings = 0; ///< the log began anew
    int parts = 0;
    int suspects = 0; ///< the file was to be mended
    int mended = 0;
};

/// The program and perhaps another use the database; the disk fails now and then.
class Life {
public:
    Life(SyncLossVfs& disk, Random& random, Rows& rows, Seen& seen, bool hasOther)
        : m_disk(disk), m_random(random), m_rows(rows), m_seen(seen), m_writer(open()),
          m_syncer(open()), m_reader(open()),
          m_copier(valueOf(LogCopier::open("n.db", optionsOn(disk)))) {
        if (m_random.oneIn(3))
            valueOf(m_writer.execute("PRAGMA cache_size=10")); // it reads the file again
        if (hasOther) {
            m_other = openPlain(disk);
            const int limit = m_random.below(3) * 50'000;
            valueOf(m_other->execute("PRAGMA journal_size_limit=" + std::to_string(limit)));
        }
        if (m_random.oneIn(4))
            m_disk.setCapacity(usedBytes() + static_cast<std::size_t>(m_random.below(1'500'000)));
    }
    ~Life() {
        m_disk.setFault({});
        m_disk.setCapacity({});
    }

    void step() {
        if (!m_other) // who syncs with SQLite alone is not told of a sync that failed before
            failSometimes();
        switch (m_random.below(m_other ? 20 : 18)) {
        case 11:
        case 12:
        case 13:
            sync();
            break;
        case 14:
            read();
            break;
        case 15:
            static_cast<void>(m_copier.copyAlone());
            break;
        case 16:
        case 17:
            copyBeside();
            break;
        case 18:
            writeAsOther();
            break;
        case 19:
            static_cast<void>(m_other->execute(m_random.oneIn(2)
                                                   ? "PRAGMA wal_checkpoint(TRUNCATE)"
                                                   : "PRAGMA wal_checkpoint(RESTART)"));
            break;
        default:
            write();
        }
    }

private:
    [[nodiscard]] Connection open() { return valueOf(Connection::open("n.db", optionsOn(m_disk))); }
    [[nodiscard]] std::size_t usedBytes() const {
        std::size_t used = 0;
        for (const std::string& file : m_disk.files())
            used += m_disk.contents(file).size();
        return used;
    }

    void failSometimes() {
        using Failure = SyncLossVfs::Failure;
        if (m_random.oneIn(6))
            m_disk.setFault(
                SyncLossVfs::Fault{.atIo = static_cast<std::uint64_t>(1 + m_random.below(30)),
                                   .failure = m_random.oneIn(2) ? Failure::Io : Failure::Full,
                                   .fromThenOn = m_random.oneIn(4)});
        else if (m_random.oneIn(4))
            m_disk.setFault({});
    }

    /// As the worker that writes does.
    void write() {
        const bool isSuspect = m_writer.isFileSuspect();
        if (!m_writer.makeLogSound() || !m_writer.makeFileSound())
            return;
        m_seen.mended += isSuspect ? 1 : 0;
        auto transaction = Transaction::begin(m_writer, TransactionKind::Write);
        if (!transaction)
            return;
        const std::uint64_t before = m_disk.ioCount();
        m_writer.keepLogRoom();
        m_seen.rooms += m_disk.ioCount() > before ? 1 : 0;
        std::map<int, int> written;
        const int count = m_random.oneIn(6) ? m_random.below(60) : 1 + m_random.below(3);
        for (int n = 0; n < count; ++n) {
            const int length = m_random.oneIn(5) ? m_random.below(6'000) : m_random.below(100);
            if (!insert(m_writer, length))
                return;
            written[m_rows.last] = length;
        }
        if (m_random.oneIn(10) || !transaction->commit())
            return;
        m_rows.committed.insert(written.begin(), written.end());
        const std::size_t pages = m_writer.takeLogPages();
        m_seen.beginnings += pages < std::exchange(m_logPages, pages) ? 1 : 0;
    }
    bool insert(Connection& connection, int length) {
        return connection
            .run("INSERT INTO numbers VALUES(?1, ?2)", ++m_rows.last,
                 std::string(static_cast<std::size_t>(length), 'x'))
            .has_value();
    }
    void writeAsOther() {
        constexpr int kLength = 50;
        if (insert(*m_other, kLength))
            m_rows.acknowledged[m_rows.last] = kLength;
    }
    void sync() {
        if (m_syncer.syncLog())
            m_rows.acknowledged.insert(m_rows.committed.begin(), m_rows.committed.end());
    }
    void read() {
        static_cast<void>(m_reader.inTransaction()
                              ? m_reader.execute("ROLLBACK")
                              : m_reader.execute("BEGIN; SELECT count(*) FROM numbers"));
    }
    /// The sync of the log or of the file fails, sometimes, and the system lets go of the pages.
    void copyBeside() {
        int syncs = !m_other && m_random.oneIn(2) ? 1 + m_random.below(2) : 0;
        m_disk.setLatency([this, &syncs](SyncLossVfs::Io io) {
            if (io == SyncLossVfs::Io::Sync && syncs-- == 1)
                m_disk.setFault(SyncLossVfs::Fault{.atIo = 1});
        });
        const bool wasSuspect = m_writer.isFileSuspect();
        const auto meanwhile = [this] {
            if (m_random.oneIn(2))
                sync();
            if (m_random.oneIn(4))
                write();
        };
        if (m_random.oneIn(4)) { // its process is killed before it ends the part
            if (m_copier.beginPart()) {
                meanwhile();
                static_cast<void>(m_copier.copyPart());
            }
            m_disk.setLatency({});
            m_disk.setFault({});
            m_copier = valueOf(LogCopier::open("n.db", optionsOn(m_disk)));
        } else if (auto copied = test::copyPart(m_copier, meanwhile); copied && *copied)
            m_seen.parts += (*copied)->pages > 0 ? 1 : 0;
        m_disk.setLatency({});
        m_seen.suspects += !wasSuspect && m_writer.isFileSuspect() ? 1 : 0;
        if (m_writer.isFileSuspect() && m_random.oneIn(2))
            m_disk.dropUnsynced("n.db");
    }

    SyncLossVfs& m_disk;
    Random& m_random;
    Rows& m_rows;
    Seen& m_seen;
    Connection m_writer, m_syncer, m_reader;
    std::optional<Connection> m_other;
    LogCopier m_copier;
    std::size_t m_logPages = 0; ///< after the last commit
};

} // namespace grove::storage
