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
    if (co_await open()) {
        co_await otp::call(WriteTurn::kName, WriteTurn::Take{}, kInfinity);
        co_await copy();
        co_await forgetLooks();
        otp::cast(WriteTurn::kName, WriteTurn::Give{self()});
    } else {
        co_await forgetLooks();
    }
    co_return Next{};
}

/// Returns false, and says why in the state, where it does not work.
Task<bool> Checkpointer::open() {
    if (m_connection)
        co_return true;
    auto opened = co_await blocking([this] { return Connection::open(state().file, m_options); });
    if (!opened) {
        state().lastFailure = print(opened.error());
        co_return false;
    }
    m_connection.emplace(*std::move(opened));
    co_return true;
}

/// Requires: the write turn.
Task<> Checkpointer::copy() {
    const auto copied = co_await blocking([this] { return m_connection->checkpoint(); },
                                          [this]() noexcept { m_connection->interrupt(); });
    if (!copied) {
        state().lastFailure = print(copied.error());
    } else if (copied->isWhole()) {
        ++state().checkpoints;
        state().pages += copied->pages;
    }
}

otp::ChildSpec checkpointer(std::string file, ConnectionOptions options) {
    return otp::worker<Checkpointer>(std::move(file), std::move(options))
        .name(Checkpointer::kName)
        .label("Checkpointer")
        .ownThread();
}

} // namespace grove::storage
