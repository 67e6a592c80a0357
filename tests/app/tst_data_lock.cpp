#include <QTemporaryDir>
#include <QTest>

#include <app/data_lock.h>
#include <csignal>
#include <fstream>
#include <optional>
#include <support/unprivileged_user.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace grove::app;

namespace {

constexpr std::chrono::sys_seconds kNoon{
    std::chrono::seconds(1'767'268'800)}; // 2026-01-01 12:00 UTC

using Attempt = std::variant<DataLock, LockHolder, LockFailure>;

/// A process of its own that takes the lock and holds it until it is killed.
class HolderProcess {
public:
    explicit HolderProcess(const std::filesystem::path& folder) {
        int ready[2];
        if (::pipe(ready) != 0)
            qFatal("no pipe");
        m_pid = ::fork();
        if (m_pid == 0) {
            const Attempt attempt = DataLock::tryTake(folder, kNoon);
            const char taken = std::holds_alternative<DataLock>(attempt) ? 'y' : 'n';
            if (::write(ready[1], &taken, 1) == 1)
                ::pause();
            ::_exit(0);
        }
        char taken = 'n';
        if (::read(ready[0], &taken, 1) != 1 || taken != 'y')
            qFatal("the other process has no lock");
        ::close(ready[0]);
        ::close(ready[1]);
    }
    HolderProcess(const HolderProcess&) = delete;
    HolderProcess& operator=(const HolderProcess&) = delete;
    ~HolderProcess() { kill(); }

    void kill() {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
        }
        m_pid = 0;
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid = 0;
};

} // namespace

class tst_DataLock : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_temporary.emplace();
        m_folder = std::filesystem::path(m_temporary->path().toStdString()) / "a" / "grove";
    }

