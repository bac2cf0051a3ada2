// The first step of a migration: check everything, then make the off-stage table and the
// checkpoint.
#pragma once

#include "src/mysql/connection.h"
#include "src/state/store.h"

namespace osc::shadow {

// Brings a queued migration to `copying` on the server that was chosen: preflight again (the table
// may have changed since the command was accepted), off-stage table, checkpoint at the binlog's
// present end, definitions into the store. May be repeated after a crash. Throws kRefused and
// kNotFound with nothing left on the server.
void Prepare(state::Store& store, const state::Migration& migration,
             const mysql::ConnectionOptions& server);

}  // namespace osc::shadow
