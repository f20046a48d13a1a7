/*
 * Rows of interfaces: from descriptions, and from packets whose interface has none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "file_interface.h"

#include <stdlib.h>
#include <string.h>

#include <wiretap/pcap-encap.h>

#include "array.h"
#include "file_block.h"

enum {
    LINK_TYPES_MAX = 512,     /* LINKTYPE_* numbers are below */
    FIRST_LINKTYPE = 100,     /* from here on they are the same in every file */
    NO_ENCAPSULATION = -1000, /* none of libwiretap's */
    NANOSECONDS_PER_SECOND = 1000000000,
};

/* The encapsulation of each LINKTYPE_*, once: the library searches its table at every call. */
static const int *encapsulations(void)
{
    static int table[LINK_TYPES_MAX];
    static bool made;

    for (int i = 0; !made && i < LINK_TYPES_MAX; i++)
        table[i] = wtap_pcap_encap_to_wtap_encap(i);
    made = true;
    return table;
}

/* The library maps the other way round only. */
int file_interface_link_type(int encapsulation)
{
    if (wtap_encap_requires_phdr(encapsulation))
        return -1;
    for (int i = 0; i < LINK_TYPES_MAX; i++) {
        int link_type = (i + FIRST_LINKTYPE) % LINK_TYPES_MAX;

        if (encapsulations()[link_type] == encapsulation)
            return link_type;
    }
    return -1;
}

void file_interfaces_open(struct file_interfaces *interfaces, const char *path)
{
    memset(interfaces, 0, sizeof *interfaces);
    interfaces->refused = NO_ENCAPSULATION;
    pcapng_reader_open(&interfaces->reader, path);
}

static void free_row(struct file_interface *interface)
{
    pcap_freecode(&interface->filter);
    pcapng_link_free(&interface->link);
    free(interface->comments);
    g_free(interface->filter_text);
}

static uint64_t key_of(const struct file_interface *interface)
{
    return (uint64_t)interface->section << 32 | interface->number;
}

/*
 * The latest row with the section and number of `wanted`, or NULL. From it a chain leads over those
 * before, of other encapsulations.
 */
static struct file_interface *latest_row(const struct file_interfaces *interfaces,
                                         const struct file_interface *wanted)
{
    size_t at = place_table_find(&interfaces->places, key_of(wanted));

    return at != SIZE_MAX ? &interfaces->rows[at] : NULL;
}

static struct file_interface *row_before(const struct file_interfaces *interfaces,
                                         const struct file_interface *row)
{
    return row->before != SIZE_MAX ? &interfaces->rows[row->before] : NULL;
}

static bool add_row(struct file_interfaces *interfaces, const struct file_interface *row)
{
    const size_t before = place_table_find(&interfaces->places, key_of(row));
    struct file_interface *rows =
        array_reserve(interfaces->rows, interfaces->count, &interfaces->capacity, sizeof *rows);

    if (!rows)
        return false;
    interfaces->rows = rows;
    if (!place_table_set(&interfaces->places, key_of(row), interfaces->count))
        return false;
    rows[interfaces->count] = *row;
    rows[interfaces->count++].before = before;
    return true;
}

/* The filter that the packets have passed: of the file's capture, and of the replay. */
static char *join_filters(wtap_block_t description, const char *expression)
{
    const bool is_given = expression && *expression;
    const char *before = file_block_filter(description);

    if (before && *before && is_given)
        return g_strdup_printf("(%s) and (%s)", before, expression);
    return g_strdup(is_given ? expression : before);
}

static bool copy_comments(struct file_interface *interface)
{
    const char *texts[FILE_COMMENTS_MAX];
    const struct pcapng_comments comments = file_block_comments(interface->description, texts);
    const size_t size = comments.count * sizeof *texts;

    if (size == 0)
        return true;
    interface->comments = malloc(size);
    if (!interface->comments)
        return false;
    memcpy(interface->comments, texts, size);
    interface->description_comments = comments;
    interface->description_comments.texts = interface->comments;
    return true;
}

