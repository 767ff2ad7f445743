/* signals: see kinglet/signals.h. Pure. */
#include "kinglet/signals.h"

#include "kinglet/number.h"

#include <signal.h>
#include <string.h>

enum { RT_FIRST = 34, RT_LAST = 64 }; /* SIGRTMIN and SIGRTMAX as both C libraries have them */

static const struct {
    unsigned char number;
    char name[7];
} names[] = {
    {SIGHUP, "HUP"},       {SIGINT, "INT"},       {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},     {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},     {SIGABRT, "IOT"},      {SIGBUS, "BUS"},   {SIGFPE, "FPE"},     {SIGKILL, "KILL"},
    {SIGUSR1, "USR1"},     {SIGSEGV, "SEGV"},     {SIGUSR2, "USR2"}, {SIGPIPE, "PIPE"},   {SIGALRM, "ALRM"},
    {SIGTERM, "TERM"},     {SIGCHLD, "CHLD"},     {SIGCHLD, "CLD"},  {SIGCONT, "CONT"},   {SIGSTOP, "STOP"},
    {SIGTSTP, "TSTP"},     {SIGTTIN, "TTIN"},     {SIGTTOU, "TTOU"}, {SIGURG, "URG"},     {SIGXCPU, "XCPU"},
    {SIGXFSZ, "XFSZ"},     {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"}, {SIGWINCH, "WINCH"}, {SIGIO, "IO"},
    {SIGIO, "POLL"},       {SIGPWR, "PWR"},       {SIGSYS, "SYS"},
#ifdef SIGSTKFLT
    {SIGSTKFLT, "STKFLT"},
#endif
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whether `word` is `name`, in either case. */
static bool same(const char *word, size_t len, const char *name)
{
    if (len != strlen(name))
        return false;
    for (size_t i = 0; i < len; i++)
        if (upper(word[i]) != name[i])
            return false;
    return true;
}

/* RTMIN, RTMIN+N, RTMAX, RTMAX-N. */
static int parse_realtime(const char *word, size_t len)
{
    bool from_min;
    uint64_t offset = 0;

    if (len < 5 || (!same(word, 5, "RTMIN") && !same(word, 5, "RTMAX")))
        return 0;
    from_min = upper(word[3]) == 'I';
    if (len > 5 && (word[5] != (from_min ? '+' : '-') ||
                    number_parse(word + 6, len - 6, RT_LAST - RT_FIRST, &offset) != 0))
        return 0;
    return from_min ? RT_FIRST + (int)offset : RT_LAST - (int)offset;
}

int signal_parse(const char *word, size_t len)
{
    uint64_t number;

    if (number_parse(word, len, SIGNAL_MAX, &number) == 0)
        return (int)number;
    if (len > 3 && same(word, 3, "SIG")) {
        word += 3;
        len -= 3;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (same(word, len, names[i].name))
            return names[i].number;
    return parse_realtime(word, len);
}

void signal_put(struct text *t, int signal_number)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == signal_number) {
            text_put(t, "SIG");
            text_put(t, names[i].name);
            return;
        }
    if (signal_number >= RT_FIRST && signal_number <= RT_LAST) {
        text_put(t, "SIGRTMIN+");
        signal_number -= RT_FIRST;
    }
    text_u64(t, (uint64_t)signal_number);
}
