/* json: assertions on single values of a JSON text, taken byte by byte. Pure (RFC 8259).
 *
 * An assertion is PATH=VALUE: `database.connected=true`, `items.0.name=left`. PATH names members and, by
 * number from 0, elements. VALUE is compared with the scalar there: true, false, null and numbers by their
 * text, strings by their content; "VALUE" in double quotes matches a string alone; half a surrogate pair
 * matches nothing. Where an object holds a name twice, the last one counts. An assertion that meets no value
 * fails, and so does every one if the text is not valid JSON, is nested deeper than JSON_DEPTH, or goes on
 * behind its end.
 */
#ifndef KINGLET_JSON_H
#define KINGLET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_ASSERTIONS = 8, JSON_DEPTH = 32, JSON_WORD = 128 };

struct json_assertion {
    const char *path; /* up to the = */
    int path_len;
    const char *value;
    unsigned value_len;
    bool string_only;
};

struct json_level {
    char open;      /* { or [; 0 around the whole */
    uint32_t index; /* of the element, in an array */
    /* what is left of each assertion's path where it has led to the value to come: "=VALUE" for this one, a
     * name for one within; "" where it has led elsewhere */
    const char *rest[JSON_ASSERTIONS];
};

struct json {
    const struct json_assertion *assertion;
    struct json_level *level; /* of the innermost container that is open */
    unsigned count;
    unsigned len;  /* of `word` */
    unsigned unit; /* the code units of the last two escapes, where they follow one another */
    unsigned char state;
    unsigned char escape;
    bool holds[JSON_ASSERTIONS];
    char word[JSON_WORD + 2]; /* of the name, string or literal being read, a NUL behind a literal */
    struct json_level levels[JSON_DEPTH + 1];
};

/* Splits PATH=VALUE. Returns NULL, or what is wrong with it. */
const char *json_assertion_parse(const char *word, struct json_assertion *assertion);

void json_begin(struct json *j, const struct json_assertion *assertions, size_t count);

/* Takes the next bytes. Returns 0, or -1 once the text cannot be valid any more. */
int json_feed(struct json *j, const char *bytes, size_t len);

/* The text is over. Returns the index of the first assertion that does not hold, `count` where all do, or -1
 * for an invalid text. */
int json_end(struct json *j);

#endif
