#include "libc.h"

#include <time.h>

#ifdef __GLIBC__
const char *probe_libc(void) { return "glibc"; }
#else
// musl defines no macro. Only musl has this symbol, so the program does not link with another library.
extern const char __libc_version[];
const char *probe_libc(void) { return __libc_version[0] ? "musl" : "none"; }
#endif

int probe_time_bytes(void) { return sizeof(time_t); }

static _Thread_local int count = 1;
int probe_count(int by) { return count += by; }
