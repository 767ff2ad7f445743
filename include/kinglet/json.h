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

enum { JSON_ASSERTIONS = 8, JSON_DEPTH = 32, JSON_WORD = 128 };

struct json_assertion {
    const char *path; /* up to the = */
    size_t path_len;
    const char *value;
    size_t value_len;
    bool string_only;
};

struct json {
    const struct json_assertion *assertion;
    size_t count;
    unsigned char depth;
    unsigned char state;
    unsigned char escape; /* hexadecimal digits still to come */
    unsigned short unit;  /* the code unit of an escape */
    unsigned short high;  /* a high surrogate that waits for its other half */
    bool in_name;
    bool cut;
    size_t len;
    bool holds[JSON_ASSERTIONS];
    bool is_object[JSON_DEPTH + 1];
    char word[JSON_WORD]; /* of the name, string or literal being read */
    unsigned long index[JSON_DEPTH + 1];
    /* how many leading names of each assertion's path name the container that is open, and whether the value
     * to come is within */
    unsigned char on_path[JSON_ASSERTIONS][JSON_DEPTH + 1];
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
