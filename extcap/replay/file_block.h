/*
 * What libwiretap's blocks hold: the options of interface descriptions and of packets. Strings are
 * libwiretap's and last as long as the block.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_FILE_BLOCK_H
#define IPMON_FILE_BLOCK_H

#include <stdint.h>

#include <wiretap/wtap.h>

#include "pcapng.h"

enum {
    FILE_COMMENTS_MAX = 1000, /* of one block */
};

/* The comments of a block, which may be NULL. texts: FILE_COMMENTS_MAX, which are set. */
struct pcapng_comments file_block_comments(wtap_block_t block, const char **texts);

/* The options of a packet's block, which may be NULL. texts: as above. */
void file_block_packet_options(wtap_block_t block, struct pcapng_packet_options *options,
                               const char **texts);

/* An option of a block that is a string; NULL: the block is NULL or lacks it. */
const char *file_block_text(wtap_block_t block, unsigned option);

/* The capture filter of a description, in libpcap's syntax; NULL as above. */
const char *file_block_filter(wtap_block_t description);

/* An interface's times count 10^-n s. Returns n: 0 to 9, and 9 when the unit is no such one. */
uint8_t file_block_ticks_exponent(wtap_block_t description);

#endif
