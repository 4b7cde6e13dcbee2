// What the C compiler and the C library make of a platform.
#pragma once

// The C library's name.
const char *probe_libc(void);

// Bytes of time_t.
int probe_time_bytes(void);

// Adds to a counter that each thread has of its own, and gives the sum.
int probe_count(int by);
