#include "scenarios.h"

#include <grove/otp/application.h>
#include <grove/otp/logger.h>
#include <grove/runtime/attempt.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

using namespace grove;
using namespace grove::test;
using namespace std::chrono_literals;
using otp::LogEvent;
using otp::Logger;
using otp::LogLevel;

namespace {

Logger& logger() {
    return extension<Logger>(Runtime::current());
}

using Lines = std::shared_ptr<std::vector<std::string>>;
Logger::Handler keeping(const Lines& lines, std::vector<std::string> keys = {}) {
    return [lines, keys = std::move(keys)](const LogEvent& event) {
        const std::string line = otp::formatLine(event, keys);
        lines->push_back(line.substr(line.find('['))); // without the time
    };
}
/// Nobody but the test hands events on: there is no logger's process.
std::string handedOn(const Lines& lines) {
    while (logger().drain() > 0) {
    }
    std::string all;
    for (const std::string& each : *lines)
        all += each + '\n';
    lines->clear();
    return all;
}
Lines addKeeper(std::string name, LogLevel level, Logger::Filter filter = {},
                std::vector<std::string> keys = {}) {
    auto lines = std::make_shared<std::vector<std::string>>();
    check(
        logger()
            .addHandler(std::move(name), level, keeping(lines, std::move(keys)), std::move(filter))
            .has_value());
    return lines;
}
std::string fromMe() {
    return toErlang(self()) + ' ';
}

Task<> levels() {
    logger().setLevel(LogLevel::Debug);
    const Lines all = addKeeper("all", LogLevel::Debug);
    const Lines grave = addKeeper("grave", LogLevel::Error);
    otp::logDebug("1");
    otp::logInfo("2");
    otp::logNotice("3");
    otp::logWarning("4");
    otp::logError("5");
    otp::logCritical("6");
    otp::logAlert("7");
    otp::logEmergency("8");
    const std::string me = fromMe();
    const std::string lower =
        "[debug] " + me + "1\n[info] " + me + "2\n[notice] " + me + "3\n[warning] " + me + "4\n";
    const std::string upper = "[error] " + me + "5\n[critical] " + me + "6\n[alert] " + me +
                              "7\n[emergency] " + me + "8\n";
    check(handedOn(all) == lower + upper);
    check(handedOn(grave) == upper);
    check(logger().setHandlerLevel("grave", LogLevel::Emergency).has_value());
    otp::logAlert("seven");
    check(handedOn(grave).empty());
    check(logger().setHandlerLevel("nobody", LogLevel::Info).error().code == atom("not_found"));
    co_return;
}

Task<> belowTheLevel() {
    const Lines all = addKeeper("all", LogLevel::Debug);
    bool isMade = false;
    otp::logDebug([&] {
        isMade = true;
        return std::string("dear");
    });
    check(!isMade);
    otp::logInfo([&] {
        isMade = true;
        return std::string("cheap");
    });
    check(isMade && handedOn(all) == "[info] " + fromMe() + "cheap\n");
    co_return;
}

Task<> metadata() {
    const Lines lines = addKeeper("lines", LogLevel::Debug, {}, {"request", "user"});
    otp::logInfo("without");
    otp::setProcessMetadata(map({{"request"_atom, 7}}));
    otp::updateProcessMetadata(map({{"user"_atom, "ann"}}));
    otp::logInfo("set");
    otp::logInfo("given", map({{"user"_atom, "bob"}}));
    const std::string me = fromMe();
    check(handedOn(lines) == "[info] " + me + "without\n[info] " + me +
                                 "request=7 user=ann set\n[info] " + me +
                                 "request=7 user=bob given\n");
    checkEqual(otp::processMetadata(), map({{"request"_atom, 7}, {"user"_atom, "ann"}}));
    // Another process has its own.
    static_cast<void>(co_await awaitDown(spawn([]() -> Task<> {
        check(otp::processMetadata().isNone());
        co_return;
    })));
    otp::unsetProcessMetadata();
    otp::logInfo("unset");
    check(handedOn(lines) == "[info] " + me + "unset\n");
    const auto bad = attempt([] { otp::setProcessMetadata("text"_atom); });
    check(caughtAs(bad.error(), ErrorClass::Error, atoms::badarg));
}

Task<> whereItWasWritten() {
    otp::logInfo("here");
    static_cast<void>(logger().drain());
    const LogEvent event = logger().recentSince(1).at(0);
    check(event.metadata.mapFind("mfa"_atom)->asBinary()->find("whereItWasWritten") !=
          std::string_view::npos);
    check(event.metadata.mapFind("file"_atom)->asBinary()->ends_with("tst_logger.cpp"));
    check(event.metadata.mapFind("line"_atom)->toInt() > 100);
    co_return;
}

Task<> filters() {
    const Lines all = addKeeper("all", LogLevel::Debug);
    const Lines quiet = addKeeper("quiet", LogLevel::Debug, [](LogEvent& event) {
        event.text += "!";
        return event.text != "noise!";
    });
    otp::logInfo("noise");
    otp::logInfo("news");
    const std::string me = fromMe();
    // A handler's filter changes what its own handler gets, and nothing else.
    check(handedOn(all) == "[info] " + me + "noise\n[info] " + me + "news\n");
    check(handedOn(quiet) == "[info] " + me + "news!\n");
    check(logger()
              .addFilter("secret", [](LogEvent& event) { return !event.text.contains("password"); })
              .has_value());
    check(logger().addFilter("secret", {}).error().code == atom("already_exist"));
    otp::logInfo("password 1234");
    check(handedOn(all).empty() && handedOn(quiet).empty());
    check(logger().recentSince(3).empty());
    check(logger().removeFilter("secret").has_value());
    check(logger().removeFilter("secret").error().code == atom("not_found"));
    otp::logInfo("password 1234");
    check(handedOn(all) == "[info] " + me + "password 1234\n");
    co_return;
}

Task<> failures() {
    const Lines all = addKeeper("all", LogLevel::Debug);
    check(logger()
              .addHandler("bad", LogLevel::Debug, [](const LogEvent&) { error("disk"_atom); })
              .has_value());
    check(logger().addFilter("worse", [](LogEvent&) -> bool { throwTerm("no"_atom); }).has_value());
    check(logger().addHandler("all", LogLevel::Debug, {}).error().code == atom("already_exist"));
    otp::logInfo("first");
    otp::logInfo("second");
    const std::string told = handedOn(all);
    const std::string me = fromMe();
    check(told.starts_with("[info] " + me + "first\n[info] " + me + "second\n"));
    check(told.contains("[error] Log handler bad was removed, because it raised :disk."));
    check(told.contains("[error] Log filter worse was removed, because it raised :no."));
    const Lines filtered =
        addKeeper("filtered", LogLevel::Debug, [](LogEvent&) -> bool { error("lost"_atom); });
    otp::logInfo("third");
    check(handedOn(filtered).starts_with("[info] " + me + "third\n"));
    check(handedOn(all).contains("The filter of log handler filtered was removed"));
    check(logger().removeHandler("bad").error().code == atom("not_found"));
    check(logger().removeFilter("worse").error().code == atom("not_found"));
    co_return;
}

Task<> killed() {
    otp::startSystem(Runtime::current());
    const Pid listener = self();
    check(logger()
              .addHandler("tell", LogLevel::Info,
                          [listener](const LogEvent& event) {
                              if (event.kind == otp::LogKind::Text)
                                  send(listener, event.text);
                          })
              .has_value());
    for (int i = 0; i < 5; ++i) {
        otp::logInfo(std::to_string(i));
        if (const auto pid = whereis("logger"_atom))
            exit(*pid, atoms::kill);
        otp::logInfo(std::to_string(i) + " again");
        checkEqual(co_await nextMessage(), std::to_string(i));
        checkEqual(co_await nextMessage(), std::to_string(i) + " again");
    }
}

Task<> overload() {
    const Lines all = addKeeper("all", LogLevel::Warning);
    for (std::size_t i = 0; i < Logger::kQueueMax + 3; ++i)
        otp::logInfo("line");
    check(handedOn(all) == "[warning] 3 log events were dropped\n");
    check(logger().droppedCount() == 3);
    check(logger().recentSince(0).size() == Logger::kRecentMax);
    co_return;
}

constexpr auto kScenarios = std::to_array<Scenario>({
    {"eight levels, and each handler's own", levels},
    {"a text is made only when its level is taken", belowTheLevel},
    {"metadata of the process and of the line", metadata},
    {"a line knows where it was written", whereItWasWritten},
    {"filters drop and change, for all or for one handler", filters},
    {"a handler or filter that raises is removed, and that is logged", failures},
    {"nothing is lost when the logger is killed", killed},
    {"what does not fit is counted", overload},
});

} // namespace

/// What a program says about itself.
class tst_Logger : public QObject {
    Q_OBJECT

private slots:
    GROVE_SCENARIOS(kScenarios)
};

QTEST_GUILESS_MAIN(tst_Logger)
#include "tst_logger.moc"