    void makesTheFolderForThisUserOnly() {
        const Attempt attempt = DataLock::tryTake(m_folder, kNoon);
        QVERIFY(std::holds_alternative<DataLock>(attempt));
        struct stat status{};
        QCOMPARE(::stat(m_folder.c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777U, 0700U);
    }

    void aSecondProcessLearnsWhoHoldsIt() {
        const HolderProcess holder(m_folder);
        const Attempt attempt = DataLock::tryTake(m_folder, kNoon + std::chrono::hours(1));
        const auto* held = std::get_if<LockHolder>(&attempt);
        QVERIFY(held != nullptr);
        QCOMPARE(held->pid, holder.pid());
        QVERIFY(held->since == kNoon);
        QVERIFY(held->socket.empty());
    }

    void theSystemReleasesTheLockOfAKilledHolder() {
        HolderProcess holder(m_folder);
        holder.kill();
        QVERIFY(std::holds_alternative<DataLock>(DataLock::tryTake(m_folder, kNoon)));
    }

    void destroyingGivesTheFolderFreeAndMovingKeepsIt() {
        {
            Attempt attempt = DataLock::tryTake(m_folder, kNoon);
            const DataLock moved = std::move(std::get<DataLock>(attempt));
            attempt = LockHolder{};
            QVERIFY(std::holds_alternative<LockHolder>(DataLock::tryTake(m_folder, kNoon)));
        }
        QVERIFY(std::holds_alternative<DataLock>(DataLock::tryTake(m_folder, kNoon)));
    }

    void thePublishedSocketIsRead() {
        Attempt attempt = DataLock::tryTake(m_folder, kNoon);
        QVERIFY(!std::get<DataLock>(attempt).publishSocket("/run/a b/c.socket"));
        const Attempt second = DataLock::tryTake(m_folder, kNoon);
        const auto* held = std::get_if<LockHolder>(&second);
        QVERIFY(held != nullptr);
        QCOMPARE(held->pid, ::getpid());
        QCOMPARE(held->socket.native(), std::string("/run/a b/c.socket"));
    }

    void aNewHolderDoesNotLeaveWhatTheFormerWrote() {
        {
            Attempt former = DataLock::tryTake(m_folder, kNoon);
            QVERIFY(!std::get<DataLock>(former).publishSocket("/run/former.socket"));
        }
        const HolderProcess holder(m_folder);
        const Attempt attempt = DataLock::tryTake(m_folder, kNoon);
        QVERIFY(std::get<LockHolder>(attempt).socket.empty());
    }

    void aFileInPlaceOfTheFolderIsNamed() {
        std::filesystem::create_directories(m_folder.parent_path());
        std::ofstream(m_folder) << "not a folder";
        const Attempt attempt = DataLock::tryTake(m_folder, kNoon);
        const auto* failure = std::get_if<LockFailure>(&attempt);
        QVERIFY(failure != nullptr);
        QVERIFY(!failure->readOnly());
        QCOMPARE(failure->message,
                 "Grove cannot write to " + m_folder.native() + ": Not a directory.");
    }

    void aFolderThatCannotBeWrittenIsLockedForReadingBesideOtherReaders() {
        std::filesystem::create_directories(m_folder);
        namespace fs = std::filesystem;
        // Others must be able to come here at all.
        fs::permissions(m_folder.parent_path(), fs::perms(0755));
        fs::permissions(m_temporary->path().toStdString(), fs::perms(0755));
        for (const bool wasUsedBefore : {false, true}) {
            if (wasUsedBefore) {
                QVERIFY(std::holds_alternative<DataLock>(DataLock::tryTake(m_folder, kNoon)));
                fs::permissions(m_folder / "grove.lock", fs::perms(0444));
            }
            fs::permissions(m_folder, fs::perms(0555));
            {
                const grove::test::UnprivilegedUser user;
                Attempt one = DataLock::tryTake(m_folder, kNoon);
                Attempt two = DataLock::tryTake(m_folder, kNoon);
                QVERIFY(std::get<DataLock>(one).isReadOnly());
                QVERIFY(std::get<DataLock>(two).isReadOnly());
                QVERIFY(std::get<DataLock>(one).publishSocket("/run/x.socket"));
            }
            fs::permissions(m_folder, fs::perms(0755));
        }
        // Who may write keeps readers out.
        fs::permissions(m_folder / "grove.lock", fs::perms(0644));
        const Attempt writer = DataLock::tryTake(m_folder, kNoon);
        QVERIFY(!std::get<DataLock>(writer).isReadOnly());
        fs::permissions(m_folder / "grove.lock", fs::perms(0444));
        const grove::test::UnprivilegedUser user;
        QVERIFY(std::holds_alternative<LockHolder>(DataLock::tryTake(m_folder, kNoon)));
    }

    void onlyMissingRightsCountAsReadOnly_data() {
        QTest::addColumn<int>("code");
        QTest::addColumn<bool>("readOnly");
        QTest::newRow("EACCES") << EACCES << true;
        QTest::newRow("EROFS") << EROFS << true;
        QTest::newRow("ENOSPC") << ENOSPC << false;
        QTest::newRow("ENOTDIR") << ENOTDIR << false;
    }

    void onlyMissingRightsCountAsReadOnly() {
        QFETCH(int, code);
        QFETCH(bool, readOnly);
        const LockFailure failure{.code = {code, std::generic_category()}, .message = {}};
        QCOMPARE(failure.readOnly(), readOnly);
    }

    void theMessageNamesTheHolder() {
        qputenv("TZ", "UTC");
        ::tzset();
        const LockHolder holder{
            .pid = 4711, .since = kNoon + std::chrono::minutes(122), .socket = {}};
        const std::string rest =
            " and does not answer. Two programs on one database could not both be right, so this "
            "one "
            "stops. Close the other, or start with --data DIR for other lists.";
        QCOMPARE(heldMessage(holder, kNoon + std::chrono::hours(3)),
                 "Grove already has these lists open (process 4711, since 14:02)" + rest);
        QCOMPARE(heldMessage(holder, kNoon + std::chrono::hours(30)),
                 "Grove already has these lists open (process 4711, since 2026-01-01 14:02)" +
                     rest);
        QCOMPARE(heldMessage({}, kNoon), "Grove already has these lists open" + rest);
    }

private:
    std::optional<QTemporaryDir> m_temporary;
    std::filesystem::path m_folder;
};

QTEST_APPLESS_MAIN(tst_DataLock)
#include "tst_data_lock.moc"
