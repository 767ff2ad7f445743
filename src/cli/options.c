/* options: see kinglet/options.h. */
#include "kinglet/options.h"

#include "kinglet/duration.h"
#include "kinglet/number.h"
#include "kinglet/signals.h"

#include <string.h>

struct parse {
    const char *names;
    const struct option *rows;
    char *values;
    struct text *faults;
    const char *name; /* of the option that is being read */
    const struct option *row;
    uint64_t cleared; /* options whose list from the environment has been put aside */
    bool from_env;
};

/* A character of a name as it is spelt here: --stop-delay, KINGLET_STOP_DELAY. */
static char spelt(const struct parse *p, char c)
{
    return !p->from_env ? c : c == '-' ? '_' : (char)(c - 'a' + 'A');
}

static void fault(struct parse *p, const char *value, const char *what)
{
    text_fault(p->faults, p->from_env ? "KINGLET_" : "--");
    for (const char *c = p->name; *c != '\0'; c++)
        text_format(p->faults, "%c", spelt(p, *c));
    text_put(p->faults, ": ");
    if (value != NULL)
        text_format(p->faults, "'%s' ", value);
    text_put(p->faults, what);
}

/* Turns to the option that has the letter, or the name that `word` is up to =. Returns where in `word` its
 * name ends, or NULL. */
static const char *find(struct parse *p, char letter, const char *word)
{
    p->name = p->names;
    for (p->row = p->rows; p->row->kind != OPTION_END; p->row++) {
        size_t n = 0;
        while (p->name[n] != '\0' && word[n] == spelt(p, p->name[n]))
            n++;
        if (p->row->kind < OPTION_HIDDEN &&
            (p->row->letter == letter ||
             (n > 0 && p->name[n] == '\0' && (word[n] == '=' || word[n] == '\0'))))
            return word + n;
        p->name = text_after(p->name);
        if ((p->row->kind & ~OPTION_HIDDEN) == OPTION_CHOICE) /* its words */
            p->name = text_after(p->name);
    }
    return NULL;
}

/* Separated by white space in the environment, and at commas where it is such a list. */
static const char *add_words(const struct parse *p, struct list *list, const char *value)
{
    const char *separators = (p->from_env ? ", \t\n" : ",") + (p->row->kind == OPTION_LIST);

    if (!p->from_env && *value == '\0')
        return "is empty";
    while (*value != '\0') {
        size_t len = strcspn(value, separators);
        if (len > 0) {
            char *word = arena_take(len + 1);
            if (word == NULL || list_add(list, word) != 0)
                return "does not fit into memory";
            memcpy(word, value, len);
        }
        value += len;
        value += *value != '\0';
    }
    return NULL;
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

/* `value` is NULL where none is given, which only a flag and a count may be. */
static void store(struct parse *p, const char *value)
{
    void *at = p->values + p->row->at;
    uint64_t bit = UINT64_C(1) << (p->row - p->rows);
    uint64_t number, max = UINT32_MAX / 2;
    const char *wrong = NULL;
    int n;

    switch ((enum option_kind)p->row->kind) {
    case OPTION_FLAG:
        n = value == NULL ? 4 : options_choice("0|false|no||1|true|yes", value);
        if (n < 0)
            wrong = "is neither 1, true, yes nor 0, false, no";
        else
            *(bool *)at = n >= 4;
        break;
    case OPTION_COUNT:
        if (value == NULL) {
            ++*(unsigned *)at;
            break;
        }
        max = 9;
        __attribute__((fallthrough));
    case OPTION_NUMBER:
        if (number_parse(value, strlen(value), max, &number) == 0)
            *(unsigned *)at = (unsigned)number;
        else
            wrong = max == 9 ? "is not a number from 0 to 9" : "is not a decimal number";
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
        wrong = add_words(p, at, value);
        break;
    case OPTION_DURATION:
        wrong = duration_parse(value, at);
        break;
    case OPTION_SIGNAL:
        n = signal_parse(value, strlen(value));
        if (n == 0)
            wrong = "is not a signal (like TERM, SIGTERM, 15 or RTMIN+3)";
        else
            *(int *)at = n;
        break;
    case OPTION_CHOICE:
        n = options_choice(text_after(p->name), value);
        if (n < 0)
            wrong = "is none of ";
        else
            *(unsigned *)at = (unsigned)n;
        break;
    case OPTION_END:
    case OPTION_HIDDEN:
        break;
    }
    if (wrong == NULL)
        return;
    fault(p, value, wrong);
    if (p->row->kind == OPTION_CHOICE)
        text_put(p->faults, text_after(p->name));
}

/* The KINGLET_ variables. Kubernetes sets such ones too for a service of that name, so one that is unknown is
 * not ours to complain of. */
static void parse_environment(struct parse *p, char *const *env)
{
    static const char prefix[] = "KINGLET_";

    p->from_env = true;
    for (; *env != NULL; env++) {
        const char *end =
            strncmp(*env, prefix, sizeof prefix - 1) != 0 ? NULL : find(p, '-', *env + sizeof prefix - 1);
        if (end != NULL && *end == '=')
            store(p, end + 1);
    }
    p->from_env = false;
}

/* One word of options, whose value may be in the next one. Returns how many words that makes: 1, or 2. */
static int parse_word(struct parse *p, const char *word, const char *next)
{
    bool is_long = *++word == '-', takes_value;

    do {
        const char *value = find(p, *word, is_long ? word + 1 : "");
        if (value == NULL) {
            text_fault(p->faults, "-%.*s: unknown option", is_long ? (int)strcspn(word, "=") : 1, word);
            break;
        }
        takes_value = p->row->kind != OPTION_FLAG && p->row->kind != OPTION_COUNT;
        word++;
        if (is_long)
            value = *value == '=' ? value + 1 : NULL;
        else
            value = takes_value && *word != '\0' ? word : NULL;
        if (!takes_value || value != NULL) {
            store(p, value);
        } else if (next != NULL) {
            store(p, next);
            return 2;
        } else {
            fault(p, NULL, "a value is missing");
        }
    } while (!is_long && !takes_value && *word != '\0');
    return 1;
}

int options_parse(const char *names, const struct option *rows, void *values, char *const *argv,
                  char *const *env, struct text *faults)
{
    struct parse p = {.names = names, .rows = rows, .values = values, .faults = faults};
    int i = 1;

    if (env != NULL)
        parse_environment(&p, env);
    while (argv[i] != NULL && argv[i][0] == '-' && argv[i][1] != '\0') {
        if (strcmp(argv[i], "--") == 0)
            return i + 1;
        i += parse_word(&p, argv[i], argv[i + 1]);
    }
    return i;
}
