/* memory: what start-up has touched and the wait for signals does not need, given back to the kernel. */
#ifndef KINGLET_MEMORY_H
#define KINGLET_MEMORY_H

/* Drops the pages of code, constants and stack below this frame that are in memory (madvise(2)). What is
 * needed again comes back from the file, or as zeros. Failure is nothing. */
void memory_give_back(void);

#endif
