/* memory: see kinglet/memory.h. */
#include "kinglet/memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STACK_TOUCHED = 262144 /* more than start-up takes */ };

/* The linker's: where the file is mapped, and where its code ends. Behind that come relocated constants,
 * which are in no file. */
extern const char __executable_start[], etext[];

/* The whole pages from `from` to `to`. */
static void advise(uintptr_t from, uintptr_t to, int advice)
{
    uintptr_t page = (uintptr_t)getpagesize();

    from = (from + page - 1) & ~(page - 1);
    to &= ~(page - 1);
    madvise((void *)from, to - from, advice); /* NOLINT(performance-no-int-to-ptr): addresses it is about */
}

void memory_give_back(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    /* Where a mapping changes its kind the kernel does not read ahead: what follows this function of less
     * than 128 bytes, the last that waiting needs (idle.order), stays away until it is called. */
    advise((uintptr_t)memory_give_back + 128, (uintptr_t)etext, MADV_DONTDUMP);
    advise((uintptr_t)__executable_start, (uintptr_t)etext, MADV_DONTNEED);
    advise(frame - STACK_TOUCHED, frame - 4096, MADV_DONTNEED);
}
