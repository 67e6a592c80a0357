#include <grove/todo/undo.h>

#include <QTest>

using namespace grove::todo;
using namespace std::chrono_literals;

class tst_Undo : public QObject {
    Q_OBJECT

    List m_list;
    UndoHistory m_history;
    int m_operations = 0;

    OperationId newOperation() { return "op-" + std::to_string(++m_operations); }

    void perform(const Change& change) {
        const OperationId operation = newOperation();
        m_history.began(operation, m_list.id(), "change " + std::to_string(m_operations));
        auto applied = m_list.apply(change);
        QVERIFY(applied);
        QVERIFY(m_history.finished(operation, applied->inverse));
    }
    void send(std::optional<UndoHistory::Step> step, const OperationId& operation) {
        QVERIFY(step);
        auto applied = m_list.apply(step->change);
        QVERIFY(applied);
        QVERIFY(m_history.finished(operation, applied->inverse));
    }
    void undo() {
        m_history.wantUndo();
        const OperationId operation = newOperation();
        send(m_history.next(operation), operation);
    }
    void redo() {
        m_history.wantRedo();
        const OperationId operation = newOperation();
        send(m_history.next(operation), operation);
    }
    bool canUndo() {
        UndoHistory copy = m_history;
        copy.wantUndo();
        return copy.hasNext();
    }
    bool canRedo() {
        UndoHistory copy = m_history;
        copy.wantRedo();
        return copy.hasNext();
    }

private slots:
    void init() {
        m_list = List(2, "House");
        m_history = UndoHistory();
    }

    void undoesAndRedoesEveryKindOfChangeInOrder() {
        std::vector<ListData> states{m_list.data()};
        const std::vector<Change> changes = {
            AddEntries{{{.title = "Dentist"}, {.title = "Shopping"}}},
            SetTitles{{{1, "Dentist at 5"}}},
            SetDone{{{1, true}, {2, true}}},
            SetDates{{{2, 2026y / 4 / 30}}},
            DeleteEntries{{{1, 2}}},
            RenameList{"Home"},
            DeleteList{}};
        for (const Change& change : changes) {
            perform(change);
            states.push_back(m_list.data());
        }
        const auto same = [&](std::size_t at) {
            return m_list.data().entries == states[at].entries &&
                   m_list.name() == states[at].name && m_list.isDeleted() == states[at].deleted;
        };
        for (int round = 0; round < 3; ++round) {
            for (std::size_t at = changes.size(); at-- > 0;) {
                undo();
                QVERIFY2(same(at), qPrintable(QString("undo to %1").arg(at)));
            }
            QVERIFY(!canUndo());
            for (std::size_t at = 1; at <= changes.size(); ++at) {
                redo();
                QVERIFY2(same(at), qPrintable(QString("redo to %1").arg(at)));
            }
            QVERIFY(!canRedo());
        }
    }

    void namesWhatItUndoes() {
        m_history.began("op", 2, "tick off 'Dentist'");
        QCOMPARE(m_history.undoName(), std::string("tick off 'Dentist'"));
        QVERIFY(m_history.finished("op", SetDone{{{1, false}}}));
        m_history.wantUndo();
        QVERIFY(m_history.next("undo"));
        QCOMPARE(m_history.undoName(), std::string());
        QCOMPARE(m_history.redoName(), std::string("tick off 'Dentist'"));
    }

    void aNewChangeForgetsWhatCouldBeRedone() {
        perform(AddEntries{{{.title = "a"}}});
        undo();
        QVERIFY(canRedo());
        perform(AddEntries{{{.title = "b"}}});
        QVERIFY(!canRedo());
    }

    void anUndoIsRememberedUntilItsChangeIsOnDisk() {
        m_history.began("op", 2, "add 'x'");
        m_history.wantUndo();
        QVERIFY(!m_history.hasNext());
        QVERIFY(!m_history.next("undo"));
        QVERIFY(m_history.finished("op", DeleteEntries{{{1, 1}}}));
        const auto step = m_history.next("undo");
        QVERIFY(step);
        QVERIFY(step->change == Change(DeleteEntries{{{1, 1}}}));
        QVERIFY(!m_history.hasNext());
    }

