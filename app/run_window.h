#pragma once

#include "command_line.h"
#include "data_lock.h"

namespace grove::app {

/// Runs the program with its window until it is closed. Returns: the exit status.
///
/// Threads: the main one. Takes the folder's lock, which it holds to the end; a person may choose
/// another folder.
int runWindow(const CommandLine& commandLine, DataLock lock, int argc, char** argv);

} // namespace grove::app
