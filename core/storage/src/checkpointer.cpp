#include <grove/runtime/blocking.h>
#include <grove/runtime/receive.h>
#include <grove/storage/checkpointer.h>
#include <grove/storage/log_sync.h>
#include <grove/storage/write_turn.h>

#include <algorithm>
#include <utility>

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

Task<otp::Next> Checkpointer::handleCast(Look look) {
    if (!co_await open()) {
        co_await forgetLooks();
    } else if (look.isPause || co_await copyBeside(pagesPressing(look.transactionPages))) {
        co_await otp::call(WriteTurn::kName, WriteTurn::Take{}, kInfinity);
        co_await copyAlone();
        co_await forgetLooks();
        otp::cast(WriteTurn::kName, WriteTurn::Give{self()});
    }
    co_return Next{};
}

/// Returns false, and says why in the state, where it does not work.
Task<bool> Checkpointer::open() {
    if (m_copier)
        co_return true;
    auto opened = co_await blocking([this] { return LogCopier::open(state().file, m_options); });
    if (!opened) {
        state().lastFailure = print(opened.error());
        co_return false;
    }
    m_copier.emplace(*std::move(opened));
    co_return true;
}

/// Returns: whether to take the turn now; where a reader is in the way, that would be in vain.
Task<bool> Checkpointer::copyBeside(std::size_t pagesPressing) {
    const auto interrupt = [this]() noexcept { m_copier->interrupt(); };
    const auto begun = co_await blocking([this] { return m_copier->beginPart(); }, interrupt);
    if (!begun)
        state().lastFailure = print(begun.error());
    if (!begun || !*begun)
        co_return false;
    // Where LogSync has just ended or is held up, copyPart() syncs the log itself.
    static_cast<void>(co_await otp::tryCall(kLogSyncName, LogOnDisk{}, kLogOnDiskMax));
    const auto copied = co_await blocking([this] { return m_copier->copyPart(); }, interrupt);
    if (m_copier->isSyncOwed())
        static_cast<void>(co_await otp::tryCall(kLogSyncName, LogNextSynced{}, kNextSyncMax));
    const auto ended = co_await blocking([this] { return m_copier->endPart(); }, interrupt);
    if (!copied || !ended) {
        state().lastFailure = print(copied ? ended.error() : copied.error());
        co_return false;
    }
    if (!*copied)
        co_return true;
    const LogCopy& copy = **copied;
    if (copy.pages == 0)
        co_return false;
    ++state().parts;
    const bool hasMoved = copy.copied != std::exchange(m_copied, copy.copied);
    if (!hasMoved)
        co_return false;
    co_return copy.pages >= pagesPressing;
}

/// Requires: the write turn.
Task<> Checkpointer::copyAlone() {
    m_copied = 0;
    const auto copied = co_await blocking([this] { return m_copier->copyAlone(); },
                                          [this]() noexcept { m_copier->interrupt(); });
    if (!copied) {
        state().lastFailure = print(copied.error());
    } else if (copied->isWhole()) {
        ++state().checkpoints;
        state().pages += copied->pages;
    }
}

void LogLength::committed(std::size_t pages, std::size_t writes) {
    m_writesMax = m_writesMost;
    if (pages == 0)
        return;
    const bool hasBegunAnew = pages < m_end;
    if (hasBegunAnew)
        m_told = m_writes = m_longest = m_short = 0;
    m_longest = std::max(m_longest, hasBegunAnew ? pages : pages - m_end);
    m_writes = std::max(m_writes, writes);
    m_end = m_pages = pages;
    if (pages >= Checkpointer::pagesPressing(m_longest) && m_short++ < kShortMax)
        m_writesMax = std::max(m_writes / 2, std::size_t(1));
    if (pages >= std::max(Checkpointer::kLogPagesWanted, m_told + Checkpointer::kLogPagesPart)) {
        m_told = pages;
        otp::cast(Checkpointer::kName, Checkpointer::Look{.transactionPages = m_longest});
    }
}

void LogLength::paused() {
    m_pages = m_told = 0;
    otp::cast(Checkpointer::kName, Checkpointer::Look{.isPause = true});
}

otp::ChildSpec checkpointer(std::string file, ConnectionOptions options) {
    return otp::worker<Checkpointer>(std::move(file), std::move(options))
        .name(Checkpointer::kName)
        .label("Checkpointer")
        .ownThread();
}

} // namespace grove::storage
