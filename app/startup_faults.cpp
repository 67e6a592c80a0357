#include "startup_faults.h"

#include "fault_text.h"

#include <grove/todo/rows.h>

#include <QCoreApplication>
#include <QDateTime>
#include <QFileDialog>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>

namespace grove::app {

namespace {

using Kind = storage::OpenFault::Kind;
enum class Choice { TryAgain, ChooseFolder, ChooseBackup, Salvage, Continue, Quit };

constexpr int kButtonMargins = 32;

QString tr(const char* text) {
    return QCoreApplication::translate("StartupFaults", text);
}

QString text(const std::string& utf8) {
    return QString::fromStdString(utf8);
}

Choice ask(const QString& heading, const QString& details, std::initializer_list<Choice> choices) {
    QMessageBox box;
    box.setWindowTitle(QStringLiteral("Grove"));
    box.setText(QStringLiteral("<b>%1</b>").arg(heading.toHtmlEscaped()));
    box.setInformativeText(details);
    std::vector<std::pair<QPushButton*, Choice>> buttons;
    for (Choice choice : choices) {
        const QString words = choice == Choice::TryAgain       ? tr("Try again")
                              : choice == Choice::ChooseFolder ? tr("Choose another folder…")
                              : choice == Choice::ChooseBackup ? tr("Choose a backup…")
                              : choice == Choice::Salvage      ? tr("Start with what can be read")
                              : choice == Choice::Continue     ? tr("Continue")
                                                               : tr("Quit");
        auto* button = box.addButton(words, choice >= Choice::Continue ? QMessageBox::RejectRole
                                                                       : QMessageBox::AcceptRole);
        // The box shares its width among all of them; none is narrower than its words.
        button->setMinimumWidth(button->fontMetrics().horizontalAdvance(words) + kButtonMargins);
        buttons.emplace_back(button, choice);
    }
    box.setEscapeButton(buttons.back().first);
    box.exec();
    for (const auto& [button, choice] : buttons)
        if (box.clickedButton() == button)
            return choice;
    return Choice::Quit;
}

Choice askAbout(const storage::OpenFault& fault, const std::filesystem::path& folder) {
    const FaultText words = faultText(fault, folder);
    switch (fault.kind) {
    case Kind::Damaged:
        return ask(text(words.heading),
                   tr("Nothing was deleted, and nothing will be: the damaged file is kept beside "
                      "what can be read."),
                   {Choice::Salvage, Choice::ChooseBackup, Choice::TryAgain, Choice::ChooseFolder,
                    Choice::Quit});
    case Kind::RecoveryPending:
        return ask(text(words.heading),
                   tr("What could be read of it can be used now. The damaged file stays."),
                   {Choice::Salvage, Choice::ChooseBackup, Choice::Quit});
    case Kind::DiskFull:
    case Kind::Locked:
        return ask(text(words.heading), text(words.details), {Choice::TryAgain, Choice::Quit});
    case Kind::NewerVersion:
    case Kind::NotOurs:
        return ask(text(words.heading), text(words.details),
                   {Choice::ChooseBackup, Choice::TryAgain, Choice::ChooseFolder, Choice::Quit});
    case Kind::ReadOnlyFolder:
    case Kind::Failed:
        break;
    }
    return ask(text(words.heading), text(words.details),
               {Choice::TryAgain, Choice::ChooseFolder, Choice::Quit});
}

std::string stampNow() {
    return QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd-hhmm")).toStdString();
}

/// Puts a backup that the person chooses in the file's place, which is kept under another name.
void restoreBackup(const std::filesystem::path& folder) {
    const QString chosen = QFileDialog::getOpenFileName(
        nullptr, tr("A backup of the lists"), text(folder.string()),
        tr("Grove databases (*.db *.backup-v* *.damaged *.replaced);;All files (*)"));
    if (chosen.isEmpty())
        return;
    const auto kept = storage::replaceWithBackup(
        databaseFile(folder).string(), chosen.toStdString(), todo::todoSchema(), stampNow());
    if (kept) {
        ask(tr("The lists of the backup were put in place."),
            kept->empty() ? QString()
                          : tr("What was there before is kept as %1.")
                                .arg(text(std::filesystem::path(*kept).filename().string())),
            {Choice::Continue});
        return;
    }
    const FaultText words = faultText(kept.error(), folder);
    ask(tr("This backup cannot be used."),
        text(words.heading) + QLatin1Char(' ') + tr("Nothing was changed."), {Choice::Continue});
}

/// Reads what can be read and puts it in the file's place. Returns: whether the folder can be tried
/// again.
bool salvageDatabase(const storage::OpenFault& fault, const std::filesystem::path& folder) {
    const std::string file = databaseFile(folder).string();
    QString counts;
    if (fault.kind == Kind::Damaged) {
        const auto saved = storage::salvage(file, todo::todoSchema(), stampNow());
        if (!saved) {
            const FaultText words = faultText(saved.error(), folder);
            return ask(text(words.heading), text(words.details),
                       {Choice::TryAgain, Choice::Quit}) == Choice::TryAgain;
        }
        const auto rows = [&](const char* table) {
            const auto found = saved->rows.find(table);
            return QLocale().toString(
                static_cast<qlonglong>(found == saved->rows.end() ? 0 : found->second));
        };
        counts = tr("%1 entries in %2 lists could be read. The damaged file is now %3.")
                     .arg(rows("entries"), rows("lists"),
                          text(std::filesystem::path(saved->damagedFile).filename().string()));
        if (ask(tr("The lists can be started with what could be read."), counts,
                {Choice::Salvage, Choice::Quit}) != Choice::Salvage)
            return false;
    }
    const auto adopted = storage::adoptSalvaged(file);
    if (adopted)
        return true;
    const FaultText words = faultText(adopted.error(), folder);
    return ask(text(words.heading), text(words.details), {Choice::TryAgain, Choice::Quit}) ==
           Choice::TryAgain;
}

/// A folder and its lock. Returns: nothing when the person changed their mind or it cannot be had,
/// which was said.
std::optional<std::pair<std::filesystem::path, DataLock>>
lockOf(const std::filesystem::path& folder) {
    const auto now =
        std::chrono::sys_seconds(std::chrono::seconds(QDateTime::currentSecsSinceEpoch()));
    auto taken = DataLock::tryTake(folder, now);
    if (auto* lock = std::get_if<DataLock>(&taken))
        return std::pair(folder, std::move(*lock));
    const QString why = std::holds_alternative<LockHolder>(taken)
                            ? text(heldMessage(std::get<LockHolder>(taken), now))
                            : text(std::get<LockFailure>(taken).message);
    ask(tr("This folder cannot be used."), why, {Choice::Continue});
    return std::nullopt;
}

std::optional<std::pair<std::filesystem::path, DataLock>> chooseFolder() {
    const QString chosen = QFileDialog::getExistingDirectory(nullptr, tr("Folder for the lists"));
    return chosen.isEmpty() ? std::nullopt : lockOf(chosen.toStdString());
}

} // namespace

std::optional<std::pair<std::filesystem::path, DataLock>> lockAgain(std::filesystem::path folder,
                                                                    bool otherFolder) {
    if (otherFolder)
        if (auto chosen = chooseFolder())
            return chosen;
    return lockOf(folder);
}

std::optional<Opened> openWithQuestions(std::filesystem::path folder, DataLock lock,
                                        std::optional<std::size_t> schedulers,
                                        const std::function<bool()>& isEnded) {
    while (!isEnded()) {
        auto program = Program::start({.folder = folder,
                                       .schedulers = schedulers,
                                       .logToStandardError = true,
                                       .mayOnlyRead = true,
                                       .mustOnlyRead = lock.isReadOnly()});
        if (program)
            return Opened{std::move(folder), std::move(lock), *std::move(program)};
        switch (askAbout(program.error(), folder)) {
        case Choice::TryAgain:
            if (lock.isReadOnly()) // perhaps it can be written by now
                if (auto anew = lockOf(folder))
                    lock = std::move(anew->second);
            break;
        case Choice::ChooseBackup:
            restoreBackup(folder);
            break;
        case Choice::ChooseFolder:
            if (auto chosen = chooseFolder()) {
                folder = std::move(chosen->first);
                lock = std::move(chosen->second);
            }
            break;
        case Choice::Salvage:
            if (!salvageDatabase(program.error(), folder))
                return std::nullopt;
            break;
        case Choice::Continue:
        case Choice::Quit:
            return std::nullopt;
        }
    }
    return std::nullopt;
}

} // namespace grove::app
