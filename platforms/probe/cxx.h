// What the C++ compiler and the C++ library make of a platform.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Whether an exception that is thrown two frames below is caught with its message.
int probe_caught(const char *message);

#ifdef __cplusplus
}
#endif
