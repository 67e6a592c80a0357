#include "command_line.h"
#include "data_lock.h"
#include "display.h"
#include "fault_text.h"
#include "instance.h"
#include "program.h"
#include "run_window.h"
#include "verbs.h"

#include <grove/runtime/runtime.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace grove;
using namespace grove::app;

/// Whether something could not be written: a full disk, a reader that has gone.
std::atomic<bool> s_isOutputLost{false}; // relaxed: read when every writer has ended

void print(std::FILE* stream, std::string_view text) {
    const bool isWritten =
        std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
    if (!isWritten && stream == stdout)
        s_isOutputLost.store(true, std::memory_order_relaxed);
}

int fail(std::string_view message, int status = kFailure) {
    print(stderr, "grove: " + std::string(message) + "\n");
    return status;
}

/// Whether a window could be shown at all.
bool canShow(const CommandLine& commandLine) {
    for (const std::string& argument : commandLine.windowArguments)
        if (argument == "-platform")
            return true;
    return hasDisplay(&systemEnvironment);
}

Request requestFor(const CommandLine& commandLine) {
    Request request;
    request.listName = commandLine.listName;
    if (commandLine.verb == Verb::Import) {
        request.kind = Request::Kind::Import;
        request.file = std::filesystem::absolute(commandLine.importFile);
    } else if (commandLine.verb == Verb::Print) {
        request.kind = Request::Kind::Print;
    }
    return request;
}

int runVerb(const CommandLine& commandLine, const DataLock& lock) {
    if (lock.isReadOnly() && commandLine.verb == Verb::Import)
        return fail(
            faultText({.kind = storage::OpenFault::Kind::ReadOnlyFolder}, commandLine.dataFolder)
                .line());
    auto program = Program::start({.folder = commandLine.dataFolder,
                                   .schedulers = commandLine.schedulers,
                                   .mayOnlyRead = commandLine.verb == Verb::Print,
                                   .mustOnlyRead = lock.isReadOnly()});
    if (!program)
        return fail(faultText(program.error(), commandLine.dataFolder).line());
    Runtime& runtime = (*program)->runtime();
    External external(runtime, "command line");
    int status = kFailure;
    // The verb's process writes the status before it ends; its end, which this thread waits for,
    // comes after.
    const VerbOutput output{
        .output = [](std::string text) { print(stdout, text); },
        .error = [](std::string text) { print(stderr, text); },
        .finish = [&status](int finished) { status = finished; },
    };
    const Pid verb =
        commandLine.verb == Verb::Import
            ? startImport(runtime, std::filesystem::absolute(commandLine.importFile).string(),
                          commandLine.listName, kWorkers, output)
            : startPrint(runtime, commandLine.listName, kWorkers, output);
    static_cast<void>(external.receive(on<Down>(monitor(verb))));
    return status;
}

int run(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    auto parsed = parseCommandLine(arguments);
    if (!parsed)
        return fail(parsed.error(), kUsage);
    CommandLine commandLine = *std::move(parsed);
    if (commandLine.verb == Verb::Help || commandLine.verb == Verb::Version) {
        print(stdout, commandLine.verb == Verb::Help ? helpText() : versionText());
        return kSuccess;
    }
    if (commandLine.dataFolder.empty()) {
        const auto folder = defaultDataFolder(&systemEnvironment);
        if (!folder)
            return fail("There is no home folder for the lists. Name one: --data DIR.");
        commandLine.dataFolder = *folder;
    }
    if (commandLine.verb == Verb::Window && !canShow(commandLine))
        return fail("No display found. In a terminal: grove --print --list NAME. From another "
                    "computer: sh app/run.sh "
                    "--vnc. Virtual: xvfb-run sh app/run.sh.");

    const SystemClock clock;
    const Relay relay{.output = [](std::string_view text) { print(stdout, text); },
                      .error = [](std::string_view text) { print(stderr, text); }};
    auto held = lockOrAsk(commandLine.dataFolder, requestFor(commandLine), relay, clock);
    if (const auto* answered = std::get_if<grove::app::Answered>(&held))
        return answered->status;
    if (const auto* holder = std::get_if<LockHolder>(&held))
        return fail(
            heldMessage(*holder, std::chrono::floor<std::chrono::seconds>(clock.wallTime())),
            kHeld);
    if (const auto* failure = std::get_if<LockFailure>(&held))
        return fail(failure->message);
    if (commandLine.verb != Verb::Window)
        return runVerb(commandLine, std::get<DataLock>(held));

    std::vector<char*> forQt{argv[0]};
    for (std::string& argument : commandLine.windowArguments)
        forQt.push_back(argument.data());
    forQt.push_back(nullptr);
    return runWindow(commandLine, std::get<DataLock>(std::move(held)),
                     static_cast<int>(forQt.size()) - 1, forQt.data());
}

} // namespace

int main(int argc, char** argv) {
    const int status = run(argc, argv);
    if (status == kSuccess && s_isOutputLost.load(std::memory_order_relaxed))
        return fail("The output could not be written whole.");
    return status;
}
