/*
 * Options by libwiretap's functions for them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "file_block.h"

#include <string.h>

#include "wiretap_compat.h"

struct comment_walk {
    const char **texts;
    struct pcapng_comments comments;
};

/* One option of a block; false ends the walk. */
static wiretap_bool add_comment(wtap_block_t block, unsigned option, wtap_opttype_e type,
                                wtap_optval_t *value, void *context)
{
    struct comment_walk *walk = context;

    (void)block;
    (void)type;
    if (option != OPT_COMMENT)
        return true;
    walk->comments.incomplete = walk->comments.count == FILE_COMMENTS_MAX;
    if (!walk->comments.incomplete)
        walk->texts[walk->comments.count++] = value->stringval;
    return !walk->comments.incomplete;
}

/* In one walk: for the nth of them libwiretap counts from the first option on each time. */
struct pcapng_comments file_block_comments(wtap_block_t block, const char **texts)
{
    struct comment_walk walk = {.texts = texts, .comments.texts = texts};

    if (block)
        wtap_block_foreach_option(block, add_comment, &walk);
    return walk.comments;
}

static bool read_u32(wtap_block_t block, unsigned option, uint32_t *value)
{
    return wtap_block_get_uint32_option_value(block, option, value) == WTAP_OPTTYPE_SUCCESS;
}

static bool read_u64(wtap_block_t block, unsigned option, uint64_t *value)
{
    return wtap_block_get_uint64_option_value(block, option, value) == WTAP_OPTTYPE_SUCCESS;
}

void file_block_packet_options(wtap_block_t block, struct pcapng_packet_options *options,
                               const char **texts)
{
    memset(options, 0, sizeof *options);
    if (!block)
        return;
    options->has_flags = read_u32(block, OPT_PKT_FLAGS, &options->flags);
    options->has_drops = read_u64(block, OPT_PKT_DROPCOUNT, &options->drops);
    options->has_id = read_u64(block, OPT_PKT_PACKETID, &options->id);
    options->has_queue = read_u32(block, OPT_PKT_QUEUE, &options->queue);
    options->comments = file_block_comments(block, texts);
}

const char *file_block_text(wtap_block_t block, unsigned option)
{
    char *text = NULL;

    if (!block || wtap_block_get_string_option_value(block, option, &text) != WTAP_OPTTYPE_SUCCESS)
        return NULL;
    return text;
}

const char *file_block_filter(wtap_block_t description)
{
    if_filter_opt_t filter;

    if (!description ||
        wtap_block_get_if_filter_option_value(description, OPT_IDB_FILTER, &filter) !=
            WTAP_OPTTYPE_SUCCESS ||
        filter.type != if_filter_pcap)
        return NULL;
    return filter.data.filter_str;
}

uint8_t file_block_ticks_exponent(wtap_block_t description)
{
    const wtapng_if_descr_mandatory_t *fixed = wtap_block_get_mandatory_data(description);
    uint64_t units = 1;

    for (uint8_t exponent = 0; exponent < PCAPNG_NANOSECONDS; exponent++, units *= 10)
        if (fixed->time_units_per_second == units)
            return exponent;
    return PCAPNG_NANOSECONDS;
}
