/*
 * Writes the packet of each row of the event tables as an input of fuzz_decode: event_inputs FOLDER
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "event_rows.h"

enum {
    PREFIX = 8,        /* what fuzz_decode reads before the packet: here nothing is known */
    MORE_ON_WIRE = 4,  /* offset of the number of bytes that were not captured */
    LENGTH_MAX = 1024, /* longer ones would be cut, and slow */
};

static void write_input(const char *folder, size_t number, const struct recipe_packet *packet)
{
    uint8_t prefix[PREFIX] = {0};
    const uint32_t more = packet->wire - packet->length;
    char path[4096];
    FILE *file;

    prefix[MORE_ON_WIRE] = (uint8_t)(more >> 8);
    prefix[MORE_ON_WIRE + 1] = (uint8_t)more;
    snprintf(path, sizeof path, "%s/event-%zu", folder, number);
    file = fopen(path, "wb");
    if (!file || fwrite(prefix, sizeof prefix, 1, file) != 1 ||
        fwrite(packet->bytes, 1, packet->length, file) != packet->length || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct recipe_packet packet;

    if (argc != 2) {
        fputs("usage: event_inputs FOLDER\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < event_row_count(); i++) {
        recipe_make(&packet, &event_row_at(i)->packet);
        if (packet.length <= LENGTH_MAX)
            write_input(argv[1], i, &packet);
    }
    return 0;
}
