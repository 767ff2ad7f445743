/* expand: see kinglet/expand.h. No recursion: a stack of the words that are open. */
#include "kinglet/expand.h"

#include <string.h>

enum { DEPTH = 8 };

const char *expand_lookup(char *const *env, const char *name, size_t len)
{
    for (; *env != NULL; env++)
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    return NULL;
}

static bool is_name(char c, bool first)
{
    return c == '_' || (text_is_alnum(c) && !(first && c <= '9'));
}

/* Names the expansion alone: what stands around it may be a credential. */
static void fault_head(struct text *faults, const char *at)
{
    const char *from = text_find(at, "${");

    text_fault(faults, "'%.*s': ", from == NULL ? 0 : (int)strcspn(from, "}") + (strchr(from, '}') != NULL),
               from == NULL ? "" : from);
}

static int fail(struct text *faults, const char *at, const char *why)
{
    fault_head(faults, at);
    text_put(faults, why);
    return -1;
}

/* What stands behind the name, up to the word: the operator, and whether an empty value counts as none. */
struct form {
    char operator; /* '-', '+', '?', or 0 for a plain ${VAR} */
    bool colon;
};

static int scan_form(const char **at, struct form *form)
{
    const char *c = *at;

    form->colon = *c == ':';
    c += form->colon;
    form->operator= * c == '-' || * c == '+' || * c == '?' ? *c++ : '\0';
    *at = c;
    return form->operator!= '\0' ||(!form->colon && *c == '}') ? 0 : -1;
}

int expand_put(struct text *out, const char *word, char *const *env, struct text *faults)
{
    bool emits[DEPTH + 1] = {true}; /* whether what stands at each depth is wanted */
    int depth = 0;

    for (const char *at = word; *at != '\0';) {
        const char *name, *value;
        struct form form;
        size_t len = 0;
        bool set;

        if (at[0] == '$' && at[1] == '$' && at[2] == '{') {
            if (emits[depth])
                text_put(out, "${");
            at += 3;
            continue;
        }
        if (*at == '}' && depth > 0) {
            depth--;
            at++;
            continue;
        }
        if (at[0] != '$' || at[1] != '{') {
            if (emits[depth])
                text_raw(out, at, 1);
            at++;
            continue;
        }
        name = at + 2;
        while (is_name(name[len], len == 0))
            len++;
        at = name + len;
        if (len == 0)
            return fail(faults, name - 2, "${ must be followed by the name of a variable");
        if (strchr(name, '}') == NULL)
            return fail(faults, name - 2, "${ is not closed");
        if (scan_form(&at, &form) != 0)
            return fail(faults, name - 2, "unknown operator (known are :- - :+ + :? ?)");
        value = expand_lookup(env, name, len);
        set = value != NULL && (!form.colon || *value != '\0');
        if (emits[depth] && !set && (form.operator== '\0' || form.operator== '?')) {
            fault_head(faults, name - 2);
            if (form.operator== '?' && * at != '}')
                text_format(faults, "%.*s: %.*s", (int)len, name, (int)strcspn(at, "}"), at);
            else
                text_format(faults, "%.*s is not set (${%.*s:-} where empty is meant)", (int)len, name,
                            (int)len, name);
            return -1;
        }
        if (emits[depth] && set && form.operator!= '+')
            text_put(out, value);
        if (form.operator== '\0') {
            at++;
            continue;
        }
        if (depth == DEPTH)
            return fail(faults, name - 2, "${ is nested too deep");
        emits[depth + 1] = emits[depth] && form.operator!= '?' &&(form.operator== '+') == set;
        depth++;
    }
    if (depth > 0)
        return fail(faults, word, "${ is not closed");
    return out->cut ? fail(faults, word, "is too long once expanded") : 0;
}
