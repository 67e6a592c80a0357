#include <grove/todo/list.h>

namespace grove {

Term TermConversion<todo::List>::toTerm(const todo::List& list) {
    return grove::toTerm(list.data());
}

bool TermConversion<todo::List>::fromTerm(const Term& term, todo::List& list,
                                          Conversion& conversion) {
    auto data = grove::fromTerm<todo::ListData>(term);
    if (!data)
        return conversion.fail(std::move(data).error().message);
    list = todo::List(*std::move(data));
    return true;
}

} // namespace grove
