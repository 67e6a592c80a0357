#include "storage_support.h"

#include <grove/storage/sync_loss_vfs.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <support/unprivileged_user.h>
#include <sys/stat.h>

using namespace grove::storage;
using grove::test::UnprivilegedUser;
using Kind = OpenFault::Kind;

namespace {

Schema secondVersion() {
    Schema schema = numbersSchema();
    schema.migrations.push_back({2, "ALTER TABLE numbers ADD COLUMN colour TEXT"});
    return schema;
}

void fill(Connection& connection, int count) {
    auto transaction = valueOf(Transaction::begin(connection, TransactionKind::Write));
    for (int i = 1; i <= count; ++i)
        valueOf(connection.run("INSERT INTO numbers(n, word) VALUES(?1, ?2)", i,
                               std::string_view("number " + std::to_string(i))));
    valueOf(transaction.commit());
}

} // namespace

class tst_DatabaseFile : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_file;

    QByteArray bytes() const {
        QFile file(QString::fromStdString(m_file));
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }
    void writeBytes(const QByteArray& bytes) {
        QFile file(QString::fromStdString(m_file));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write(bytes);
    }
    OpenFault faultOfOpening(const Schema& schema = numbersSchema()) {
        auto prepared = prepareDatabase(m_file, schema);
        if (prepared)
            qFatal("the file was accepted");
        return prepared.error();
    }

