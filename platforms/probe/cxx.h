// Properties of the C++ compiler and the C++ library.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Returns 1 if an exception that is thrown two frames below is caught with its message, else 0.
int probe_caught(const char *message);

#ifdef __cplusplus
}
#endif
