#pragma once

#include <grove/otp/statem.h>

#include <optional>
#include <vector>

namespace grove::otp::detail {

/// The timeouts that one state machine has running.
///
/// Those that are not zero are timers that send the machine `{timeout, Ref, _}`. One that has fired
/// when it is ended may have its message still under way: it is remembered until that comes, and
/// dropped.
///
/// Threads: the machine's process.
class StatemTimeouts {
public:
    StatemTimeouts() = default;
    /// Ends them all.
    ~StatemTimeouts();
    StatemTimeouts(const StatemTimeouts&) = delete;
    StatemTimeouts& operator=(const StatemTimeouts&) = delete;

    /// Starts, ends or changes one, as the action says. Requires: a timeout's, not negative.
    void apply(StatemAction& action);
    void cancel(statem::EventType type, const Term& name = {});

    /// The oldest one of zero length, as an event; it runs no longer.
    [[nodiscard]] std::optional<StatemEvent> takeZero();

    enum class Meaning : std::uint8_t { Other, Late, Timeout };
    struct Found {
        Meaning meaning = Meaning::Other;
        StatemEvent event; // Timeout
    };
    /// What a message of the mailbox is: a timeout that runs no longer from here on, one that was
    /// ended before, or something else.
    [[nodiscard]] Found take(const Payload& message);

    /// `{Count, [{Type, Content}]}`.
    [[nodiscard]] Term term() const;

private:
    struct Running {
        statem::EventType type;
        Term name;
        Term content;
        Ref timer; // none: of zero length
        [[nodiscard]] bool is(statem::EventType wanted, const Term& wantedName) const noexcept {
            return type == wanted && equalsExact(name, wantedName);
        }
    };
    [[nodiscard]] static StatemEvent eventOf(Running timeout);

    std::vector<Running> m_running; // in the order in which they were started
    std::vector<Ref> m_late;
};

} // namespace grove::otp::detail
