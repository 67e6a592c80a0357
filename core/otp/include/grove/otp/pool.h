#pragma once

#include <grove/otp/call.h>
#include <grove/otp/child_spec.h>
#include <grove/otp/task.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace grove::otp {

/// Which free worker of a pool is handed out next.
enum class PoolStrategy : std::uint8_t {
    Lifo, ///< the one that was returned last
    Fifo, ///< the one that has been idle longest
};

/// What a pool is made of; the defaults are poolboy's.
struct PoolOptions {
    std::size_t size = 5;         ///< workers that are always there
    std::size_t maxOverflow = 10; ///< workers started on top of them while all are out
    PoolStrategy strategy = PoolStrategy::Lifo;
};

/// How busy a pool is.
enum class PoolState : std::uint8_t {
    Ready,    ///< a worker is free
    Overflow, ///< none is free; another may be started
    Full,     ///< whoever wants a worker waits
};

struct PoolStatus {
    PoolState state = PoolState::Ready;
    std::size_t free = 0;
    std::size_t overflow = 0; ///< workers beyond its size
    std::size_t checkedOut = 0;
};

/// A fixed number of workers that are lent to one process at a time, as poolboy's.
///
///     otp::pool("connections", otp::worker<Connection>(file), {.size = 3, .maxOverflow = 0})
///
///     Rows rows = co_await Pool::transaction("connections", [=](Pid connection) -> Task<Rows> {
///         co_return co_await otp::call(connection, Connection::Query{text});
///     });
///
/// All workers of its size start before the pool has started. Who wants one while all are out gets
/// one more if maxOverflow allows (it is stopped when it comes back), or waits, first come first
/// served. A worker comes back by checkin(), or because its borrower has ended; several loans to
/// one process come back one by one. A worker that ends is replaced. The workers are temporary
/// children of a DynamicSupervisor of the pool's own, whatever their specification says.
///
/// Threads: a process's. Errors: exits as otp::call, `{noproc, …}` without the pool. A worker that
/// cannot be started when one is needed ends the pool with `{badmatch, {error, Reason}}`.
///
/// When not to use it: for workers that may serve many at once (call them), or where a key decides
/// which one (PartitionSupervisor).
///
/// Departure from poolboy: a pool that stops waits until its workers have ended, and it ends when
/// their supervisor does.
class Pool {
public:
    /// Starts a pool that is linked to the calling process.
    [[nodiscard]] static grove::Task<StartResult> startLink(StartOptions start, ChildSpec worker,
                                                            PoolOptions options);

    /// Borrows a worker; waits in line while there is none. Errors: exits `{timeout, …}` after
    /// `limit`, and stands in line no more.
    [[nodiscard]] static grove::Task<Pid> checkout(ServerRef pool, Duration limit = kCallLimit);
    /// Borrows a worker; nothing when the pool is full.
    [[nodiscard]] static grove::Task<std::optional<Pid>> tryCheckout(ServerRef pool,
                                                                     Duration limit = kCallLimit);
    /// Gives a worker back. One that is not lent is ignored.
    static void checkin(const ServerRef& pool, Pid worker);

    /// Borrows a worker for the time of `function(worker)`, which may wait. Returns: what it
    /// returns. Errors: as checkout(), and what the function raises; the worker is given back
    /// whatever happens.
    template <class F>
    [[nodiscard]] static grove::Task<detail::TaskResultOf<F, Pid>>
    transaction(ServerRef pool, F function, Duration limit = kCallLimit) {
        const Pid worker = co_await checkout(pool, limit);
        const Loan loan(pool, worker);
        if constexpr (requires { typename std::invoke_result_t<F, Pid>::promise_type; })
            co_return co_await function(worker);
        else
            co_return function(worker);
    }

    [[nodiscard]] static grove::Task<PoolStatus> status(ServerRef pool);
    /// Ends the pool and its workers, lent ones too. Resumes: when all have ended.
    [[nodiscard]] static grove::Task<> stop(ServerRef pool);

private:
    /// A borrowed worker.
    class Loan {
    public:
        Loan(const ServerRef& pool, Pid worker) : m_pool(whereis(pool)), m_worker(worker) {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() {
            if (m_pool)
                checkin(*m_pool, m_worker);
        }

    private:
        std::optional<Pid> m_pool; // none: it has ended meanwhile, and its workers with it
        Pid m_worker;
    };
};

/// A pool as a child; `name` is also its id.
[[nodiscard]] ChildSpec pool(std::string_view name, ChildSpec worker, PoolOptions options = {});

} // namespace grove::otp

/// `{ready | overflow | full, Free, Overflow, CheckedOut}`
template <> struct grove::TermConversion<grove::otp::PoolStatus> {
    static Term toTerm(const grove::otp::PoolStatus& status);
    static bool fromTerm(const Term& term, grove::otp::PoolStatus& status, Conversion& conversion);
};