    void aRedoIsRememberedUntilTheUndoIsOnDisk() {
        perform(AddEntries{{{.title = "a"}}});
        m_history.wantUndo();
        const auto undone = m_history.next("undo");
        QVERIFY(undone);
        m_history.wantRedo();
        QVERIFY(!m_history.hasNext());
        QVERIFY(m_history.finished("undo", m_list.apply(undone->change)->inverse));
        QVERIFY(m_history.hasNext());
        send(m_history.next("redo"), "redo");
        QCOMPARE(m_list.size(), 1u);
        QVERIFY(canUndo());
    }

    void aRedoTakesAwayAnUndoThatIsStillWanted() {
        m_history.began("op", 2, "add 'x'");
        m_history.wantUndo();
        m_history.wantRedo();
        QVERIFY(m_history.finished("op", DeleteEntries{{{1, 1}}}));
        QVERIFY(!m_history.hasNext());
        QCOMPARE(m_history.undoName(), std::string("add 'x'"));
    }

    void noMoreIsWantedThanThereIs() {
        perform(AddEntries{{{.title = "a"}}});
        for (int i = 0; i < 3; ++i)
            m_history.wantUndo();
        send(m_history.next("undo"), "undo");
        QVERIFY(!m_history.hasNext());
        perform(AddEntries{{{.title = "b"}}});
        QVERIFY(!m_history.hasNext()); // the presses that found nothing are not kept
        m_history.wantRedo();
        QVERIFY(!m_history.hasNext());
    }

    void whatWasWantedOfARefusedChangeIsForgotten() {
        perform(AddEntries{{{.title = "a"}}});
        m_history.began("op", 2, "add 'x'");
        m_history.wantUndo();
        m_history.refused("op");
        QVERIFY(!m_history.hasNext());
        QVERIFY(canUndo());
    }

    void aRefusedChangeLeavesTheHistory() {
        perform(AddEntries{{{.title = "a"}}});
        m_history.began("op", 2, "add 'x'");
        m_history.refused("op");
        QCOMPARE(m_history.undoName(), "change " + std::to_string(m_operations));
        m_history.wantUndo();
        QVERIFY(m_history.next("undo"));
        m_history.refused("undo"); // somebody else has deleted it meanwhile
        QVERIFY(!canUndo());
        QVERIFY(!canRedo());
    }

    void anImportOfManyPartsIsOneStep() {
        m_history.began("import", 2, "import todos.csv");
        for (int part = 0; part < 3; ++part) {
            AddEntries add;
            for (int i = 0; i < 10; ++i)
                add.entries.push_back({.title = "x"});
            m_history.addPart("import", m_list.apply(add)->touched);
            QVERIFY(!canUndo());
        }
        m_history.finishedParts("import", "import 30 entries");
        QCOMPARE(m_history.undoName(), std::string("import 30 entries"));
        undo();
        QCOMPARE(m_list.size(), 0u);
        redo();
        QCOMPARE(m_list.size(), 30u);
    }

    void anImportOfNothingIsNoStep() {
        m_history.began("import", 2, "import todos.csv");
        m_history.finishedParts("import", "import 0 entries");
        QVERIFY(!canUndo());
        QCOMPARE(m_history.undoName(), std::string());
    }

    void keepsALimitedNumberOfSteps() {
        for (std::size_t i = 0; i < UndoHistory::kStepsMax + 5; ++i) {
            m_history.began("op", 2, std::to_string(i));
            QVERIFY(m_history.finished("op", DeleteList{}));
        }
        std::size_t steps = 0;
        for (m_history.wantUndo(); m_history.hasNext(); m_history.wantUndo()) {
            QVERIFY(m_history.next("undo"));
            ++steps;
            QVERIFY(m_history.finished("undo", DeleteList{}));
        }
        QCOMPARE(steps, UndoHistory::kStepsMax);
    }
};

QTEST_APPLESS_MAIN(tst_Undo)
#include "tst_undo.moc"
