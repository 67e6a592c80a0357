#include "storage_support.h"
#include "support/copy_part.h"

#include <grove/storage/log_copier.h>
#include <grove/storage/sync_loss_vfs.h>

#include <sqlite3.h>

#include <functional>
#include <semaphore>
#include <thread>
#include <utility>

using namespace grove::storage;
using grove::test::copyPart;

namespace {

/// Another name for a disk, with which the lock of who copies the log is told of: a place between
/// two operations of the disk. One at a time.
class CopyLockVfs {
public:
    enum class Step { Taking, Left };

    explicit CopyLockVfs(const SyncLossVfs& disk)
        : m_vfs(*sqlite3_vfs_find(disk.name().c_str())), m_name(disk.name() + "-locks") {
        s_openFile = std::exchange(m_vfs.xOpen, open);
        m_vfs.zName = m_name.c_str();
        sqlite3_vfs_register(&m_vfs, 0);
    }
    ~CopyLockVfs() {
        sqlite3_vfs_unregister(&m_vfs);
        s_hook = {};
    }
    CopyLockVfs(const CopyLockVfs&) = delete;
    CopyLockVfs& operator=(const CopyLockVfs&) = delete;

    [[nodiscard]] const std::string& name() const { return m_name; }
    /// On the thread of who takes or leaves it. Requires: no other thread is at work.
    void setHook(std::function<void(Step)> hook) { s_hook = std::move(hook); }

private:
    static constexpr int kCopyLock = 1; // sqlite.org/walformat.html

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
        const int code = s_openFile(vfs, path, file, flags, out);
        if (code == SQLITE_OK) {
            static const sqlite3_io_methods s_methods = [file] {
                sqlite3_io_methods methods = *file->pMethods;
                s_lock = std::exchange(methods.xShmLock, lock);
                return methods;
            }();
            file->pMethods = &s_methods;
        }
        return code;
    }
    static int lock(sqlite3_file* file, int offset, int count, int flags) {
        const bool isOurs = offset == kCopyLock && s_hook;
        if (isOurs && (flags & SQLITE_SHM_LOCK) != 0)
            s_hook(Step::Taking);
        const int code = s_lock(file, offset, count, flags);
        if (isOurs && (flags & SQLITE_SHM_UNLOCK) != 0)
            s_hook(Step::Left);
        return code;
    }

    static inline decltype(sqlite3_vfs::xOpen) s_openFile;
    static inline decltype(sqlite3_io_methods::xShmLock) s_lock;
    static inline std::function<void(Step)> s_hook;

    sqlite3_vfs m_vfs;
    std::string m_name;
};

} // namespace

/// Syncs of the database file that fail at once for two who copy the log.
class tst_FileSyncThreads : public QObject {
    Q_OBJECT

    SyncLossVfs m_disk{1};
    int m_written = 0;

    void write(Connection& connection, int rows = 1) {
        for (int n = 0; n < rows; ++n)
            valueOf(connection.run("INSERT INTO numbers VALUES(?1, ?2)", ++m_written,
                                   std::string(3'000, 'x')));
        valueOf(connection.syncLog());
    }
    /// The next sync after a page was written: that of the file.
    void failFileSync() {
        m_disk.setLatency([this](SyncLossVfs::Io written) {
            if (written == SyncLossVfs::Io::Write)
                m_disk.setLatency([this](SyncLossVfs::Io synced) {
                    if (synced == SyncLossVfs::Io::Sync) {
                        m_disk.setFault(SyncLossVfs::Fault{.atIo = 1});
                        m_disk.setLatency({});
                    }
                });
        });
    }

private slots:
    void aSyncThatFailsWhileTheWriterMendsTheFileIsMendedNext() {
        using Step = CopyLockVfs::Step;
        CopyLockVfs locks(m_disk);
        const ConnectionOptions options{.access = Access::ReadWrite,
                                        .synchronous = Synchronous::Normal,
                                        .vfs = locks.name(),
                                        .checkpoints = Checkpoints::Elsewhere};
        const auto open = [&options] { return valueOf(Connection::open("n.db", options)); };
        QVERIFY(prepareDatabase("n.db", numbersSchema(), {.vfs = locks.name()}));
        {
            Connection writer = open(), other = open(), reader = open();
            LogCopier copier = valueOf(LogCopier::open("n.db", options));
            valueOf(writer.makeLogSound());
            write(writer, 20);
            valueOf(reader.execute("BEGIN; SELECT 1 FROM sqlite_schema"));
            write(writer); // the first copy is of a part

            // Who copies has found the file good, and is about to begin.
            const auto main = std::this_thread::get_id();
            std::binary_semaphore isAboutTo(0), mayBegin(0);
            bool isMending = false, isCopied = true, isSuspect = false;
            std::thread thread;
            locks.setHook([&](Step step) {
                if (std::this_thread::get_id() != main && step == Step::Taking) {
                    isAboutTo.release();
                    mayBegin.acquire();
                } else if (std::this_thread::get_id() == main && step == Step::Left && isMending) {
                    failFileSync(); // all is written again, and this is not known yet
                    mayBegin.release();
                    thread.join();
                    isSuspect = writer.isFileSuspect();
                }
            });
            thread = std::thread([&] { isCopied = copyPart(copier).has_value(); });
            isAboutTo.acquire();
            write(writer); // the second copy is of a part, too
            failFileSync();
            const bool isFirstCopied = other.checkpoint().has_value();
            valueOf(reader.execute("ROLLBACK"));
            isMending = true;
            valueOf(writer.makeFileSound());
            locks.setHook({});

            QVERIFY(!isFirstCopied && !isCopied && isSuspect);
            QVERIFY(writer.isFileSuspect());
            m_disk.dropUnsynced("n.db"); // as the system may
            valueOf(writer.makeFileSound());
            QVERIFY(!writer.isFileSuspect());
            write(writer);
            QVERIFY(valueOf(copier.copyAlone()).isWhole());
            write(writer); // into the log that begins anew
            m_disk.powerFailure();
        }
        Connection again = open();
        QCOMPARE(valueOf(again.text("PRAGMA integrity_check")).value(), std::string("ok"));
        QCOMPARE(*valueOf(again.integer("SELECT count(*) FROM numbers")), m_written);
    }
};

QTEST_APPLESS_MAIN(tst_FileSyncThreads)
#include "tst_file_sync_threads.moc"
