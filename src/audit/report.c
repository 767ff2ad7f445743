/* report: verdicts as lines of 80 columns, or as one JSON object. Pure. See kinglet/audit.h. */
#include "kinglet/audit.h"

#include <string.h>

enum { COLUMNS = 80, INDENT = 8 };

static const char indented[] = "\n        "; /* INDENT blanks */

/* Lines broken at blanks, and within a word that has no room on a line of its own; all but the first
 * are indented by all. A byte is taken for a column, which no character of UTF-8 exceeds. */
static void put_wrapped(struct text *t, const char *indent, const char *words)
{
    size_t column = INDENT;

    text_put(t, indent);
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        if (len > COLUMNS - INDENT)
            for (len = COLUMNS - INDENT; (signed char)words[len] < -0x40;) /* 10xxxxxx: within a character */
                len--;
        if (column > INDENT) {
            if (column + len >= COLUMNS) {
                text_put(t, indented);
                column = INDENT;
            } else if (words[-1] == ' ')
                text_put(t, " ");
        }
        text_raw(t, words, len);
        column += len + 1;
        words += len;
        words += *words == ' ';
    }
    text_put(t, "\n");
}

void audit_report(const struct audit_facts *facts, enum audit_form form, struct text *t,
                  unsigned count[FINDINGS])
{
    bool json = form == AUDIT_JSON;

    memset(count, 0, FINDINGS * sizeof *count);
    if (json)
        text_put(t, "{\"version\":\"" KINGLET_VERSION "\",\"checks\":[");
    for (unsigned check = 0; check < AUDIT_CHECKS; check++) {
        static char bytes[4096];
        const char *id = audit_word(3 * check), *mend = "", *verdict;
        struct text line;
        size_t named;
        enum finding v;
        text_init(&line, bytes, sizeof bytes);
        text_put(&line, id);
        named = line.len + 2;
        v = audit_judge(facts, (enum audit_check)check, &line);
        count[v]++;
        verdict = audit_word(AUDIT_VERDICTS + v);
        if (v >= FINDING_WARN)
            mend = audit_word(3 * check + 2);
        if (json) {
            text_format(t, "{\"id\":\"%s\",\"verdict\":\"%s\",\"mend\":\"%s\",\"evidence\":", id, verdict + 1,
                        mend);
            text_json(t, bytes + named);
            text_put(t, "},");
            continue;
        }
        if (form == AUDIT_COLOURED)
            text_format(t, "\033[3%cm%s\033[m", *verdict, verdict + 1);
        else
            text_put(t, verdict + 1);
        put_wrapped(t, indented + 1 + strlen(verdict + 1), bytes);
        if (*mend != '\0')
            put_wrapped(t, indented + 1, mend);
    }
    if (json) {
        t->len--;
        text_put(t, "],\"summary\":{");
    }
    for (unsigned v = FINDINGS; v-- > 0;)
        text_format(t, json ? "\"%s\":%u," : "%s: %u,", audit_word(AUDIT_VERDICTS + v) + 1, count[v]);
    t->len--;
    text_put(t, json ? "}}\n" : "\n");
}