/* Descriptions precede the packets of their section and are numbered in their order. */
static bool add_description(struct file_interfaces *interfaces, wtap_block_t description,
                            unsigned section, const char *expression)
{
    const wtapng_if_descr_mandatory_t *fixed = wtap_block_get_mandatory_data(description);
    const int link_type = file_interface_link_type(fixed->wtap_encap);
    struct file_interface row = {
        .encapsulation = fixed->wtap_encap,
        .link_type = (uint16_t)link_type,
        .description = description,
        .ticks_exponent = file_block_ticks_exponent(description),
        .filter_text = join_filters(description, expression),
    };

    row.section = pcapng_reader_next(&interfaces->reader, &row.link) ? row.link.section : section;
    if (row.section != interfaces->section)
        interfaces->number = 0;
    interfaces->section = row.section;
    row.number = interfaces->number++;
    row.has_fcs_length = wtap_block_get_uint8_option_value(description, OPT_IDB_FCSLEN,
                                                           &row.fcs_length) == WTAP_OPTTYPE_SUCCESS;
    if (link_type >= 0 && copy_comments(&row) && add_row(interfaces, &row))
        return true;
    free_row(&row);
    return link_type < 0;
}

bool file_interfaces_read(struct file_interfaces *interfaces, wtap *file, unsigned section,
                          const char *expression)
{
    wtap_block_t description;

    while ((description = wtap_get_next_interface_description(file)) != NULL)
        if (!add_description(interfaces, description, section, expression))
            return false;
    return true;
}

/* Formats without packet flags have the length of the check sequence in the packets alone. */
static void note_packet(struct file_interface *interface, const wtap_rec *packet)
{
    const int length = packet->rec_header.packet_header.pseudo_header.eth.fcs_len; /* bytes */
    uint32_t flags;

    interface->seen = true;
    if (interface->has_fcs_length || interface->encapsulation != WTAP_ENCAP_ETHERNET ||
        length < 0 || length > UINT8_MAX / 8 ||
        (packet->block && wtap_block_get_uint32_option_value(packet->block, OPT_PKT_FLAGS,
                                                             &flags) == WTAP_OPTTYPE_SUCCESS))
        return;
    interface->has_fcs_length = true;
    interface->fcs_length = (uint8_t)(length * 8);
}

/*
 * Adds a row for an interface without a description, or for packets of another link type than that
 * of the description. *at: its place; SIZE_MAX when the link type cannot be written.
 */
static bool add_undescribed(struct file_interfaces *interfaces, const struct file_interface *wanted,
                            const char *expression, size_t *at)
{
    const struct file_interface *latest = latest_row(interfaces, wanted);
    const int link_type = file_interface_link_type(wanted->encapsulation);
    struct file_interface row = *wanted;

    *at = SIZE_MAX;
    if (link_type < 0)
        return true;
    row.link_type = (uint16_t)link_type;
    row.ticks_exponent = PCAPNG_NANOSECONDS;
    row.description = latest ? latest->description : NULL;
    row.filter_text = join_filters(row.description, expression);
    *at = interfaces->count;
    if (add_row(interfaces, &row))
        return true;
    free_row(&row);
    return false;
}

static bool is_same(const struct file_interface *row, const struct file_interface *wanted)
{
    return row->section == wanted->section && row->number == wanted->number &&
           row->encapsulation == wanted->encapsulation;
}

/* The place of the row that packets of `wanted` belong to; SIZE_MAX: there is none yet. */
static size_t find_row(const struct file_interfaces *interfaces,
                       const struct file_interface *wanted)
{
    const struct file_interface *row;

    if (interfaces->last < interfaces->count &&
        is_same(&interfaces->rows[interfaces->last], wanted))
        return interfaces->last;
    row = latest_row(interfaces, wanted);
    while (row && !is_same(row, wanted))
        row = row_before(interfaces, row);
    return row ? (size_t)(row - interfaces->rows) : SIZE_MAX;
}

