/* answer: what a protocol's parser says after each piece of what a server sent. */
#ifndef KINGLET_ANSWER_H
#define KINGLET_ANSWER_H

enum answer {
    ANSWER_MORE, /* nothing is decided yet */
    ANSWER_GOOD,
    ANSWER_BAD,
};

/* What the parser of a short answer says, which looks at all that has come so far: NULL, nothing yet; or
 * words behind GOOD or BAD; or ALIEN, bad and not this protocol at all: protocol_feed() finds the words. */
#define GOOD  "+"
#define BAD   "-"
#define ALIEN ""

#endif
