/* report: verdicts as lines of 80 columns, or as one JSON object. Pure. See kinglet/audit.h. */
#include "kinglet/audit.h"

#include <string.h>

enum { COLUMNS = 80, INDENT = 25 };

static const char verdicts[FINDINGS][8] = {"n/a", "pass", "unknown", "warn", "fail"};

static void put_blanks(struct text *t, size_t n)
{
    for (; n > 0; n--)
        text_put(t, " ");
}

/* Lines broken at blanks, and within a word that has no room on a line of its own; all but the first are
 * indented. A byte is taken for a column, which no character of UTF-8 exceeds. */
static void put_wrapped(struct text *t, const char *words)
{
    size_t column = INDENT;
    bool broken = false;

    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (len > COLUMNS - INDENT)
            len = COLUMNS - INDENT;
        while ((words[len] & 0xC0) == 0x80)
            len--;
        if (broken || column + 1 + len > COLUMNS) {
            text_put(t, "\n");
            put_blanks(t, INDENT);
            column = INDENT;
        } else if (column > INDENT) {
            text_put(t, " ");
            column++;
        }
        text_raw(t, words, len);
        column += len;
        broken = words[len] != ' ' && words[len] != '\0';
        words += len + (words[len] == ' ');
    }
    text_put(t, "\n");
}

/* `name` comes with all that stands before its closing quote. */
static void put_string(struct text *t, const char *name, const char *value)
{
    text_put(t, name);
    text_put(t, "\":\"");
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            text_put(t, "\\");
        text_raw(t, value, 1);
    }
    text_put(t, "\"");
}

void audit_report(const struct audit_facts *facts, const struct audit_options *options, bool colour,
                  struct text *t, unsigned count[FINDINGS])
{
    static const char colours[FINDINGS][6] = {"", "\033[32m", "", "\033[33m", "\033[31m"};
    const char *policy = options->policy == 1 ? "restricted" : "default";
    bool json = options->format == 1;

    memset(count, 0, FINDINGS * sizeof *count);
    text_format(t,
                json ? "{\"version\":\"%s\",\"policy\":\"%s\",\"processes\":%zu,\"checks\":["
                     : "kinglet %s audit, policy %s, processes: %zu\n",
                KINGLET_VERSION, policy, facts->count);
    for (unsigned check = 0; check < AUDIT_CHECKS; check++) {
        const char *words = audit_words((enum audit_check)check), *mend;
        size_t id = strcspn(words, "|");
        char evidence[4096];
        struct text why;
        enum finding v;
        text_init(&why, evidence, sizeof evidence);
        v = audit_judge(facts, (enum audit_check)check, &why);
        count[v]++;
        mend = v < FINDING_WARN ? "" : words + id + 1 + strcspn(words + id + 1, "|") + 1;
        if (json) {
            text_format(t, "%s{\"id\":\"%.*s\",\"verdict\":\"%s\"", check > 0 ? "," : "", (int)id, words,
                        verdicts[v]);
            put_string(t, ",\"evidence", evidence);
            put_string(t, ",\"mend", mend);
            text_put(t, "}");
            continue;
        }
        text_put(t, colour ? colours[v] : "");
        text_put(t, verdicts[v]);
        text_put(t, colour && colours[v][0] != '\0' ? "\033[0m" : "");
        put_blanks(t, 8 - strlen(verdicts[v]));
        text_raw(t, words, id);
        put_blanks(t, INDENT - 8 - id);
        put_wrapped(t, evidence);
        if (*mend != '\0') {
            put_blanks(t, INDENT);
            put_wrapped(t, mend);
        }
    }
    text_put(t, json ? "],\"summary\":{" : "");
    for (unsigned v = FINDINGS; v-- > 0;)
        text_format(t, json ? "\"%s\":%u%s" : "%s: %u%s", verdicts[v], count[v],
                    v == 0 ? ""
                    : json ? ","
                           : ", ");
    text_put(t, json ? "}}\n" : "\n");
}
