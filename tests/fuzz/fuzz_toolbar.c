/*
 * The toolbar's messages, however Wireshark's bytes are cut into pieces: the same messages come out
 * as from the whole, and after nonsense none.
 * Input: 1 byte how long the pieces are, then the stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include "toolbar_message.h"

enum {
    MESSAGES_MAX = 1024,
};

struct seen {
    struct toolbar_message messages[MESSAGES_MAX];
    size_t count;
    int broken;
};

static void take(struct seen *seen, struct toolbar_parser *parser, const uint8_t *bytes,
                 size_t length)
{
    uint8_t *copy = fuzz_copy(bytes, length);
    size_t at = 0;

    while (at < length) {
        size_t taken = toolbar_parse(parser, copy + at, length - at);

        FUZZ_CHECK(taken > 0 && taken <= length - at);
        FUZZ_CHECK(parser->complete || taken == length - at);
        FUZZ_CHECK(!parser->complete || !parser->broken);
        if (parser->complete && seen->count < MESSAGES_MAX)
            seen->messages[seen->count++] = parser->message;
        at += taken;
    }
    seen->broken = parser->broken;
    free(copy);
}

static void read_in_pieces(struct seen *seen, const struct fuzz_input *input, size_t piece)
{
    struct toolbar_parser parser = {0};

    seen->count = 0;
    seen->broken = 0;
    for (size_t at = 0; at < input->left; at += piece) {
        size_t rest = input->left - at;

        take(seen, &parser, input->data + at, rest < piece ? rest : piece);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole;
    static struct seen pieces;
    struct fuzz_input input = {data, size};
    size_t piece = fuzz_number(&input, 1) % 64 + 1;

    read_in_pieces(&whole, &input, input.left + 1);
    read_in_pieces(&pieces, &input, piece);
    FUZZ_CHECK(whole.count == pieces.count && whole.broken == pieces.broken);
    for (size_t i = 0; i < whole.count; i++) {
        const struct toolbar_message *a = &whole.messages[i];
        const struct toolbar_message *b = &pieces.messages[i];

        FUZZ_CHECK(a->control == b->control && a->command == b->command && a->length == b->length);
        FUZZ_CHECK(memcmp(a->payload, b->payload,
                          a->length < TOOLBAR_PAYLOAD_KEPT ? a->length : TOOLBAR_PAYLOAD_KEPT) ==
                   0);
    }
    return 0;
}
