/*
 * The parser keeps its position between two pieces of the stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "toolbar_message.h"

#include <string.h>

enum {
    SYNC = 'T',
    BESIDE_PAYLOAD = 2, /* control and command, which the length includes */
};

static bool is_header_valid(struct toolbar_parser *parser)
{
    const uint8_t *header = parser->header;
    size_t length = toolbar_length(header);

    if (length < BESIDE_PAYLOAD || length > TOOLBAR_PAYLOAD_MAX + BESIDE_PAYLOAD)
        return false;
    parser->message = (struct toolbar_message){
        .control = header[4],
        .command = header[5],
        .length = length - BESIDE_PAYLOAD,
    };
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t take_header(struct toolbar_parser *parser, const uint8_t *bytes, size_t length)
{
    size_t taken = least(length, TOOLBAR_HEADER_SIZE - parser->taken);

    memcpy(parser->header + parser->taken, bytes, taken);
    parser->taken += taken;
    if (parser->header[0] != SYNC ||
        (parser->taken == TOOLBAR_HEADER_SIZE && !is_header_valid(parser)))
        parser->broken = true;
    return taken;
}

static size_t take_payload(struct toolbar_parser *parser, const uint8_t *bytes, size_t length)
{
    size_t at = parser->taken - TOOLBAR_HEADER_SIZE;
    size_t taken = least(length, parser->message.length - at);

    if (at < TOOLBAR_PAYLOAD_KEPT)
        memcpy(parser->message.payload + at, bytes, least(taken, TOOLBAR_PAYLOAD_KEPT - at));
    parser->taken += taken;
    return taken;
}

size_t toolbar_parse(struct toolbar_parser *parser, const uint8_t *bytes, size_t length)
{
    size_t taken = 0;

    if (parser->complete)
        parser->taken = 0;
    parser->complete = false;
    if (length != 0 && !parser->broken && parser->taken < TOOLBAR_HEADER_SIZE)
        taken = take_header(parser, bytes, length);
    if (parser->broken)
        return length;
    if (parser->taken < TOOLBAR_HEADER_SIZE)
        return taken;
    if (taken < length)
        taken += take_payload(parser, bytes + taken, length - taken);
    parser->complete = parser->taken == TOOLBAR_HEADER_SIZE + parser->message.length;
    return taken;
}

void toolbar_encode(uint8_t *to, unsigned control, enum toolbar_command command, size_t length)
{
    size_t sent = length + BESIDE_PAYLOAD;

    to[0] = SYNC;
    to[1] = (uint8_t)(sent >> 16);
    to[2] = (uint8_t)(sent >> 8);
    to[3] = (uint8_t)sent;
    to[4] = (uint8_t)control;
    to[5] = (uint8_t)command;
}
