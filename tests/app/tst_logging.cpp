#include <grove/otp/application.h>
#include <grove/otp/logger.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

#include <QTemporaryDir>
#include <QTest>

#include <app/logging.h>
#include <fstream>
#include <sstream>

using namespace grove;
using namespace grove::app;

namespace {

std::string contentOf(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

} // namespace

class tst_Logging : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_temporary.emplace();
        m_folder = m_temporary->path().toStdString();
    }

    void linesReachTheFile() {
        {
            Runtime runtime;
            otp::startSystem(runtime);
            QVERIFY(!startLogging(runtime, {.folder = m_folder}));
            auto& log = extension<otp::Logger>(runtime);
            log.log(otp::LogLevel::Warning, Pid(), "the disk is nearly full");
            log.log(otp::LogLevel::Debug, Pid(), "nobody needs this");
            QTRY_VERIFY(contentOf(m_folder / "grove.log").find("the disk is nearly full") !=
                        std::string::npos);
        }
        QVERIFY(contentOf(m_folder / "grove.log").find("nobody") == std::string::npos);
    }

    void whatQtSaysReachesTheFileWhileItIsRoutedThere() {
        Runtime runtime;
        otp::startSystem(runtime);
        QVERIFY(!startLogging(runtime, {.folder = m_folder}));
        {
            const QtMessagesToLog route(runtime);
            qWarning("a widget complains");
        }
        QTest::ignoreMessage(QtWarningMsg, "afterwards");
        qWarning("afterwards");
        QTRY_VERIFY(contentOf(m_folder / "grove.log").find("a widget complains") !=
                    std::string::npos);
        QVERIFY(contentOf(m_folder / "grove.log").find("afterwards") == std::string::npos);
    }

    void aLogThatCannotBeOpenedIsNamed() {
        Runtime runtime;
        otp::startSystem(runtime);
        const auto why = startLogging(runtime, {.folder = m_folder / "missing"});
        QVERIFY(why.has_value());
        QVERIFY(why->find((m_folder / "missing" / "grove.log").native()) != std::string::npos);
    }

    void aLongLogIsPutAsideOnce() {
        const auto file = m_folder / "grove.log";
        std::ofstream(file) << std::string(100, 'a');
        putLogAside(file, 100);
        QVERIFY(std::filesystem::exists(file));
        std::ofstream(file) << std::string(101, 'b');
        std::ofstream(m_folder / "grove.log.1") << "older";
        putLogAside(file, 100);
        QVERIFY(!std::filesystem::exists(file));
        QCOMPARE(contentOf(m_folder / "grove.log.1"), std::string(101, 'b'));
        putLogAside(file, 100); // there is none
    }

private:
    std::optional<QTemporaryDir> m_temporary;
    std::filesystem::path m_folder;
};

QTEST_GUILESS_MAIN(tst_Logging)
#include "tst_logging.moc"
