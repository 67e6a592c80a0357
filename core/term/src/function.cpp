#include "access.h"
#include "function_object.h"

#include <grove/term/function.h>

#include <map>
#include <mutex>

namespace grove {

namespace {

struct Registry {
    std::mutex mutex;
    std::map<std::pair<std::uint32_t, std::uint32_t>, NativeFunction>
        functions; ///< By name and arity; under mutex.
};

Registry& registry() {
    static Registry& made = *new Registry;
    return made;
}

Term makeFunction(FunctionKind kind, Atom module, Atom name, std::uint32_t arity,
                  NativeFunction native, Term opaque) noexcept {
    auto* made = detail::makeObject<detail::FunctionObject>(detail::BoxedKind::Function, 0);
    made->module = module;
    made->name = name;
    made->arity = arity;
    made->functionKind = kind;
    made->native = native;
    made->flatWords = 4 + opaque.flatWords();
    ::new (&made->opaque) Term(std::move(opaque));
    return TermAccess::adopt(made);
}

} // namespace

void registerFunction(Atom name, std::uint32_t arity, NativeFunction function) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const bool isNew = all.functions.emplace(std::pair(name.index(), arity), function).second;
    GROVE_ASSERT(isNew, "a function of this name and arity is registered already");
}

Result<Term> functionNamed(Atom name, std::uint32_t arity) {
    using namespace literals;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const auto found = all.functions.find({name.index(), arity});
    if (found == all.functions.end()) {
        return failure(atoms::undef, "no function is registered as " + std::string(name.name()) +
                                         "/" + std::to_string(arity));
    }
    return makeFunction(FunctionKind::Native, "grove"_atom, name, arity, found->second, Term());
}

Term exportTerm(Atom module, Atom name, std::uint32_t arity) noexcept {
    return makeFunction(FunctionKind::Export, module, name, arity, nullptr, Term());
}

Term opaqueFunction(Atom module, std::uint32_t arity, std::string_view encoded) noexcept {
    return makeFunction(FunctionKind::Opaque, module, atoms::undefined, arity, nullptr,
                        Term(encoded));
}

std::optional<FunctionView> asFunction(const Term& term) noexcept {
    if (!term.isFunction()) {
        return std::nullopt;
    }
    const auto* object = TermAccess::object<detail::FunctionObject>(term);
    return FunctionView{object->functionKind, object->module,
                        object->name,         object->arity,
                        object->native,       object->opaque.asBinary().value_or("")};
}

Result<Term> callFunction(const Term& function, std::span<const Term> arguments) {
    using namespace literals;
    const auto view = asFunction(function);
    if (!view) {
        return failure(atoms::badarg, "not a function");
    }
    if (view->native == nullptr) {
        return failure(atoms::undef, "the function " + std::string(view->module.name()) + ":" +
                                         std::string(view->name.name()) + "/" +
                                         std::to_string(view->arity) + " is not of this program");
    }
    if (view->arity != arguments.size()) {
        return failure("badarity"_atom, "the function takes " + std::to_string(view->arity) +
                                            " arguments, not " + std::to_string(arguments.size()));
    }
    return view->native(arguments);
}

} // namespace grove
