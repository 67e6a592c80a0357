#pragma once

#include <QFuture>
#include <QObject>
#include <QPromise>
#include <QThreadPool>

#include <memory>
#include <type_traits>

namespace grove::ui {

/// Runs `work` on a pool thread and `done` with its result on the thread of `context`; `done` is
/// dropped if the context is gone by then. `work` must own what it reads.
template <class Work, class Done> void runElsewhere(QObject* context, Work work, Done done) {
    using Value = std::invoke_result_t<Work&>;
    auto promise = std::make_shared<QPromise<Value>>();
    promise->start();
    promise->future().then(context, [done = std::move(done)](const Value& value) { done(value); });
    QThreadPool::globalInstance()->start([promise, work = std::move(work)]() mutable {
        promise->addResult(work());
        promise->finish();
    });
}

} // namespace grove::ui
