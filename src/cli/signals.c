/* signals: see kinglet/signals.h. Pure. */
#include "kinglet/signals.h"

#include "kinglet/number.h"

#include <signal.h>
#include <string.h>

enum { RT_FIRST = 34, RT_LAST = 64 }; /* SIGRTMIN and SIGRTMAX as both C libraries have them */

/* By number from 1 on, as all machines but MIPS, SPARC, Alpha and PA-RISC have them; then other names of
 * `others`. */
static const char names[] =
    "HUP\0INT\0QUIT\0ILL\0TRAP\0ABRT\0BUS\0FPE\0KILL\0USR1\0SEGV\0USR2\0PIPE\0ALRM\0TERM\0STKFLT\0CHLD\0CONT"
    "\0STOP\0"
    "TSTP\0TTIN\0TTOU\0URG\0XCPU\0XFSZ\0VTALRM\0PROF\0WINCH\0IO\0PWR\0SYS\0IOT\0CLD\0POLL\0RTMIN\0RTMAX\0";
static const unsigned char others[] = {SIGABRT, SIGCHLD, SIGIO, RT_FIRST, RT_LAST};

_Static_assert(SIGBUS == 7 && SIGUSR1 == 10 && SIGSTKFLT == 16 && SIGCHLD == 17 && SIGURG == 23 &&
                   SIGSYS == 31,
               "the names are in the order of the numbers");

int signal_parse(const char *word, size_t len)
{
    const char *name = names;
    uint64_t number;
    size_t name_len;
    int found = 1;
    bool up;

    if (number_parse(word, len, SIGNAL_MAX, &number) == 0)
        return (int)number;
    if (text_same("SIG", word) == 3) {
        word += 3;
        len -= 3;
    }
    name_len = strcspn(word, "+-:");
    while (text_same(name, word) != name_len || name[name_len] != '\0') {
        name = text_after(name);
        found++;
        if (*name == '\0')
            return 0;
    }
    if (found > SIGSYS)
        found = others[found - SIGSYS - 1];
    if (name_len == len)
        return found;
    up = word[name_len] == '+';
    if (found != (up ? RT_FIRST : RT_LAST) ||
        number_parse(word + name_len + 1, len - name_len - 1, RT_LAST - RT_FIRST, &number) != 0)
        return 0;
    return up ? RT_FIRST + (int)number : RT_LAST - (int)number;
}

void signal_put(struct text *t, int signal_number)
{
    const char *name = names;

    if (signal_number <= SIGSYS) {
        while (--signal_number > 0)
            name = text_after(name);
        text_format(t, "SIG%s", name);
        return;
    }
    if (signal_number >= RT_FIRST) {
        text_put(t, "SIGRTMIN+");
        signal_number -= RT_FIRST;
    }
    text_u64(t, (uint64_t)signal_number);
}
