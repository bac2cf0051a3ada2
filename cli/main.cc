#include "cli/program.h"

int main(int argc, char** argv) { return osc::cli::RunProgram(argc, argv); }
