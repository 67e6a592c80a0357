#include <ui/observer/drawn_tree.h>
#include <ui/observer/drawn_tree_accessible.h>

#include <QAccessibleWidget>
#include <QHash>
#include <QPointer>

namespace grove::ui {

using observe::PlaceId;

namespace {

class TreeInterface;

/// One place of a drawn tree. Lives as long as the interface of its tree.
class PlaceInterface : public QAccessibleInterface {
public:
    PlaceInterface(DrawnTree* tree, PlaceId id) : m_tree(tree), m_id(id) {}

    bool isValid() const override { return m_tree && m_tree->tree().place(m_id); }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* parent() const override {
        return m_tree ? QAccessible::queryAccessibleInterface(m_tree) : nullptr;
    }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::TreeItem; }
    QRect rect() const override {
        if (!isValid())
            return {};
        const QRect box = m_tree->boxInViewport(m_id);
        return {m_tree->viewport()->mapToGlobal(box.topLeft()), box.size()};
    }
    QString text(QAccessible::Text kind) const override {
        if (!isValid() || kind != QAccessible::Name)
            return {};
        return m_tree->tree().indexOf(m_id).data(Qt::AccessibleTextRole).toString();
    }
    void setText(QAccessible::Text, const QString&) override {}
    QAccessible::State state() const override {
        QAccessible::State state;
        state.focusable = true;
        state.selectable = true;
        if (!isValid()) {
            state.invalid = true;
            return state;
        }
        state.expandable = !m_tree->tree().childrenOf(m_id).empty();
        state.collapsed = m_tree->isFolded(m_id);
        state.expanded = state.expandable && !state.collapsed;
        const bool current = m_tree->currentPlace() == m_id;
        state.selected = current;
        state.focused = current && m_tree->hasFocus();
        state.offscreen = !m_tree->viewport()->rect().intersects(m_tree->boxInViewport(m_id));
        return state;
    }

private:
    QPointer<DrawnTree> m_tree;
    PlaceId m_id;
};

class TreeInterface : public QAccessibleWidget {
public:
    explicit TreeInterface(DrawnTree* tree) : QAccessibleWidget(tree, QAccessible::Tree) {}
    ~TreeInterface() override {
        for (const QAccessible::Id id : m_ids)
            QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override { return static_cast<int>(view()->visiblePlaces().size()); }
    QAccessibleInterface* child(int index) const override {
        const std::vector<PlaceId> places = view()->visiblePlaces();
        return index < 0 || index >= static_cast<int>(places.size())
                   ? nullptr
                   : interfaceOf(places[static_cast<std::size_t>(index)]);
    }
    int indexOfChild(const QAccessibleInterface* wanted) const override {
        const std::vector<PlaceId> places = view()->visiblePlaces();
        for (std::size_t i = 0; i < places.size(); ++i)
            if (interfaceOf(places[i]) == wanted)
                return static_cast<int>(i);
        return -1;
    }
    QAccessibleInterface* childAt(int x, int y) const override {
        const PlaceId id = view()->placeAt(view()->viewport()->mapFromGlobal(QPoint(x, y)));
        return id ? interfaceOf(id) : nullptr;
    }
    QAccessibleInterface* focusChild() const override {
        const PlaceId id = view()->currentPlace();
        return id && view()->hasFocus() ? interfaceOf(id) : nullptr;
    }

private:
    DrawnTree* view() const { return static_cast<DrawnTree*>(widget()); }
    /// Places come and go; interfaces of those that are no more are dropped when there are many.
    QAccessibleInterface* interfaceOf(PlaceId id) const {
        if (m_ids.size() > 2000)
            for (auto at = m_ids.begin(); at != m_ids.end();) {
                if (view()->tree().place(at.key())) {
                    ++at;
                    continue;
                }
                QAccessible::deleteAccessibleInterface(at.value());
                at = m_ids.erase(at);
            }
        auto found = m_ids.find(id);
        if (found == m_ids.end())
            found = m_ids.insert(
                id, QAccessible::registerAccessibleInterface(new PlaceInterface(view(), id)));
        return QAccessible::accessibleInterface(found.value());
    }

    mutable QHash<PlaceId, QAccessible::Id> m_ids;
};

QAccessibleInterface* makeInterface(const QString&, QObject* object) {
    auto* tree = qobject_cast<DrawnTree*>(object);
    return tree ? new TreeInterface(tree) : nullptr;
}

} // namespace

void makeDrawnTreesAccessible() {
    static const bool s_installed = [] {
        QAccessible::installFactory(makeInterface);
        return true;
    }();
    Q_UNUSED(s_installed)
}

} // namespace grove::ui
