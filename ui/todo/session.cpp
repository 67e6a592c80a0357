#include <ui/todo/session.h>

namespace grove::ui {

ListInfo Session::listInfo(todo::ListId list) const {
    for (const ListInfo& info : lists())
        if (info.id == list)
            return info;
    return {};
}

} // namespace grove::ui
