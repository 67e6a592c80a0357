#pragma once

#include <grove/runtime/block.h>
#include <grove/runtime/cell.h>
#include <grove/runtime/epoch.h>
#include <grove/runtime/hash_table.h>
#include <grove/runtime/limbo.h>

/// What tables are made of and others read without a lock, too.
namespace grove::ets {

using runtime::adopt;
using runtime::BasicHashTable;
using runtime::Block;
using runtime::Borrowed;
using runtime::Cell;
using runtime::elementOf;
using runtime::epochs;
using runtime::HashRubble;
using runtime::Limbo;
using runtime::Pin;
using runtime::PinAlone;
using runtime::sizeOf;
using runtime::toCell;

} // namespace grove::ets
