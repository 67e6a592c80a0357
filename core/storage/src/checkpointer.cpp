#include <grove/runtime/blocking.h>
#include <grove/runtime/receive.h>
#include <grove/storage/checkpointer.h>
#include <grove/storage/write_turn.h>

namespace grove::storage {

namespace {

/// What is said while a checkpoint is under way is done by it.
Task<> forgetLooks() {
    for (;;) {
        const auto isLook = [](const Message& message) {
            return message.kind() == MessageKind::Cast && message.get<Checkpointer::Look>();
        };
        auto got = co_await receive(on(isLook), after(Duration::zero()));
        if (!std::holds_alternative<Message>(got))
            co_return;
    }
}

} // namespace

Checkpointer::State Checkpointer::init(std::string file, ConnectionOptions options) {
    m_options = std::move(options);
    return {.file = std::move(file)};
}

Task<otp::Next> Checkpointer::handleCast(Look) {
    // Twice beside the writers: what the second finds was written during the first, and is less.
    const bool isDone = co_await copy() && co_await copy();
    if (isDone) {
        co_await otp::call(WriteTurn::kName, WriteTurn::Take{}, kInfinity);
        const bool isWhole = co_await copy();
        co_await forgetLooks();
        otp::cast(WriteTurn::kName, WriteTurn::Give{self()});
        if (isWhole)
            ++state().checkpoints;
    } else {
        co_await forgetLooks();
    }
    co_return Next{};
}

/// Returns false, and says why in the state, where it does not work.
Task<bool> Checkpointer::copy() {
    if (!m_connection) {
        auto opened =
            co_await blocking([this] { return Connection::open(state().file, m_options); });
        if (!opened) {
            state().lastFailure = print(opened.error());
            co_return false;
        }
        m_connection.emplace(*std::move(opened));
    }
    auto copied = co_await blocking([this] { return m_connection->checkpoint(); },
                                    [this]() noexcept { m_connection->interrupt(); });
    if (!copied) {
        state().lastFailure = print(copied.error());
        co_return false;
    }
    state().pages += *copied;
    co_return true;
}

otp::ChildSpec checkpointer(std::string file, ConnectionOptions options) {
    return otp::worker<Checkpointer>(std::move(file), std::move(options))
        .name(Checkpointer::kName)
        .label("Checkpointer")
        .ownThread();
}

} // namespace grove::storage
