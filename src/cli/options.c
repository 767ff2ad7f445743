/* options: see kinglet/options.h. */
#include "kinglet/options.h"

#include "kinglet/duration.h"
#include "kinglet/number.h"
#include "kinglet/signals.h"

#include <string.h>

struct parse {
    struct text *faults;
    char *values;
    const char *shown; /* what is being read, behind - or KINGLET: -stop-delay=5, u0, _STOP_DELAY=5 */
    const char *value; /* NULL: none */
    const char *name;  /* of the option that this is */
    const struct option *row;
    const char *names;
    const struct option *rows;
    uint64_t cleared; /* options whose list from the environment has been put aside */
    unsigned len;     /* of the option in `shown`: a letter, or what comes before the = */
    bool from_env;
};

static void fault(const struct parse *p, const char *what)
{
    text_fault(p->faults, "%s%.*s: ", p->from_env ? "KINGLET" : "-", (int)p->len, p->shown);
    if (p->value != NULL)
        text_format(p->faults, "'%s' ", p->value);
    text_put(p->faults, what);
}

/* Turns to the option that is shown, by its letter or name. */
static bool find(struct parse *p)
{
    const char *name = p->names;

    for (const struct option *row = p->rows; row->kind != OPTION_END; row++) {
        unsigned n = 0;
        p->row = row;
        p->name = name;
        for (char c; (c = name[n]) != '\0'; n++) {
            if (p->from_env)
                c = c == '-' ? '_' : (char)(c - 'a' + 'A');
            if (p->shown[1 + n] != c)
                break;
        }
        if (row->kind < OPTION_HIDDEN) {
            if (row->letter == *p->shown)
                return true;
            if (n > 0 && 1 + n == p->len && name[n] == '\0')
                return true;
        }
        name = text_after(name);
        if ((row->kind & ~OPTION_HIDDEN) == OPTION_CHOICE) /* its words */
            name = text_after(name);
    }
    return false;
}

/* Separated by white space in the environment, and at commas where it is such a list. */
static const char *add_words(const struct parse *p, struct list *list)
{
    const char *separators = (p->from_env ? ", \t\n" : ",") + (p->row->kind == OPTION_LIST);
    const char *at = p->value;

    if (!p->from_env && *at == '\0')
        return "is empty";
    while (*at != '\0') {
        size_t len = strcspn(at, separators);
        if (len > 0) {
            char *word = arena_take(len + 1);
            if (word == NULL || list_add(list, word) != 0)
                return "does not fit into memory";
            memcpy(word, at, len);
        }
        at += len;
        at += *at != '\0';
    }
    return NULL;
}

int options_choice(const char *words, const char *value)
{
    for (int i = 0;; i++, words++) {
        const char *v = value;
        while (*words == *v && *v != '\0' && *v != '|')
            words++, v++;
        if (*v == '\0' && (*words == '\0' || *words == '|'))
            return i;
        while (*words != '\0' && *words != '|')
            words++;
        if (*words == '\0')
            return -1;
    }
}

/* Puts the value where it belongs. Returns what is wrong with it, or NULL. */
static const char *store(struct parse *p)
{
    const char *value = p->value;
    void *at = p->values + p->row->at;
    uint64_t bit = UINT64_C(1) << (p->row - p->rows);
    uint64_t number, max = UINT32_MAX / 2;
    int n;

    if (value == NULL && p->row->kind > OPTION_COUNT)
        return "a value is missing";
    switch ((enum option_kind)p->row->kind) {
    case OPTION_FLAG:
        n = value == NULL ? 3 : *value == '\0' ? 0 : options_choice("0|false|no|1|true|yes", value);
        if (n < 0)
            return "is none of 0|false|no|1|true|yes";
        *(bool *)at = n >= 3;
        break;
    case OPTION_COUNT:
        if (value == NULL) {
            ++*(unsigned *)at;
            break;
        }
        max = 9;
        __attribute__((fallthrough));
    case OPTION_NUMBER:
        if (number_parse(value, strlen(value), max, &number) != 0)
            return max == 9 ? "is not a number from 0 to 9" : "is not a decimal number";
        *(unsigned *)at = (unsigned)number;
        break;
    case OPTION_STRING:
        *(const char **)at = value;
        break;
    case OPTION_LIST:
    case OPTION_COMMAS:
        if (!p->from_env && (p->cleared & bit) == 0) {
            ((struct list *)at)->count = 0;
            p->cleared |= bit;
        }
        return add_words(p, at);
    case OPTION_DURATION:
        return duration_parse(value, at);
    case OPTION_SIGNAL:
        n = signal_parse(value, strlen(value));
        if (n == 0)
            return "is not a signal (like TERM, SIGTERM, 15 or RTMIN+3)";
        *(int *)at = n;
        break;
    case OPTION_CHOICE:
        n = options_choice(text_after(p->name), value);
        if (n < 0)
            return "is none of ";
        *(unsigned *)at = (unsigned)n;
        break;
    case OPTION_END:
    case OPTION_HIDDEN:
        break;
    }
    return NULL;
}

static void take(struct parse *p)
{
    const char *wrong = store(p);

    if (wrong == NULL)
        return;
    fault(p, wrong);
    if (p->value != NULL && p->row->kind == OPTION_CHOICE)
        text_put(p->faults, text_after(p->name));
}

/* The KINGLET_ variables. Kubernetes sets such ones too for a service of that name, so one that is unknown is
 * not ours to complain of. */
static void parse_environment(struct parse *p, char *const *env)
{
    p->from_env = true;
    for (; *env != NULL; env++) {
        if (**env != 'K' || strncmp(*env, "KINGLET_", 8) != 0)
            continue;
        p->shown = *env + 7;
        p->len = (unsigned)strcspn(p->shown, "=");
        p->value = p->shown + p->len;
        if (*p->value++ == '=' && find(p))
            take(p);
    }
    p->from_env = false;
}

/* One word of options, whose value may be the next one. Returns what is behind. */
static char *const *parse_word(struct parse *p, char *const *argv)
{
    bool is_long = argv[0][1] == '-', takes_value;

    p->shown = *argv++;
    do {
        p->shown++;
        p->len = is_long ? (unsigned)strcspn(p->shown, "=") : 1;
        p->value = NULL;
        if (!find(p)) {
            fault(p, "unknown option");
            break;
        }
        takes_value = p->row->kind > OPTION_COUNT;
        if ((is_long || takes_value) && p->shown[p->len] != '\0')
            p->value = p->shown + p->len + is_long;
        else if (takes_value && *argv != NULL)
            p->value = *argv++;
        take(p);
    } while (!is_long && !takes_value && p->shown[1] != '\0');
    return argv;
}

int options_parse(const char *names, const struct option *rows, void *values, char *const *argv,
                  char *const *env, struct text *faults)
{
    struct parse p = {.names = names, .rows = rows, .values = values, .faults = faults};
    char *const *at = argv + 1;

    if (env != NULL)
        parse_environment(&p, env);
    while (*at != NULL && at[0][0] == '-' && at[0][1] != '\0') {
        if (at[0][1] == '-' && at[0][2] == '\0') {
            at++;
            break;
        }
        at = parse_word(&p, at);
    }
    return (int)(at - argv);
}
