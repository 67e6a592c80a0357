#include "fault_text.h"

#include "command_line.h"

namespace grove::app {

using Kind = storage::OpenFault::Kind;

std::string shortPath(const std::filesystem::path& path, const std::string& home) {
    const std::string text = path.string();
    if (!home.empty() && text.starts_with(home) &&
        (text.size() == home.size() || text[home.size()] == '/'))
        return "~" + text.substr(home.size());
    return text;
}

FaultText faultText(const storage::OpenFault& fault, const std::filesystem::path& folder) {
    const std::string where = shortPath(folder, systemEnvironment("HOME"));
    const std::string file = std::filesystem::path(fault.file).filename().string();
    switch (fault.kind) {
    case Kind::ReadOnlyFolder:
        return {"Grove cannot write to " + where + ".",
                "Nothing was changed. Make the folder writable and try again, or choose another "
                "folder (--data DIR)."};
    case Kind::DiskFull:
        return {"The disk is full.", "Nothing was changed. Free at least 1 MB and try again."};
    case Kind::Damaged:
        return {"Part of the database is damaged.",
                "Nothing was deleted. Start Grove with a window to read what can be read, or "
                "choose another folder "
                "(--data DIR)."};
    case Kind::RecoveryPending:
        return {"The recovery of a damaged database was not finished.",
                "What could be read lies beside it. Start Grove with a window to go on with it."};
    case Kind::NewerVersion:
        return {
            "These lists were written by a newer Grove (format " +
                std::to_string(fault.foundVersion) + "; this one reads up to " +
                std::to_string(fault.supportedVersion) + ").",
            "Nothing was changed. Install the newer Grove or choose another folder (--data DIR)."};
    case Kind::NotOurs:
        return {file + " is not a Grove database.",
                "It was left as it is. Choose another folder (--data DIR)."};
    case Kind::Locked:
        return {"Another program has " + file + " open for itself alone.",
                "Nothing was changed. Close the other program and try again."};
    case Kind::Failed:
        break;
    }
    return {"The lists in " + where + " cannot be opened.",
            "Nothing was changed. " + storage::print(fault.error)};
}

} // namespace grove::app
