/* rules: what the options that concern the environment may say, and what a value may be. Pure. See
 * kinglet/environment.h. */
#include "kinglet/environment.h"

#include "kinglet/number.h"

#include <string.h>

/* Length of the variable's name that `word` begins with; 0: none. */
static size_t name_length(const char *word)
{
    size_t n = 0;

    while (text_is_alnum(word[n]) ? n > 0 || word[0] > '9'
                                  : word[n] != '\0' && strchr("_.-", word[n]) != NULL)
        n++;
    return n;
}

/* Whether `value` is one of the words of `choice`, joined with |. */
static bool among(const char *value, const char *choice, bool any_case)
{
    while (true) {
        size_t i = 0;
        while (value[i] != '\0' && value[i] != '|' &&
               (any_case ? text_lower(value[i]) : value[i]) == choice[i])
            i++;
        if (value[i] == '\0' && (choice[i] == '\0' || choice[i] == '|'))
            return true;
        choice += strcspn(choice, "|");
        if (*choice++ == '\0')
            return false;
    }
}

static bool is_url(const char *value)
{
    const char *rest = text_find(value, "://");

    if (rest == NULL || rest[3] == '\0' || !text_is_alnum(*value) || *value <= '9')
        return false;
    for (; *value != '\0'; value++)
        if ((unsigned char)*value <= ' ' || *value == 0x7F ||
            (value < rest && !text_is_alnum(*value) && strchr("+.-", *value) == NULL))
            return false;
    return true;
}

const char *environment_not_of_type(const char *value, const char *type)
{
    const char *like = "";
    bool minus = *value == '-', good = true;
    size_t len = strlen(value);
    uint64_t number;

    if (strchr(type, '|') != NULL) {
        good = among(value, type, false);
    } else if (*type == 'i') {
        good = number_parse(value + minus, len - minus, INT64_MAX, &number) == 0;
    } else if (*type == 'p' && type[1] == 'o') {
        like = " (1 to 65535)";
        good = number_parse(value, len, 65535, &number) == 0 && number > 0;
    } else if (*type == 'b') {
        like = " (true or false)";
        good = among(value, "true|false|yes|no|on|off|1|0", true);
    } else if (*type == 'u') {
        like = " (like https://host/path)";
        good = is_url(value);
    }
    return good ? NULL : like;
}

#define TYPES "str|int|port|bool|url|path"

static void check(const struct list *words, const char *option, const char *form, char behind,
                  struct text *faults)
{
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->item[i];
        size_t n = name_length(word);
        bool good = n > 0 && (word[n] == behind || (word[n] == '\0' && behind != '='));
        if (good && behind == ':' && word[n] == ':')
            good =
                word[n + 1] != '\0' && (strchr(word + n, '|') != NULL || among(word + n + 1, TYPES, false));
        if (good)
            continue;
        if (behind != '=')
            n = strcspn(word, "=");
        /* what follows may be a value */
        text_fault(faults, "--%s: '%.*s%s' is not %s", option, (int)n, word,
                   behind == '=' || word[n] != '\0' ? "..." : "", form);
    }
}

int environment_check(const struct environment_options *options, struct text *faults)
{
    size_t before = faults->len;

    check(&options->defaults, "default", "NAME=VALUE", '=', faults);
    check(&options->unset, "unset", "the name of a variable", '\0', faults);
    check(&options->secrets, "secret", "the name of a variable", '\0', faults);
    check(&options->require, "require", "NAME[:TYPE] with a TYPE like a|b|c, or of " TYPES, ':', faults);
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
    for (; *from != quote; from++) {
        if (quote == '"' && *from == '\\' && strchr("\"\\$`", from[1]) != NULL)
            from++;
        if (*from == '\0')
            return -1;
        *to++ = *from;
    }
    from++;
    from += strspn(from, " \t\r");
    if (*from != '\0' && *from != '#')
        return -1;
    *to = '\0';
    return 0;
}

char *environment_line(char *line)
{
    size_t len;

    line += strspn(line, " \t");
    len = strlen(line);
    if (*line == '#')
        len = 0;
    else if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = '\0';
    if (len == 0)
        return line;
    if (strncmp(line, "export ", 7) == 0)
        line += 7 + strspn(line + 7, " \t");
    len = name_length(line);
    return len == 0 || line[len] != '=' || unquote(line + len + 1) != 0 ? NULL : line;
}
