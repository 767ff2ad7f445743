/* report: verdicts as lines of 80 columns, or as one JSON object. Pure. See kinglet/audit.h. */
#include "kinglet/audit.h"

#include <string.h>

enum { COLUMNS = 80, INDENT = 8 };

static const char verdicts[FINDINGS][8] = {"n/a", "pass", "unknown", "warn", "fail"};

static const char blanks[] = "        ";

/* Lines broken at blanks, and within a word that has no room on a line of its own; all but the first are
 * indented. A byte is taken for a column, which no character of UTF-8 exceeds. */
static void put_wrapped(struct text *t, const char *words)
{
    size_t column = INDENT;

    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (len > COLUMNS - INDENT)
            for (len = COLUMNS - INDENT; (words[len] & 0xC0) == 0x80;)
                len--;
        if (column > INDENT && column + len >= COLUMNS) {
            t->len -= t->at[t->len - 1] == ' ';
            text_put(t, "\n");
            text_put(t, blanks);
            column = INDENT;
        }
        text_raw(t, words, len);
        column += len + 1;
        words += len;
        if (*words == ' ') {
            words++;
            text_put(t, " ");
        }
    }
    text_put(t, "\n");
}

void audit_report(const struct audit_facts *facts, bool json, bool colour, struct text *t,
                  unsigned count[FINDINGS])
{
    memset(count, 0, FINDINGS * sizeof *count);
    if (json)
        text_put(t, "{\"version\":\"" KINGLET_VERSION "\",\"checks\":[");
    for (unsigned check = 0; check < AUDIT_CHECKS; check++) {
        static char bytes[4096];
        const char *id = audit_words((enum audit_check)check), *mend = "";
        struct text line;
        size_t named;
        enum finding v;
        text_init(&line, bytes, sizeof bytes);
        text_put(&line, id);
        named = line.len + 2;
        v = audit_judge(facts, (enum audit_check)check, &line);
        count[v]++;
        if (v >= FINDING_WARN)
            mend = text_after(text_after(id));
        if (json) {
            text_format(t, "%s{\"id\":\"%s\",\"verdict\":\"%s\",\"mend\":\"%s\",\"evidence\":",
                        check > 0 ? "," : "", id, verdicts[v], mend);
            text_json(t, bytes + named);
            text_put(t, "}");
            continue;
        }
        if (colour)
            text_format(t, "\033[3%cm", "92931"[v]);
        text_format(t, colour ? "%s\033[m%s" : "%s%s", verdicts[v], blanks + strlen(verdicts[v]));
        put_wrapped(t, bytes);
        if (*mend != '\0') {
            text_put(t, blanks);
            put_wrapped(t, mend);
        }
    }
    text_put(t, json ? "],\"summary\":{" : "");
    for (unsigned v = FINDINGS; v-- > 0;)
        text_format(t, json ? "\"%s\":%u%s" : "%s: %u%s", verdicts[v], count[v], v > 0 ? "," : "");
    text_put(t, json ? "}}\n" : "\n");
}
