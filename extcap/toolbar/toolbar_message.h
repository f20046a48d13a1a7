/*
 * Messages of Wireshark's toolbar protocol: 'T', the length of what follows in 3 bytes (big-endian,
 * at least 2), the number of a control, a command, and its payload.
 * Source: extcap(4), "Control protocol" in Wireshark's doc/extcap.adoc.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_TOOLBAR_MESSAGE_H
#define IPMON_TOOLBAR_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum toolbar_command {
    TOOLBAR_INITIALIZED = 0, /* Wireshark has sent what its user changed before the start */
    TOOLBAR_SET = 1,         /* a value; for a button, that it was pressed, or its label */
    TOOLBAR_ADD = 2,         /* a value for a selector, text for a log */
    TOOLBAR_REMOVE = 3,
    TOOLBAR_ENABLE = 4,
    TOOLBAR_DISABLE = 5,
    TOOLBAR_STATUS = 6, /* text for the status bar; the control does not matter */
};

enum {
    TOOLBAR_LENGTH_END = 4, /* the length counts the bytes behind it */
    TOOLBAR_HEADER_SIZE = 6,
    TOOLBAR_PAYLOAD_MAX = 65535, /* what Wireshark sends at most */
    TOOLBAR_PAYLOAD_KEPT = 16,   /* no control of this toolbar needs more */
};

struct toolbar_message {
    uint8_t control;
    uint8_t command;
    size_t length; /* bytes of payload as sent; the first TOOLBAR_PAYLOAD_KEPT of them are kept */
    uint8_t payload[TOOLBAR_PAYLOAD_KEPT];
};

/* Parses a stream of bytes that comes in pieces of any size. All zero at first. */
struct toolbar_parser {
    uint8_t header[TOOLBAR_HEADER_SIZE];
    size_t taken; /* bytes of the message so far, header included */
    struct toolbar_message message;
    bool complete; /* `message` is whole */
    bool broken;   /* the stream is of another protocol: all that follows is ignored */
};

/*
 * Takes bytes up to the end of the next message and sets `complete` when that was reached; the
 * message is valid until the next call. Returns how many were taken, all of them unless a message
 * is complete. A wrong first byte or an impossible length breaks the stream permanently, because
 * the start of the next message is then unknown: all further bytes are taken and ignored.
 */
size_t toolbar_parse(struct toolbar_parser *parser, const uint8_t *bytes, size_t length);

/* Bytes behind the length field, from a header's first TOOLBAR_LENGTH_END bytes. */
static inline size_t toolbar_length(const uint8_t *header)
{
    return (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
}

/*
 * Writes a message's header for a payload of `length` bytes, at most TOOLBAR_PAYLOAD_MAX, to `to`,
 * TOOLBAR_HEADER_SIZE bytes.
 */
void toolbar_encode(uint8_t *to, unsigned control, enum toolbar_command command, size_t length);

#endif
