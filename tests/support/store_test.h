// A store in a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "src/base/error.h"
#include "src/state/store.h"

namespace osc::state {

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "osc-store-XXXXXX").string();
    directory_ = std::filesystem::path(::mkdtemp(pattern.data())) / "state";
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_.parent_path()); }

  static Migration NewMigration(const std::string& table) {
    Migration migration;
    migration.server = "host:3306:1";
    migration.connection = "{}";
    migration.database = "shop";
    migration.table = table;
    migration.alter = "DROP COLUMN title";
    return migration;
  }
  std::filesystem::path File() const { return directory_ / "osc.sqlite"; }
  void Overwrite(std::streamoff at, const std::string& bytes) const {
    std::fstream file(File(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << bytes;
  }

  std::filesystem::path directory_;
};

template <typename Work>
Error Catch(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "nothing was thrown");
}

}  // namespace osc::state
