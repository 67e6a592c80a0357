#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <app/instance_server.h>
#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace grove;
using namespace grove::app;
using namespace std::chrono_literals;

namespace {

std::map<std::string, std::string, std::less<>> s_environment;

std::string fakeEnvironment(std::string_view name) {
    const auto found = s_environment.find(name);
    return found == s_environment.end() ? std::string() : found->second;
}

constexpr std::chrono::sys_seconds kNoon{1'767'268'800s};

/// The other start: lockOrAsk() on a thread of its own, while the test's thread is the window's.
class OtherStart {
public:
    using Outcome = std::variant<DataLock, Answered, LockHolder, LockFailure>;

    OtherStart(const std::filesystem::path& folder, const Request& request,
               Duration silenceMax = kSilenceMax)
        : m_thread([=, this] {
              const Relay relay{.output = [this](std::string_view text) { m_output += text; },
                                .error = [this](std::string_view text) { m_error += text; }};
              m_outcome = lockOrAsk(folder, request, relay, m_clock, silenceMax);
              m_done = true;
          }) {}

    [[nodiscard]] bool done() const { return m_done; }
    /// Requires: done().
    Outcome& outcome() {
        if (m_thread.joinable())
            m_thread.join();
        return *m_outcome;
    }
    std::string output() { return outcome(), m_output; }
    std::string error() { return outcome(), m_error; }

private:
    SystemClock m_clock;
    std::optional<Outcome> m_outcome;
    std::string m_output;
    std::string m_error;
    std::atomic<bool> m_done = false; // false until the outcome is written; read after true only
    std::jthread m_thread;
};

const Request kPrintWork{.kind = Request::Kind::Print, .listName = "Work", .file = {}};

} // namespace

Q_DECLARE_METATYPE(grove::app::Request)

class tst_Instance : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_temporary.emplace();
        m_folder = std::filesystem::path(m_temporary->path().toStdString());
        s_environment = {{"XDG_RUNTIME_DIR", m_folder.native()}};
    }

    void framesSurviveAnyCut() {
        const std::string bytes =
            encode({.kind = Frame::Kind::Output, .payload = "one"}) +
            encode({.kind = Frame::Kind::Accepted, .payload = ""}) +
            encode({.kind = Frame::Kind::Status, .payload = std::string(300, 'x')});
        for (std::size_t step = 1; step < bytes.size(); ++step) {
            FrameReader reader;
            std::vector<Frame> frames;
            for (std::size_t at = 0; at < bytes.size(); at += step) {
                reader.append(std::string_view(bytes).substr(at, step));
                while (auto frame = reader.next())
                    frames.push_back(*frame);
            }
            QCOMPARE(frames.size(), std::size_t{3});
            QCOMPARE(frames[0].payload, std::string("one"));
            QCOMPARE(frames[1].kind, Frame::Kind::Accepted);
            QCOMPARE(frames[2].payload.size(), std::size_t{300});
            QVERIFY(!reader.broken());
        }
    }

    void bytesThatAreNoFramesAreRefused() {
        FrameReader unknown;
        unknown.append("GET / HTTP/1.1\r\n");
        QVERIFY(!unknown.next());
        QVERIFY(unknown.broken());
        FrameReader huge;
        huge.append(std::string_view("o\xff\xff\xff\xff", 5));
        QVERIFY(!huge.next());
        QVERIFY(huge.broken());
    }

    void requestsComeBackAsTheyWere() {
        for (const Request& request :
             {Request{.kind = Request::Kind::Show, .listName = "", .file = ""}, kPrintWork,
              Request{
                  .kind = Request::Kind::Import, .listName = "a\nb \"c\"", .file = "/x/y z.csv"}}) {
            const auto back = requestOf(requestFrame(request));
            QVERIFY(back.has_value());
            QVERIFY(*back == request);
        }
    }

    void requestsOfAnotherShapeAreRefused_data() {
        QTest::addColumn<QByteArray>("payload");
        QTest::addColumn<QString>("why");
        QTest::newRow("empty") << QByteArray() << "a request has four fields";
        QTest::newRow("five") << QByteArray("grove 1\0show\0\0\0", 15)
                              << "a request has four fields";
        QTest::newRow("later") << QByteArray("grove 2\0show\0\0", 14)
                               << "another version of Grove is speaking";
        QTest::newRow("verb") << QByteArray("grove 1\0burn\0\0", 14) << "there is no request burn";
        QTest::newRow("relative") << QByteArray("grove 1\0import\0a\0b", 18)
                                  << "the file to import has no absolute path";
    }

    void requestsOfAnotherShapeAreRefused() {
        QFETCH(QByteArray, payload);
        QFETCH(QString, why);
        const auto request =
            requestOf({.kind = Frame::Kind::Request, .payload = payload.toStdString()});
        QVERIFY(!request);
        QCOMPARE(QString::fromStdString(request.error()), why);
    }

    void theRuntimeFolderIsThisUsersOnly() {
        const auto folder = runtimeFolder(fakeEnvironment);
        QVERIFY(folder.has_value());
        QCOMPARE(folder->native(), m_folder.native() + "/grove");
        struct stat status{};
        QCOMPARE(::stat(folder->c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777U, 0700U);
        QCOMPARE(::chmod(folder->c_str(), 0755), 0);
        QVERIFY(!runtimeFolder(fakeEnvironment));
    }

    void withoutARuntimeFolderThereIsOneInTmp() {
        s_environment.clear();
        const auto folder = runtimeFolder(fakeEnvironment);
        QVERIFY(folder.has_value());
        QCOMPARE(folder->native(), "/tmp/grove-" + std::to_string(::getuid()));
    }

    void aRuntimeFolderWhosePathIsTooLongForASocketIsNotUsed() {
        const auto deep = m_folder / std::string(100, 'x');
        std::filesystem::create_directories(deep);
        s_environment = {{"XDG_RUNTIME_DIR", deep.native()}};
        QCOMPARE(runtimeFolder(fakeEnvironment)->native(),
                 "/tmp/grove-" + std::to_string(::getuid()));
    }

    void everyNameOfAFolderHasOneSocketAndEveryFolderItsOwn() {
        std::filesystem::create_directories(m_folder / "data");
        std::filesystem::create_directory_symlink(m_folder / "data", m_folder / "link");
        const auto socket = socketPath("/run", m_folder / "data");
        QVERIFY(socket == socketPath("/run", m_folder / "link"));
        QVERIFY(socket == socketPath("/run", m_folder / "." / "data"));
        QVERIFY(socket != socketPath("/run", m_folder / "other"));
    }

    void aFreeFolderIsLockedAtOnce() {
        OtherStart other(m_folder / "data", kPrintWork);
        QVERIFY(std::holds_alternative<DataLock>(other.outcome()));
    }

    void theHolderCarriesOutWhatASecondStartAsks() {
        InstanceServer server;
        DataLock lock = hold(server);
        std::vector<Request> requests;
        connect(&server, &InstanceServer::requested, this,
                [&](const Request& request, const auto& reply) {
                    requests.push_back(request);
                    reply->output("2026-01-01,Dentist\n");
                    reply->error("a word beside\n");
                    reply->output(std::string(3 * kFrameBytesMax + 1, 'x'));
                    reply->finish(7);
                });
        OtherStart other(m_folder / "data", kPrintWork);
        QTRY_VERIFY(other.done());
        QCOMPARE(std::get<Answered>(other.outcome()).status, 7);
        QCOMPARE(other.output(), "2026-01-01,Dentist\n" + std::string(3 * kFrameBytesMax + 1, 'x'));
        QCOMPARE(other.error(), std::string("a word beside\n"));
        QCOMPARE(requests.size(), std::size_t{1});
        QVERIFY(requests[0] == kPrintWork);
    }

    void onlyThisUserMayOpenTheSocket() {
        InstanceServer server;
        const DataLock lock = hold(server);
        struct stat status{};
        QCOMPARE(::stat(m_socket.c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777U, 0600U);
    }

    void aSocketThatADeadHolderLeftIsReplaced() {
        const auto runtime = runtimeFolder(fakeEnvironment);
        std::ofstream(socketPath(*runtime, m_folder / "data")) << "left over";
        InstanceServer server;
        const DataLock lock = hold(server);
        QVERIFY(std::filesystem::is_socket(m_socket));
    }

    void aHolderThatStartsIsWaitedFor() {
        auto attempt = DataLock::tryTake(m_folder / "data", kNoon);
        DataLock lock = std::move(std::get<DataLock>(attempt));
        OtherStart other(m_folder / "data", kPrintWork);
        InstanceServer server;
        connect(&server, &InstanceServer::requested, this,
                [](const Request&, const auto& reply) { reply->finish(0); });
        publish(lock, server);
        QTRY_VERIFY(other.done());
        QCOMPARE(std::get<Answered>(other.outcome()).status, 0);
    }

    void aHolderThatEndsLeavesTheFolderToTheOther() {
        std::optional<InstanceServer> server(std::in_place);
        std::optional<DataLock> lock(hold(*server));
        server.reset(); // the socket is gone, the folder still held: a window that is closing
        OtherStart other(m_folder / "data", kPrintWork);
        lock.reset();
        QTRY_VERIFY(other.done());
        QVERIFY(std::holds_alternative<DataLock>(other.outcome()));
    }

    void aHolderThatSaysNothingIsNamedWhenTheTimeIsUp() {
        InstanceServer server;
        const DataLock lock = hold(server);
        // Its event loop does not run: the connection is taken by the system and nobody reads.
        OtherStart other(m_folder / "data", kPrintWork, 200ms);
        const auto* holder = std::get_if<LockHolder>(&other.outcome());
        QVERIFY(holder != nullptr);
        QCOMPARE(holder->pid, ::getpid());
        QVERIFY(holder->since == kNoon);
    }

    /// Its sender has said that it was not done; done all the same, an import would double.
    void whatNobodyWaitsForAnyMoreIsNotCarriedOut() {
        InstanceServer server;
        const DataLock lock = hold(server);
        int requests = 0;
        connect(&server, &InstanceServer::requested, this, [&](const Request&, const auto& reply) {
            ++requests;
            reply->finish(0);
        });
        OtherStart late(m_folder / "data", kPrintWork, 200ms); // the event loop does not run
        QVERIFY(std::holds_alternative<LockHolder>(late.outcome()));
        OtherStart other(m_folder / "data", kPrintWork);
        QTRY_VERIFY(other.done());
        QCOMPARE(std::get<Answered>(other.outcome()).status, 0);
        QCOMPARE(requests, 1);
    }

    void aHolderThatFallsSilentWhileAtItIsNotAskedAgain() {
        InstanceServer server;
        const DataLock lock = hold(server);
        std::optional<OtherStart> other;
        connect(&server, &InstanceServer::requested, this, [&](const Request&, const auto& reply) {
            // Its event loop does not run any more: nobody says that the work goes on.
            QCOMPARE(std::get<Answered>(other->outcome()).status, 3);
            reply->finish(0);
        });
        other.emplace(m_folder / "data", kPrintWork, 500ms);
        QTRY_VERIFY(other->done());
        QVERIFY(other->error().ends_with("may still be done there.\n"));
    }

    void aLongRequestIsWaitedForWhileTheHolderSaysThatItGoesOn() {
        InstanceServer server;
        const DataLock lock = hold(server);
        std::shared_ptr<RequestReply> kept;
        connect(&server, &InstanceServer::requested, this,
                [&](const Request&, const auto& reply) { kept = reply; });
        OtherStart other(m_folder / "data", kPrintWork, 3s);
        QTimer::singleShot(5s, this, [&] {
            kept->finish(0);
            kept.reset();
        });
        QTRY_VERIFY_WITH_TIMEOUT(other.done(), 20'000);
        QCOMPARE(std::get<Answered>(other.outcome()).status, 0);
    }

    void aHolderThatDropsARequestAnswersWithAFailure() {
        InstanceServer server;
        const DataLock lock = hold(server);
        OtherStart other(m_folder / "data", kPrintWork); // nobody takes the signal
        QTRY_VERIFY(other.done());
        QCOMPARE(std::get<Answered>(other.outcome()).status, 1);
    }

    void aHolderThatDiesWhileAtItIsNotAskedAgain() {
        std::optional<InstanceServer> server(std::in_place);
        const DataLock lock = hold(*server);
        std::shared_ptr<RequestReply> kept;
        connect(&*server, &InstanceServer::requested, this,
                [&](const Request&, const auto& reply) { kept = reply; });
        OtherStart other(m_folder / "data", kPrintWork);
        QTRY_VERIFY(kept != nullptr);
        server.reset();
        QTRY_VERIFY(other.done());
        QCOMPARE(std::get<Answered>(other.outcome()).status, 1);
        QCOMPARE(
            other.error(),
            std::string(
                "The Grove that was carrying this out ended before it said that it was done.\n"));
        QVERIFY(kept->abandoned());
        kept->output("to nobody"); // is dropped
    }

private:
    void publish(DataLock& lock, InstanceServer& server) {
        m_socket = socketPath(*runtimeFolder(fakeEnvironment), m_folder / "data");
        const auto listening = server.listen(m_socket);
        if (!listening)
            qFatal("%s", listening.error().c_str());
        if (const auto error = lock.publishSocket(m_socket))
            qFatal("%s", error.message().c_str());
    }

    DataLock hold(InstanceServer& server) {
        auto attempt = DataLock::tryTake(m_folder / "data", kNoon);
        DataLock lock = std::move(std::get<DataLock>(attempt));
        publish(lock, server);
        return lock;
    }

    std::optional<QTemporaryDir> m_temporary;
    std::filesystem::path m_folder;
    std::filesystem::path m_socket;
};

QTEST_GUILESS_MAIN(tst_Instance)
#include "tst_instance.moc"
