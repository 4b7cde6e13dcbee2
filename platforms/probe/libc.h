// Properties of the C compiler and the C library.
#pragma once

// Returns the name of the C library.
const char *probe_libc(void);

// Returns the size of time_t in bytes.
int probe_time_bytes(void);

// Adds to a thread-local counter, which starts at 1, and returns the sum.
int probe_count(int by);
