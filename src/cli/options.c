/* options: see kinglet/options.h. */
#include "kinglet/options.h"

#include "kinglet/duration.h"
#include "kinglet/number.h"
#include "kinglet/signals.h"

#include <string.h>

#define UNKNOWN ": unknown option"

struct parse {
    const struct option *table;
    size_t count;
    char *values;
    struct text *faults;
    uint64_t cleared; /* options whose list from the environment has been put aside */
    bool from_env;
};

/* "--name: " or "KINGLET_NAME: " */
static void fault_head(struct parse *p, const struct option *o)
{
    text_next(p->faults);
    if (o->name[0] == '\0') {
        text_format(p->faults, "-%c: ", o->short_name);
    } else if (!p->from_env) {
        text_format(p->faults, "--%s: ", o->name);
    } else {
        text_put(p->faults, "KINGLET_");
        for (const char *c = o->name; *c != '\0'; c++)
            text_format(p->faults, "%c", *c == '-' ? '_' : *c - 'a' + 'A');
        text_put(p->faults, ": ");
    }
}

static void fault(struct parse *p, const struct option *o, const char *value, const char *what)
{
    fault_head(p, o);
    text_format(p->faults, "'%s' %s", value, what);
}

static void add_words(struct parse *p, const struct option *o, const char *value, const char *separators)
{
    struct list *list = (struct list *)(void *)(p->values + o->at);

    while (*value != '\0') {
        size_t len = separators == NULL ? strlen(value) : strcspn(value, separators);
        if (len > 0) {
            char *word = arena_take(len + 1);
            if (word == NULL || list_add(list, word) != 0) {
                fault(p, o, value, "does not fit into memory");
                return;
            }
            memcpy(word, value, len);
        }
        value += len;
        value += *value != '\0';
    }
}

int options_choice(const char *words, const char *value)
{
    size_t len = strlen(value);

    for (int i = 0;; i++) {
        size_t n = strcspn(words, "|");
        if (n == len && memcmp(words, value, n) == 0)
            return i;
        if (words[n] == '\0')
            return -1;
        words += n + 1;
    }
}

/* 1, 0, or -1 for neither. */
static int truth(const char *value)
{
    int i = options_choice("0|false|no||1|true|yes", value);

    return i < 0 ? -1 : i >= 4;
}

static void store(struct parse *p, const struct option *o, const char *value)
{
    void *at = p->values + o->at;
    uint64_t bit = UINT64_C(1) << (o - p->table);
    uint64_t number;
    const char *wrong;
    int n;

    if (!p->from_env && (o->kind == OPTION_LIST || o->kind == OPTION_COMMAS) && (p->cleared & bit) == 0) {
        ((struct list *)at)->count = 0;
        p->cleared |= bit;
    }
    switch ((enum option_kind)o->kind) {
    case OPTION_FLAG:
        n = value == NULL ? 1 : truth(value);
        if (n < 0)
            fault(p, o, value, "is neither 1, true, yes nor 0, false, no");
        else
            *(bool *)at = n != 0;
        break;
    case OPTION_COUNT:
        if (value == NULL) {
            ++*(unsigned *)at;
            break;
        }
        __attribute__((fallthrough));
    case OPTION_NUMBER:
        if (number_parse(value, strlen(value), o->kind == OPTION_COUNT ? 9 : UINT32_MAX / 2, &number) == 0)
            *(unsigned *)at = (unsigned)number;
        else
            fault(p, o, value,
                  o->kind == OPTION_COUNT ? "is not a number from 0 to 9" : "is not a decimal number");
        break;
    case OPTION_STRING:
        *(const char **)at = value;
        break;
    case OPTION_LIST:
    case OPTION_COMMAS:
        if (o->kind == OPTION_COMMAS)
            add_words(p, o, value, p->from_env ? ", \t\n" : ",");
        else
            add_words(p, o, value, p->from_env ? " \t\n" : NULL);
        if (!p->from_env && *value == '\0')
            fault(p, o, value, "is empty");
        break;
    case OPTION_DURATION:
        wrong = duration_parse(value, at);
        if (wrong != NULL)
            fault(p, o, value, wrong);
        break;
    case OPTION_SIGNAL:
        n = signal_parse(value, strlen(value));
        if (n == 0)
            fault(p, o, value, "is not a signal (like TERM, SIGTERM, 15 or RTMIN+3)");
        else
            *(int *)at = n;
        break;
    case OPTION_WORDS:
        break;
    case OPTION_CHOICE:
        n = options_choice(o[1].name, value);
        if (n >= 0) {
            *(unsigned *)at = (unsigned)n;
        } else {
            fault(p, o, value, "is none of ");
            text_put(p->faults, o[1].name);
        }
        break;
    }
}

