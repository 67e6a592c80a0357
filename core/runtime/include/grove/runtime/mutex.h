#pragma once

#include <grove/term/mutex.h> // grove::Mutex, grove::Lock and the annotations
