// The victim of the torture test: edits 20 lists as fast as it is acknowledged, and writes the id
// of each acknowledged operation to its standard output, until it is killed. Arguments: FILE SEED
// ROUND.
#include "torture_changes.h"

#include <grove/otp/application.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>
#include <grove/todo/client.h>
#include <grove/todo/system.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <unistd.h>

using namespace grove;
using namespace grove::todo;

namespace {

constexpr ListId kLists = 20;
constexpr std::size_t kPendingPerList = 8;

class Victim final : public ClientEvents {
public:
    Victim(Runtime& runtime, std::uint64_t seed, std::uint64_t round)
        : m_seed(seed), m_round(round),
          m_client(runtime, *this,
                   {.name = "torture-" + std::to_string(seed) + "-" + std::to_string(round)}) {}

    void begin() {
        m_client.attach();
        if (m_round == 1)
            for (ListId list = 2; list <= kLists; ++list)
                m_client.createList("make-" + std::to_string(list), list,
                                    "list " + std::to_string(list));
        for (ListId list = 1; list <= kLists; ++list)
            refill(list);
    }

    void answered(const OperationId& operation, ListId list, const ChangeAnswer& answer) override {
        if (answer.done) {
            const std::string line = operation + "\n";
            // Whole lines only: a pipe takes up to 4,096 bytes at once.
            if (::write(STDOUT_FILENO, line.data(), line.size()) !=
                static_cast<ssize_t>(line.size()))
                std::_Exit(3);
        }
        refill(list);
    }

    Client& client() { return m_client; }

private:
    void refill(ListId list) {
        while (m_client.pendingCount(list) < kPendingPerList) {
            const TortureOperation operation{m_round, list, ++m_numbers[list]};
            auto change = checkChange(operation.change(m_seed));
            if (!change)
                std::_Exit(4);
            m_client.submit(operation.id(), list, *std::move(change));
        }
    }

    std::uint64_t m_seed;
    std::uint64_t m_round;
    Client m_client;
    std::map<ListId, std::uint64_t> m_numbers;
};

Task<> suffer(Victim* victim) {
    victim->begin();
    for (;;) {
        Message message = co_await receive(any());
        static_cast<void>(victim->client().handle(message));
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4)
        return 2;
    const std::string file = argv[1];
    if (!storage::prepareDatabase(file, todoSchema()))
        return 5;
    Runtime runtime({.schedulers = 2});
    otp::startSystem(runtime);
    if (!addApplications(extension<otp::Applications>(runtime), {.database = {.file = file}}))
        return 6;
    if (auto started = otp::startApplication(runtime, "todo"); !started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 7;
    }
    Victim victim(runtime, std::strtoull(argv[2], nullptr, 10),
                  std::strtoull(argv[3], nullptr, 10));
    External external(runtime, "torture");
    const Spawned process = spawnMonitor(suffer, &victim);
    static_cast<void>(external.receive(on<Down>(process.monitor)));
    return 8; // it never ends by itself
}
