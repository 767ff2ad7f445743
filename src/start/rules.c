/* rules: what the options that concern the environment may say, and what a value may be. Pure. See
 * kinglet/environment.h. */
#include "kinglet/environment.h"

#include "kinglet/number.h"

#include <string.h>

/* Length of the variable's name that `word` begins with; 0: none. */
static size_t name_length(const char *word)
{
    size_t n = 0;

    while ((word[n] >= 'A' && word[n] <= 'Z') || (word[n] >= 'a' && word[n] <= 'z') || word[n] == '_' ||
           word[n] == '.' || word[n] == '-' || (n > 0 && word[n] >= '0' && word[n] <= '9'))
        n++;
    return n;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether `value` is one of the words of `choice`, joined with |. */
static bool among(const char *value, const char *choice, bool any_case)
{
    while (true) {
        size_t len = strcspn(choice, "|"), i = 0;
        while (i < len && (any_case ? lower(value[i]) : value[i]) == choice[i])
            i++;
        if (i == len && value[i] == '\0')
            return true;
        if (choice[len] == '\0')
            return false;
        choice += len + 1;
    }
}

static bool is_url(const char *value)
{
    size_t scheme = strcspn(value, ":");

    if (lower(value[0]) < 'a' || lower(value[0]) > 'z' || strncmp(value + scheme, "://", 3) != 0 ||
        value[scheme + 3] == '\0')
        return false;
    for (size_t i = 0; i < scheme; i++)
        if ((lower(value[i]) < 'a' || lower(value[i]) > 'z') && strchr("0123456789+.-", value[i]) == NULL)
            return false;
    for (; *value != '\0'; value++)
        if ((unsigned char)*value <= ' ' || *value == 0x7F)
            return false;
    return true;
}

bool environment_is_type(const char *value, const char *type)
{
    uint64_t number;
    size_t len = strlen(value);

    if (strchr(type, '|') != NULL)
        return among(value, type, false);
    if (strcmp(type, "int") == 0)
        return number_parse(value + (*value == '-'), len - (*value == '-'), INT64_MAX, &number) == 0;
    if (strcmp(type, "port") == 0)
        return number_parse(value, len, 65535, &number) == 0 && number > 0;
    if (strcmp(type, "bool") == 0)
        return among(value, "true|false|yes|no|on|off|1|0", true);
    if (strcmp(type, "url") == 0)
        return is_url(value);
    return true;
}

static void check(const struct list *words, const char *option, const char *form, char behind,
                  struct text *faults)
{
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->item[i];
        size_t n = name_length(word);
        bool good = n > 0 && (word[n] == behind || (word[n] == '\0' && behind != '='));
        if (good && behind == ':' && word[n] == ':')
            good = word[n + 1] != '\0' && (strchr(word + n, '|') != NULL ||
                                           among(word + n + 1, "str|int|port|bool|url|path", false));
        if (good)
            continue;
        text_next(faults);
        if (behind != '=')
            n = strcspn(word, "=");
        /* what follows may be a value */
        text_format(faults, "--%s: '%.*s%s' is not %s", option, (int)n, word,
                    behind == '=' || word[n] != '\0' ? "..." : "", form);
    }
}

int environment_check(const struct environment_options *options, struct text *faults)
{
    size_t before = faults->len;

    check(&options->defaults, "default", "NAME=VALUE", '=', faults);
    check(&options->unset, "unset", "the name of a variable", '\0', faults);
    check(&options->secrets, "secret", "the name of a variable", '\0', faults);
    check(&options->require, "require", "NAME[:TYPE] with a TYPE of str, int, port, bool, url, path or a|b|c",
          ':', faults);
    return faults->len == before ? 0 : -1;
}

/* The value at `value`, with quotes around the whole of it taken off in place. Returns 0, or -1 for one that
 * is not closed. */
static int unquote(char *value)
{
    char quote = *value;
    char *to = value, *from = value + 1;

    if (quote != '"' && quote != '\'')
        return 0;
    for (; *from != '\0' && *from != quote; from++) {
        if (quote == '"' && *from == '\\' && from[1] != '\0' && strchr("\"\\$`", from[1]) != NULL)
            from++;
        *to++ = *from;
    }
    if (*from != quote)
        return -1;
    from++;
    from += strspn(from, " \t\r");
    if (*from != '\0' && *from != '#')
        return -1;
    *to = '\0';
    return 0;
}

int environment_line(char **line, size_t *name_len)
{
    char *at = *line + strspn(*line, " \t");
    size_t len = strlen(at);

    if (len > 0 && at[len - 1] == '\r')
        at[--len] = '\0';
    if (*at == '\0' || *at == '#')
        return 0;
    if (strncmp(at, "export ", 7) == 0)
        at += 7 + strspn(at + 7, " \t");
    *name_len = name_length(at);
    if (*name_len == 0 || at[*name_len] != '=' || unquote(at + *name_len + 1) != 0)
        return -1;
    *line = at;
    return 1;
}