static bool takes_value(const struct option *o)
{
    return o->kind != OPTION_FLAG && o->kind != OPTION_COUNT;
}

/* The option that KINGLET_`name` sets (up to =), or NULL. Kubernetes sets such variables too for a
 * service of that name, so one that is unknown is not ours to complain of. */
static const struct option *by_variable(const struct parse *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        const char *o = p->table[i].name;
        size_t n = 0;
        while (o[n] != '\0' && name[n] == (o[n] == '-' ? '_' : o[n] - 'a' + 'A'))
            n++;
        if (n > 0 && o[n] == '\0' && name[n] == '=')
            return &p->table[i];
    }
    return NULL;
}

static void parse_environment(struct parse *p, char *const *env)
{
    static const char prefix[] = "KINGLET_";

    p->from_env = true;
    for (; *env != NULL; env++) {
        const struct option *o;
        if ((*env)[0] != 'K' || strncmp(*env, prefix, sizeof prefix - 1) != 0)
            continue;
        o = by_variable(p, *env + sizeof prefix - 1);
        if (o != NULL)
            store(p, o, strchr(*env, '=') + 1);
    }
    p->from_env = false;
}

static const struct option *by_long_name(const struct parse *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->count; i++)
        if (len > 0 && p->table[i].kind != OPTION_WORDS && strlen(p->table[i].name) == len &&
            memcmp(p->table[i].name, name, len) == 0)
            return &p->table[i];
    return NULL;
}

static const struct option *by_short_name(const struct parse *p, char name)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->table[i].short_name == name)
            return &p->table[i];
    return NULL;
}

/* Takes the value given in the same word, if any, or else that in the next. Returns how many words that
 * makes: 1, or 2. */
static int take(struct parse *p, const struct option *o, const char *value, const char *next)
{
    if (takes_value(o) && value == NULL) {
        if (next != NULL) {
            store(p, o, next);
            return 2;
        }
        fault_head(p, o);
        text_put(p->faults, "a value is missing");
    } else {
        store(p, o, value);
    }
    return 1;
}

static int parse_long(struct parse *p, const char *word, const char *next)
{
    size_t len = 2 + strcspn(word + 2, "=");
    const struct option *o = by_long_name(p, word + 2, len - 2);

    if (o != NULL)
        return take(p, o, word[len] == '=' ? word + len + 1 : NULL, next);
    text_fault(p->faults, "%.*s" UNKNOWN, (int)len, word);
    return 1;
}

static int parse_short(struct parse *p, const char *word, const char *next)
{
    while (*++word != '\0') {
        const struct option *o = by_short_name(p, *word);
        if (o == NULL) {
            text_fault(p->faults, "-%c" UNKNOWN, *word);
            break;
        }
        if (takes_value(o))
            return take(p, o, word[1] == '\0' ? NULL : word + 1, next);
        store(p, o, NULL);
    }
    return 1;
}

int options_parse(const struct option *table, size_t count, void *values, char *const *argv, char *const *env,
                  struct text *faults)
{
    struct parse p = {table, count, values, faults, 0, false};
    int i = 1;

    if (env != NULL)
        parse_environment(&p, env);
    while (argv[i] != NULL) {
        const char *word = argv[i];
        if (word[0] != '-' || word[1] == '\0')
            break;
        if (word[1] != '-')
            i += parse_short(&p, word, argv[i + 1]);
        else if (word[2] == '\0')
            return i + 1;
        else
            i += parse_long(&p, word, argv[i + 1]);
    }
    return i;
}
