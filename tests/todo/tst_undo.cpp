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
        m_history.began(operation, m_list.id(), nameOf(change, m_list));
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
        const OperationId operation = newOperation();
        send(m_history.undo(operation), operation);
    }
    void redo() {
        const OperationId operation = newOperation();
        send(m_history.redo(operation), operation);
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
            QVERIFY(!m_history.canUndo());
            for (std::size_t at = 1; at <= changes.size(); ++at) {
                redo();
                QVERIFY2(same(at), qPrintable(QString("redo to %1").arg(at)));
            }
            QVERIFY(!m_history.canRedo());
        }
    }

    void namesWhatItUndoes() {
        perform(AddEntries{{{.title = "Dentist"}}});
        QCOMPARE(m_history.undoName(), std::string("add 'Dentist'"));
        perform(SetDone{{{1, true}}});
        QCOMPARE(m_history.undoName(), std::string("tick off 'Dentist'"));
        perform(SetDone{{{1, false}}});
        QCOMPARE(m_history.undoName(), std::string("untick 'Dentist'"));
        perform(SetDates{{{1, 2026y / 4 / 30}}});
        QCOMPARE(m_history.undoName(), std::string("move 'Dentist' to 30 April"));
        perform(SetDates{{{1, std::nullopt}}});
        QCOMPARE(m_history.undoName(), std::string("remove the date of 'Dentist'"));
        perform(AddEntries{{{.title = "a"}, {.title = "b"}}});
        QCOMPARE(m_history.undoName(), std::string("add 2 entries"));
        perform(DeleteEntries{{{1, 3}}});
        QCOMPARE(m_history.undoName(), std::string("delete 3 entries"));
        perform(RenameList{"Home"});
        QCOMPARE(m_history.undoName(), std::string("rename list 'House'"));
        undo();
        QCOMPARE(m_history.redoName(), std::string("rename list 'House'"));
        QCOMPARE(nameOfImport(9981), std::string("import 9,981 entries"));
        QCOMPARE(nameOfCreate("House"), std::string("create list 'House'"));
    }

    void aNewChangeForgetsWhatCouldBeRedone() {
        perform(AddEntries{{{.title = "a"}}});
        undo();
        QVERIFY(m_history.canRedo());
        perform(AddEntries{{{.title = "b"}}});
        QVERIFY(!m_history.canRedo());
    }

    void aStepCanBeUndoneOnceItsAnswerHasCome() {
        m_history.began("op", 2, "add 'x'");
        QVERIFY(!m_history.canUndo());
        QCOMPARE(m_history.undoName(), std::string("add 'x'"));
        QVERIFY(!m_history.undo("undo"));
        QVERIFY(m_history.finished("op", DeleteEntries{{{1, 1}}}));
        QVERIFY(m_history.canUndo());
    }

    void aRefusedChangeLeavesTheHistory() {
        perform(AddEntries{{{.title = "a"}}});
        m_history.began("op", 2, "add 'x'");
        m_history.refused("op");
        QCOMPARE(m_history.undoName(), std::string("add 'a'"));
        QVERIFY(m_history.undo("undo"));
        m_history.refused("undo"); // somebody else has deleted it meanwhile
        QVERIFY(!m_history.canUndo());
        QVERIFY(!m_history.canRedo());
    }

    void anImportOfManyPartsIsOneStep() {
        m_history.began("import", 2, "import todos.csv");
        for (int part = 0; part < 3; ++part) {
            AddEntries add;
            for (int i = 0; i < 10; ++i)
                add.entries.push_back({.title = "x"});
            m_history.addPart("import", m_list.apply(add)->touched);
            QVERIFY(!m_history.canUndo());
        }
        m_history.finishedParts("import", nameOfImport(30));
        QCOMPARE(m_history.undoName(), std::string("import 30 entries"));
        undo();
        QCOMPARE(m_list.size(), 0u);
        redo();
        QCOMPARE(m_list.size(), 30u);
    }

    void anImportOfNothingIsNoStep() {
        m_history.began("import", 2, "import todos.csv");
        m_history.finishedParts("import", nameOfImport(0));
        QVERIFY(!m_history.canUndo());
        QCOMPARE(m_history.undoName(), std::string());
    }

    void keepsALimitedNumberOfSteps() {
        for (std::size_t i = 0; i < UndoHistory::kStepsMax + 5; ++i) {
            m_history.began("op", 2, std::to_string(i));
            QVERIFY(m_history.finished("op", DeleteList{}));
        }
        std::size_t steps = 0;
        while (m_history.undo("undo")) {
            ++steps;
            QVERIFY(m_history.finished("undo", DeleteList{}));
        }
        QCOMPARE(steps, UndoHistory::kStepsMax);
    }
};

QTEST_APPLESS_MAIN(tst_Undo)
#include "tst_undo.moc"
