/* names: see kinglet/names.h. */
#include "kinglet/names.h"

#include "kinglet/number.h"

#include <string.h>

#define BLANKS " \t\r"

void names_begin(struct names_config *config)
{
    memset(config, 0, sizeof *config);
    config->ndots = 1;
    config->attempts = 2;
    config->timeout = 5;
}

void names_end(struct names_config *config)
{
    if (config->attempts == 0)
        config->attempts = 1;
    if (config->timeout == 0)
        config->timeout = 1;
    if (config->servers == 0) { /* which is all zeros yet */
        config->servers = 1;
        config->server[0].bytes[0] = 127;
        config->server[0].bytes[3] = 1;
    }
}

/* The next word of `*line`, which becomes a string of its own, or "" at the end. */
static char *next_word(char **line)
{
    char *word = *line + strspn(*line, BLANKS);
    size_t len = strcspn(word, BLANKS);

    *line = word + len;
    if (**line != '\0')
        *(*line)++ = '\0';
    return word;
}

/* `ndots:3` and the like; a number above the greatest counts as that, as in the C library. */
static void option(struct names_config *config, const char *word)
{
    static const struct {
        char name[10];
        unsigned char max, at;
    } known[] = {
        {"ndots:", 15, offsetof(struct names_config, ndots)},
        {"attempts:", 5, offsetof(struct names_config, attempts)},
        {"timeout:", 30, offsetof(struct names_config, timeout)},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t len = strlen(known[i].name);
        const char *digits = word + len;
        uint64_t value;
        if (strncmp(word, known[i].name, len) == 0 && number_scan(&digits, UINT32_MAX, &value) == 0)
            ((unsigned char *)config)[known[i].at] =
                value > known[i].max ? known[i].max : (unsigned char)value;
    }
}

void names_config_line(struct names_config *config, char *line)
{
    char *word;
    struct text search;

    line[strcspn(line, "#;")] = '\0';
    word = next_word(&line);
    if (strcmp(word, "nameserver") == 0 && config->servers < NAMES_SERVERS) {
        if (address_parse(next_word(&line), &config->server[config->servers]) == 0)
            config->servers++;
    } else if (strcmp(word, "search") == 0 || strcmp(word, "domain") == 0) {
        text_init(&search, config->search, sizeof config->search);
        for (word = next_word(&line); *word != '\0'; word = next_word(&line)) {
            size_t before = search.len;
            text_raw(&search, word, strlen(word) + 1);
            if (search.cut) /* not half a domain */
                config->search[before] = '\0';
        }
    } else if (strcmp(word, "options") == 0) {
        for (word = next_word(&line); *word != '\0'; word = next_word(&line))
            option(config, word);
    }
}

void names_hosts_line(char *line, const char *host, struct addresses found[2])
{
    struct address address;

    line[strcspn(line, "#")] = '\0';
    if (address_parse(next_word(&line), &address) != 0)
        return;
    for (const char *word = next_word(&line); *word != '\0'; word = next_word(&line)) {
        size_t same = text_same(word, host);
        if (word[same] == '\0' && host[same] == '\0') {
            address_add(&found[address.v6], address.v6, address.bytes);
            return;
        }
    }
}

bool names_candidate(const struct names_config *config, const char *host, unsigned n,
                     char name[NAMES_LONGEST + 1])
{
    const char *domain = config->search;
    bool as_it_is = false;
    unsigned dots = 0;
    struct text out;

    text_init(&out, name, NAMES_LONGEST + 1);
    text_put(&out, host);
    for (const char *c = host; *c != '\0'; c++) {
        as_it_is = *c == '.';
        dots += as_it_is;
    }
    if (as_it_is) /* it ends with one, and is no other name */
        domain = "";
    as_it_is |= dots >= config->ndots;
    if (as_it_is && n-- == 0)
        return true;
    for (; n > 0 && *domain != '\0'; n--)
        domain = text_after(domain);
    if (*domain == '\0')
        return n == 0 && !as_it_is;
    domain += *domain == '.'; /* `search .` stands for the name as it is */
    text_raw(&out, ".", *domain != '\0');
    text_put(&out, domain);
    if (out.cut)
        out.at[0] = '\0';
    return true;
}
