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

int expand_put(struct text *out, const char *word, char *const *env, struct text *faults)
{
    unsigned wanted =
        1; /* whether what stands at each depth is, one bit each, the present one's the lowest */
    const char *from = NULL, *why = NULL;
    size_t shown;

    for (const char *at = word; why == NULL && *at != '\0'; at++) {
        bool opens = strncmp(at, "${", 2) == 0, colon;
        const char *value;
        char form;

        if (*at == '}' && wanted > 1) {
            wanted >>= 1;
            continue;
        }
        if (!opens || (at > word && at[-1] == '$')) {
            at += opens;
            text_raw(out, at, wanted & 1);
            continue;
        }
        from = at;
        at += 2;
        while (*at == '_' || text_is_alnum(*at))
            at++;
        value = expand_lookup(env, from + 2, (size_t)(at - from - 2));
        colon = *at == ':';
        at += colon;
        form = *at;
        if (colon && value != NULL && *value == '\0')
            value = NULL;
        if (at == from + 2 || from[2] <= '9')
            why = "${ must be followed by the name of a variable";
        else if (strchr(at, '}') == NULL)
            why = "${ is not closed";
        else if (strchr(colon ? "-+?" : "-+?}", form) == NULL)
            why = "unknown operator (known are :- - :+ + :? ?)";
        else if (wanted >> DEPTH != 0 && form != '}')
            why = "${ is nested too deep";
        else if ((wanted & 1) != 0 && value == NULL && (form == '?' || form == '}'))
            why = form == '?' && at[1] != '}' ? at + 1 : "is not set (:- where empty is meant)";
        else if ((wanted & 1) != 0 && value != NULL && form != '+')
            text_put(out, value);
        wanted = wanted << 1 | (wanted & ((form == '+') == (value != NULL)));
        at -= form == '}'; /* which closes a word of nothing */
    }
    if (why == NULL) {
        if (wanted == 1 && !out->cut)
            return 0;
        why = wanted > 1 ? "${ is not closed" : "is too long once expanded";
        from = text_find(word, "${");
    }
    /* names the expansion alone: what stands around it may be a credential */
    if (from == NULL)
        from = "";
    shown = strcspn(from, "}");
    shown += from[shown] == '}';
    text_fault(faults, "'%.*s': %.*s", (int)shown, from, (int)strcspn(why, "}"), why);
    return -1;
}