bool file_interfaces_find(struct file_interfaces *interfaces, const wtap_rec *packet,
                          const char *expression, size_t *at)
{
    const wtap_packet_header *header = &packet->rec_header.packet_header;
    const struct file_interface wanted = {
        .section = packet->section_number,
        .number = packet->presence_flags & WTAP_HAS_INTERFACE_ID ? header->interface_id : 0,
        .encapsulation = header->pkt_encap,
    };

    *at = SIZE_MAX;
    if (wanted.encapsulation == interfaces->refused)
        return true;
    *at = find_row(interfaces, &wanted);
    if (*at == SIZE_MAX && !add_undescribed(interfaces, &wanted, expression, at))
        return false;
    if (*at == SIZE_MAX) {
        interfaces->refused = wanted.encapsulation;
        return true;
    }
    interfaces->last = *at;
    if (!interfaces->rows[*at].seen)
        note_packet(&interfaces->rows[*at], packet);
    return true;
}

/* The smaller of two lengths of which 0 is none. */
static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a != 0 && (b == 0 || a < b) ? a : b;
}

static uint32_t snapshot_of(const struct file_interface *interface, uint32_t limit)
{
    const wtapng_if_descr_mandatory_t *fixed;

    if (!interface->description)
        return limit;
    fixed = wtap_block_get_mandatory_data(interface->description);
    return limit == PCAPNG_PACKET_MAX ? fixed->snap_len : smaller(fixed->snap_len, limit);
}

void file_interface_describe(const struct file_interface *interface, struct pcapng_interface *block,
                             uint32_t snapshot_length)
{
    wtap_block_t description = interface->description;

    *block = (struct pcapng_interface){
        .link_type = interface->link_type,
        .ticks_exponent = interface->ticks_exponent,
        .snapshot_length = snapshot_of(interface, snapshot_length),
        .name = file_block_text(description, OPT_IDB_NAME),
        .description = file_block_text(description, OPT_IDB_DESCRIPTION),
        .filter = interface->filter_text,
        .operating_system = file_block_text(description, OPT_IDB_OS),
        .hardware = file_block_text(description, OPT_IDB_HARDWARE),
        .hardware_address = interface->link.hardware_address,
        .fcs_length = interface->has_fcs_length ? &interface->fcs_length : NULL,
        .addresses = interface->link.addresses,
        .address_count = interface->link.address_count,
        .comments = interface->description_comments,
    };
    if (description && wtap_block_get_uint64_option_value(description, OPT_IDB_SPEED,
                                                          &block->speed) != WTAP_OPTTYPE_SUCCESS)
        block->speed = 0;
}

bool file_interface_ticks(const struct file_interface *interface, const wtap_rec *packet,
                          uint64_t *ticks)
{
    uint64_t unit = 1; /* ticks per second */
    uint64_t divisor = 1;
    uint64_t fraction;

    *ticks = 0;
    if (!(packet->presence_flags & WTAP_HAS_TS) || packet->ts.secs < 0 || packet->ts.nsecs < 0 ||
        packet->ts.nsecs >= NANOSECONDS_PER_SECOND)
        return false;
    for (unsigned i = 0; i < PCAPNG_NANOSECONDS; i++)
        if (i < interface->ticks_exponent)
            unit *= 10;
        else
            divisor *= 10;
    fraction = (uint64_t)packet->ts.nsecs / divisor;
    if ((uint64_t)packet->ts.secs > (UINT64_MAX - fraction) / unit)
        return false;
    *ticks = (uint64_t)packet->ts.secs * unit + fraction;
    return true;
}

void file_interfaces_close(struct file_interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++)
        free_row(&interfaces->rows[i]);
    free(interfaces->rows);
    place_table_free(&interfaces->places);
    pcapng_reader_close(&interfaces->reader);
}
