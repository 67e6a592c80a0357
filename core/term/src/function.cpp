#include "access.h"
#include "function_object.h"

#include <grove/term/function.h>

#include <map>
#include <mutex>
#include <vector>

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
    made->flatWords = detail::saturated(detail::FunctionObject::kOwnWords + opaque.flatWords());
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

Term opaqueFunction(Atom module, std::uint32_t arity, const OpaqueFunction& parts) noexcept {
    GROVE_ASSERT(parts.uniq.size() == 16, "a function's uniq has 16 bytes");
    GROVE_ASSERT(parts.creator.kind() == TermKind::Pid, "a function's creator is a pid");
    std::vector<Term> kept = {parts.uniq, parts.index, parts.oldIndex, parts.oldUniq,
                              parts.creator};
    kept.insert(kept.end(), parts.environment.begin(), parts.environment.end());
    return makeFunction(FunctionKind::Opaque, module, atoms::undefined, arity, nullptr,
                        tupleFrom(kept));
}

std::optional<FunctionView> asFunction(const Term& term) noexcept {
    if (!term.isFunction()) {
        return std::nullopt;
    }
    const auto* object = TermAccess::object<detail::FunctionObject>(term);
    FunctionView view{object->functionKind, object->module, object->name,
                      object->arity,        object->native, {}};
    if (view.kind == FunctionKind::Opaque) {
        const auto kept = object->opaque.elements();
        view.opaque = {.uniq = kept[0].toBinary(),
                       .index = static_cast<std::uint32_t>(kept[1].toInt()),
                       .oldIndex = static_cast<std::int32_t>(kept[2].toInt()),
                       .oldUniq = static_cast<std::int32_t>(kept[3].toInt()),
                       .creator = kept[4],
                       .environment = kept.subspan(5)};
    }
    return view;
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
