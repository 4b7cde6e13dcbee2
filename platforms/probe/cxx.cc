#include "cxx.h"

#include <stdexcept>
#include <string>

namespace {

// Owns memory that unwinding must free.
void fail(const std::string &message) {
  std::string longer = message + ", longer than the capacity of the small string optimization";
  throw std::runtime_error(longer);
}

} // namespace

extern "C" int probe_caught(const char *message) {
  try {
    fail(message);
  } catch (const std::exception &error) {
    return std::string(error.what()).find(message) == 0;
  }
  return 0;
}