private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_file = m_folder->filePath("grove.db").toStdString();
    }

    void createsAFileOnceAndOpensItAgain() {
        auto first = prepareDatabase(m_file, numbersSchema());
        QVERIFY(first && first->created);
        auto second = prepareDatabase(m_file, numbersSchema());
        QVERIFY(second && !second->created && second->migratedFrom == 1 && second->backup.empty());
        auto connection = valueOf(Connection::open(m_file));
        QCOMPARE(valueOf(connection.text("PRAGMA journal_mode")).value(), std::string("wal"));
        QCOMPARE(valueOf(connection.integer("PRAGMA synchronous")).value(), 2);
        QCOMPARE(valueOf(connection.integer("PRAGMA application_id")).value(), 0x4e554d42);
    }

    void migratesAfterABackupCopy() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        {
            auto connection = valueOf(Connection::open(m_file));
            fill(connection, 3);
        }
        auto prepared = prepareDatabase(m_file, secondVersion());
        QVERIFY(prepared);
        QCOMPARE(prepared->migratedFrom, 1);
        QCOMPARE(prepared->backup, m_file + ".backup-v1");
        auto now = valueOf(Connection::open(m_file));
        QCOMPARE(valueOf(now.integer("SELECT count(*) FROM numbers WHERE colour IS NULL")).value(),
                 3);
        auto backup = valueOf(Connection::open(prepared->backup));
        QCOMPARE(valueOf(backup.integer("PRAGMA user_version")).value(), 1);
        QCOMPARE(valueOf(backup.integer("SELECT count(*) FROM numbers")).value(), 3);
    }

    void aMigrationThatFailsLeavesTheOldVersion() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        Schema broken = secondVersion();
        broken.migrations.push_back({3, "CREATE TABLE numbers(n)"});
        QVERIFY(faultOfOpening(broken).kind == Kind::Failed);
        auto connection = valueOf(Connection::open(m_file));
        QCOMPARE(valueOf(connection.integer("PRAGMA user_version")).value(), 1);
        QVERIFY(!connection.integer("SELECT colour FROM numbers"));
    }

    void aFirstStartThatFailsLeavesNoFile() {
        Schema broken = numbersSchema();
        broken.migrations.push_back({2, "CREATE TABLE numbers(n)"});
        QVERIFY(faultOfOpening(broken).kind == Kind::Failed);
        QVERIFY(QDir(m_folder->path()).isEmpty());
        QVERIFY(prepareDatabase(m_file, numbersSchema())->created);
    }

    void oldResultsThatCannotBeForgottenAreNoFault() {
        Schema plain = numbersSchema();
        plain.migrations = {{1, kNumbers}}; // no table of operations
        const auto prepared = prepareDatabase(
            m_file, plain, {.forgetBefore = std::chrono::sys_seconds(std::chrono::seconds(1))});
        QVERIFY(prepared);
        QVERIFY(prepared->pruneFault);
        QVERIFY(!prepareDatabase(m_file, plain)->pruneFault);
    }

    void aNewerVersionIsNotTouched() {
        QVERIFY(prepareDatabase(m_file, secondVersion()));
        const QByteArray before = bytes();
        const OpenFault fault = faultOfOpening();
        QVERIFY(fault.kind == Kind::NewerVersion);
        QCOMPARE(fault.foundVersion, 2);
        QCOMPARE(fault.supportedVersion, 1);
        QCOMPARE(bytes(), before);
    }

    void somethingElseIsNotOurs_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("text") << QByteArray("this is a shopping list\n").repeated(100);
        QTest::newRow("short text") << QByteArray("hello");
        QTest::newRow("zeros") << QByteArray(8192, '\0');
    }
    void somethingElseIsNotOurs() {
        QFETCH(QByteArray, content);
        writeBytes(content);
        QVERIFY(faultOfOpening().kind == Kind::NotOurs);
        QCOMPARE(bytes(), content);
    }

    void anotherProgramsDatabaseIsNotOurs() {
        Schema other = numbersSchema();
        other.applicationId = 7;
        QVERIFY(prepareDatabase(m_file, other));
        QVERIFY(faultOfOpening().kind == Kind::NotOurs);
    }

    void aFolderIsNotOurs() {
        QVERIFY(QDir().mkpath(QString::fromStdString(m_file)));
        QVERIFY(faultOfOpening().kind == Kind::NotOurs);
    }

    void aReadOnlyFolderIsSaidSoAndCanBeRead() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        {
            auto connection = valueOf(Connection::open(m_file));
            fill(connection, 5);
        }
        QVERIFY(chmod(m_file.c_str(), 0444) == 0);
        QVERIFY(chmod(m_folder->path().toLocal8Bit().constData(), 0555) == 0);
        {
            UnprivilegedUser user;
            QVERIFY(faultOfOpening().kind == Kind::ReadOnlyFolder);
            auto connection = valueOf(openForReading(m_file));
            QCOMPARE(valueOf(connection.integer("SELECT count(*) FROM numbers")).value(), 5);
            QVERIFY(connection.run("DELETE FROM numbers").error().kind == SqlKind::ReadOnly);
            QVERIFY(checkForReading(m_file, numbersSchema()));
            // It would have to be migrated first.
            QVERIFY(checkForReading(m_file, secondVersion()).error().kind == Kind::ReadOnlyFolder);
        }
        QVERIFY(chmod(m_folder->path().toLocal8Bit().constData(), 0755) == 0);
    }

    void anEmptyReadOnlyFolderIsSaidSo() {
        QVERIFY(chmod(m_folder->path().toLocal8Bit().constData(), 0555) == 0);
        {
            UnprivilegedUser user;
            QVERIFY(faultOfOpening().kind == Kind::ReadOnlyFolder);
        }
        QVERIFY(chmod(m_folder->path().toLocal8Bit().constData(), 0755) == 0);
    }

    void aFullDiskIsSaidSoAndLeavesAnOldFileAlone() {
        SyncLossVfs disk(1);
        disk.setCapacity(4096);
        auto prepared = prepareDatabase("grove.db", numbersSchema(), {.vfs = disk.name()});
        QVERIFY(!prepared);
        QVERIFY(prepared.error().kind == Kind::DiskFull);
        disk.setCapacity({});
        QVERIFY(prepareDatabase("grove.db", numbersSchema(), {.vfs = disk.name()}));
    }

    void aFileLockedByAnotherIsSaidSo() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        auto other = valueOf(Connection::open(m_file));
        valueOf(other.execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; "
                              "INSERT INTO numbers VALUES(1, 'mine')"));
        QVERIFY(faultOfOpening().kind == Kind::Locked);
    }

    void aDamagedPageIsFoundAndTheRestIsSalvaged() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        {
            auto connection = valueOf(Connection::open(m_file));
            fill(connection, 2000);
        }
        QByteArray content = bytes();
        const int pages = static_cast<int>(content.size() / 4096);
        QVERIFY(pages > 10);
        content.replace((pages / 2) * 4096, 4096, QByteArray(4096, '\xff'));
        writeBytes(content);

        QVERIFY(faultOfOpening().kind == Kind::Damaged);
        auto salvaged = salvage(m_file, numbersSchema(), "2026-11-21-1430");
        QVERIFY(salvaged);
        QCOMPARE(QString::fromStdString(salvaged->damagedFile),
                 m_folder->filePath("grove-2026-11-21-1430.damaged"));
        QVERIFY2(salvaged->rows["numbers"] > 1500 && salvaged->rows["numbers"] < 2000,
                 qPrintable(QString::number(salvaged->rows["numbers"])));
        QFile damaged(QString::fromStdString(salvaged->damagedFile));
        QVERIFY(damaged.open(QFile::ReadOnly));
        QCOMPARE(damaged.readAll(), content);

        // Until somebody decides, no empty database quietly takes the place.
        QVERIFY(faultOfOpening().kind == Kind::RecoveryPending);
        QVERIFY(adoptSalvaged(m_file));
        auto prepared = prepareDatabase(m_file, numbersSchema());
        QVERIFY(prepared && !prepared->created);
        auto connection = valueOf(Connection::open(m_file));
        QCOMPARE(valueOf(connection.integer("SELECT count(*) FROM numbers")).value(),
                 salvaged->rows["numbers"]);
        QCOMPARE(valueOf(connection.integer("SELECT min(n) || '' = '1' AND max(n) = 2000 AND "
                                            "sum(word <> 'number ' || n) = 0 FROM numbers"))
                     .value(),
                 1);
    }

    void whatCanBeReadIsCheckedLikeWhatIsOpened() {
        QVERIFY(prepareDatabase(m_file, secondVersion()));
        const OpenFault newer = checkForReading(m_file, numbersSchema()).error();
        QVERIFY(newer.kind == Kind::NewerVersion && newer.foundVersion == 2);
        writeBytes("a text");
        QVERIFY(checkForReading(m_file, numbersSchema()).error().kind == Kind::NotOurs);
        writeBytes({});
        QVERIFY(checkForReading(m_file, numbersSchema()).error().kind == Kind::NotOurs);
    }

    void aBackupTakesThePlaceOfWhatCannotBeUsedWhichIsKept() {
        const std::string backup = m_folder->filePath("backup.db").toStdString();
        QVERIFY(prepareDatabase(backup, numbersSchema()));
        {
            auto connection = valueOf(Connection::open(backup));
            fill(connection, 7);
        }
        const QByteArray broken(10'000, 'x');
        for (const char* kept : {"grove-stamp.replaced", "grove-stamp-2.replaced"}) {
            writeBytes(broken);
            const auto replaced = replaceWithBackup(m_file, backup, secondVersion(), "stamp");
            QVERIFY(replaced);
            QCOMPARE(QString::fromStdString(*replaced), m_folder->filePath(kept));
            QFile file(m_folder->filePath(kept));
            QVERIFY(file.open(QFile::ReadOnly));
            QCOMPARE(file.readAll(), broken);
            const auto prepared = prepareDatabase(m_file, secondVersion()); // migrates it
            QVERIFY(prepared && !prepared->created && prepared->migratedFrom == 1);
            auto connection = valueOf(Connection::open(m_file));
            QCOMPARE(valueOf(connection.integer("SELECT count(*) FROM numbers")).value(), 7);
        }
        QVERIFY(QFile::exists(QString::fromStdString(backup)));
    }

    void aBackupThatCannotBeUsedChangesNothing() {
        const QByteArray broken(10'000, 'x');
        writeBytes(broken);
        const std::string backup = m_folder->filePath("backup.db").toStdString();
        const auto replace = [&] {
            return replaceWithBackup(m_file, backup, numbersSchema(), "stamp");
        };
        QVERIFY(replace().error().file == backup); // there is none
        QVERIFY(prepareDatabase(backup, secondVersion()));
        QVERIFY(replace().error().kind == Kind::NewerVersion);
        QVERIFY(QFile::remove(QString::fromStdString(backup)));
        QVERIFY(QFile::copy(QString::fromStdString(m_file), QString::fromStdString(backup)));
        QVERIFY(replace().error().kind == Kind::NotOurs);
        QCOMPARE(bytes(), broken);
        QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files),
                 (QStringList{"backup.db", "grove.db"}));
    }

    void aBackupTakesThePlaceOfARecoveryThatNobodyWanted() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        const std::string backup = m_folder->filePath("backup.db").toStdString();
        QVERIFY(prepareDatabase(backup, numbersSchema()));
        QVERIFY(salvage(m_file, numbersSchema(), "stamp"));
        QVERIFY(faultOfOpening().kind == Kind::RecoveryPending);
        QVERIFY(replaceWithBackup(m_file, backup, numbersSchema(), "stamp"));
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        QVERIFY(QFile::exists(m_folder->filePath("grove-stamp.damaged")));
        QVERIFY(QFile::exists(m_folder->filePath("grove-stamp-2.recovered")));
    }

    void aFileWithoutItsFirstPageSalvagesToNothingAndIsKept() {
        QVERIFY(prepareDatabase(m_file, numbersSchema()));
        QByteArray content = bytes();
        content.replace(100, 3996, QByteArray(3996, '\x5a'));
        writeBytes(content);
        const OpenFault fault = faultOfOpening();
        QVERIFY(fault.kind == Kind::Damaged);
        auto salvaged = salvage(m_file, numbersSchema(), "stamp");
        QVERIFY(salvaged);
        QCOMPARE(salvaged->rows["numbers"], 0);
        QVERIFY(QFile::exists(QString::fromStdString(salvaged->damagedFile)));
    }
};

QTEST_GUILESS_MAIN(tst_DatabaseFile)
#include "tst_database_file.moc"
