// Named places where a test can make the engine die, so that recovery is tested at every step that
// changes durable state or the server. Each name stands once. tests/crash/fault_points_test.cc
// finds them all, and fails for one that none of its acts passes. In a build without
// OSC_FAULT_POINTS they cost nothing.
#pragma once

namespace osc::base {

// Kills the process (SIGKILL, as a crash would) when the environment's OSC_FAULT names this point;
// "name:3" means its third passing. With OSC_FAULT_HOLD=name=FILE the first thread that passes it
// makes the file and waits there until the file is gone, half a minute at most. With
// OSC_FAULT_TRACE=FILE each passing is appended to the file.
void FaultPoint(const char* name);

}  // namespace osc::base

#ifdef OSC_FAULT_POINTS
#define OSC_FAULT_POINT(name) ::osc::base::FaultPoint(name)
#else
#define OSC_FAULT_POINT(name) ((void)0)
#endif
