#include <grove/otp/environment.h>
#include <grove/runtime/errors.h>
#include <grove/runtime/extension.h>
#include <grove/runtime/runtime.h>

namespace grove::otp {

void Environment::setMode(RunMode mode) {
    const Lock lock(m_mutex);
    m_mode = mode;
}

RunMode Environment::mode() const {
    const Lock lock(m_mutex);
    return m_mode;
}

std::optional<Term> Environment::get(const std::string& application, Atom key) const {
    const Lock lock(m_mutex);
    const auto at = m_values.find(Key(application, key.name()));
    return at == m_values.end() ? std::nullopt : std::optional(at->second.value);
}

Term Environment::get(const std::string& application, Atom key, Term otherwise) const {
    return get(application, key).value_or(std::move(otherwise));
}

Term Environment::fetch(const std::string& application, Atom key) const {
    std::optional<Term> value = get(application, key);
    if (!value)
        grove::error(tuple(atoms::badarg,
                           Term("could not fetch application environment " +
                                std::string(key.name()) + " for application " + application)));
    return std::move(*value);
}

std::vector<std::pair<Atom, Term>> Environment::all(const std::string& application) const {
    const Lock lock(m_mutex);
    std::vector<std::pair<Atom, Term>> settings;
    for (auto at = m_values.lower_bound(Key(application, ""));
         at != m_values.end() && at->first.first == application; ++at)
        settings.emplace_back(atom(at->first.second), at->second.value);
    return settings;
}

void Environment::set(const std::string& application, Atom key, Term value, Persistent persistent) {
    const Lock lock(m_mutex);
    m_values.insert_or_assign(Key(application, key.name()), Value{std::move(value), persistent});
}

void Environment::unset(const std::string& application, Atom key) {
    const Lock lock(m_mutex);
    m_values.erase(Key(application, key.name()));
}

void Environment::load(const std::string& application, const std::vector<Setting>& settings) {
    const Lock lock(m_mutex);
    for (const Setting& setting : settings) {
        if (setting.mode && *setting.mode != m_mode)
            continue;
        Value& kept = m_values[Key(application, setting.key.name())];
        if (kept.persistent == Persistent::No)
            kept.value = setting.value;
    }
}

Environment& environment() {
    return extension<Environment>(Runtime::current());
}

} // namespace grove::otp
