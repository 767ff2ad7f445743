/* answer: what a protocol's parser says after each piece of what a server sent. */
#ifndef KINGLET_ANSWER_H
#define KINGLET_ANSWER_H

enum answer {
    ANSWER_MORE, /* nothing is decided yet */
    ANSWER_GOOD,
    ANSWER_BAD,
    ANSWER_ALIEN, /* bad, and not this protocol at all: protocol_feed() finds the words */
};

#endif
