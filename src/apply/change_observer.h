// Who wants to know which rows the stream is about to change off stage.
#pragma once

#include <stop_token>
#include <vector>

#include "src/apply/row_mapping.h"
#include "src/binlog/row_image.h"

namespace osc::apply {

// Called by the stream's dispatcher, in the binlog's order, before anything of the change is given
// to a lane: what has been noted durably when a method returns cannot be forgotten by a position
// that has passed it. After a crash some changes are noted twice. Methods throw kCancelled, or an
// error that ends the stream; what a repetition can mend they repeat themselves.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  // images: of rows of the live table whose keys are about to be written, changed or deleted.
  virtual void Note(std::stop_token stop, const RowMapping& mapping,
                    const std::vector<const binlog::RowImage*>& images) = 0;
  // Every row may be about to change, or some that are not named.
  virtual void NoteAll(std::stop_token stop) = 0;
};

}  // namespace osc::apply
