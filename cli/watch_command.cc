#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/engine_lock.h"
#include "cli/follow.h"

namespace osc::cli {
namespace {

// Prints a document for each migration whose document has changed.
class JsonWatch {
 public:
  JsonWatch(const Context& context, state::Store& store) : context_(context), store_(store) {}

  void Show(const std::vector<std::string>& ids) {
    const bool engine = FindEngine(context_.options.state_directory).has_value();
    for (const std::string& id : ids) {
      const auto document = MigrationJson(TakeSnapshot(store_, id, engine));
      if (std::exchange(last_[id], document) != document) context_.out.Document(document, true);
    }
  }

 private:
  const Context& context_;
  state::Store& store_;
  std::map<std::string, nlohmann::ordered_json> last_;
};

}  // namespace

int RunWatch(Context& context) {
  const Options& options = context.options;
  state::Store store = state::Store::Open(options.state_directory);
  std::vector<std::string> ids = store.Unfinished();
  const bool all = options.id.empty();
  if (!all) {
    context.id = store.Find(options.id).id;
    ids = {context.id};
  }
  if (all && ids.empty()) {
    context.out.Note("there is no unfinished migration");
    return kExitDone;
  }

  Interrupt interrupt;
  context.stage = Stage::kEngine;
  EngineKeeper keeper(options);
  const bool unfinished = all || !state::IsFinal(store.Get(ids.front()).state);
  if (unfinished) keeper.Ensure();
  ProgressView view(STDOUT_FILENO);
  JsonWatch json(context, store);
  const End end = Follow(interrupt, unfinished ? &keeper : nullptr, store, [&] {
    // The finished ones stay on the screen, so that their end is seen.
    for (const std::string& id : store.Unfinished()) {
      if (all && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    bool over = true;
    std::vector<Shown> shown;
    for (const std::string& id : ids) {
      shown.push_back({store.Get(id), store.GetProgress(id), store.GetVerification(id)});
      over = over && state::IsFinal(shown.back().migration.state);
    }
    if (context.out.json()) {
      json.Show(ids);
    } else {
      view.Show(shown);
    }
    return over;
  });
  view.Finish();
  if (end == End::kInterrupted) return kExitDetached;
  return kExitDone;
}

}  // namespace osc::cli
