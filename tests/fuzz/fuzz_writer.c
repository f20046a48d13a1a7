/*
 * The pcap-ng writer, through a pipe whose reader takes any number of bytes at a time: Wireshark's
 * own reader reads back what was written, and packets that are missing are those that the writer
 * counts as unsent.
 *
 * Input: operations of one byte with their numbers behind it, see the table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <wiretap/wtap.h>
#include <wsutil/wslog.h>
#include <ws_version.h>

#include "pcapng_writer.h"

enum {
    OPERATIONS_MAX = 200,
    INTERFACES_MAX = 16,
    TEXT_MAX = 70000, /* longer than an option can be */
    COMMENTS_MAX = 7,
    ADDRESSES_MAX = 5500, /* of 12 bytes and more: too many beside three of the longest texts */
    CAPACITY = 3 * PCAPNG_BLOCK_MAX,
    USUAL_PACKET = 2048, /* bytes */
    NANOSECONDS = 1000000000,
    ONLY_FLAGS = 1, /* of the bits that choose options */
    OTHER_OPTIONS = 0xF,
};

/* What a packet has in place of flags and drops of its own. */
struct kept {
    struct pcapng_packet_options options;
    const char *comments[COMMENTS_MAX];
    uint16_t lengths[COMMENTS_MAX];
    bool whole; /* the writer returned that the comments are */
};

struct session {
    struct pcapng_writer writer;
    int pipe[2];
    int file; /* what the reader took */
    struct pcapng_packet packets[OPERATIONS_MAX];
    struct kept kept[OPERATIONS_MAX];
    size_t packet_count;
    size_t unsent;
    uint32_t interface_count;
    bool reader_leaves;
};

static const uint8_t address_bytes[16] = {192, 0, 2, 1};
static uint8_t pattern[PCAPNG_BLOCK_MAX + 256];
static struct pcapng_address addresses[2][ADDRESSES_MAX]; /* of IPv4 and IPv6 */
static char letters[TEXT_MAX + 1];

/* A number of addresses: few, or more than a block takes beside long texts. */
static size_t number_of_addresses(struct fuzz_input *input)
{
    enum { FEW = 63 };
    const size_t number = fuzz_number(input, 2);

    return number == UINT16_MAX ? (size_t)ADDRESSES_MAX : number & FEW;
}

/* Little of what was freed is kept from use, so that pages are touched that were touched before. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8";
}

/* A text of a length that the input chooses, NULL for 0. */
static const char *text_of(struct fuzz_input *input)
{
    size_t length = fuzz_number(input, 1);

    if (length == 255)
        length = fuzz_number(input, 2) + 5000;
    if (length > TEXT_MAX)
        length = TEXT_MAX;
    return length == 0 ? NULL : letters + TEXT_MAX - length;
}

/* The reader takes at most `wanted` bytes. */
static void take(struct session *session, size_t wanted)
{
    static uint8_t bytes[65536];

    while (wanted > 0) {
        ssize_t got = read(session->pipe[0], bytes, wanted < sizeof bytes ? wanted : sizeof bytes);

        if (got <= 0)
            return;
        FUZZ_CHECK(write(session->file, bytes, (size_t)got) == got);
        wanted -= (size_t)got;
    }
}

static void flush(struct session *session)
{
    enum nonblocking_flush result = pcapng_writer_flush(&session->writer);

    FUZZ_CHECK(result == NONBLOCKING_FLUSHED || result == NONBLOCKING_PENDING);
    FUZZ_CHECK((result == NONBLOCKING_FLUSHED) == (pcapng_writer_pending(&session->writer) == 0));
}

static void flush_all(struct session *session)
{
    do {
        take(session, SIZE_MAX);
        flush(session);
    } while (pcapng_writer_pending(&session->writer) > 0);
    take(session, SIZE_MAX);
}

static void make_room(struct session *session)
{
    while (!pcapng_writer_has_room(&session->writer, 1))
        flush_all(session);
}

static void add_interface(struct session *session, struct fuzz_input *input)
{
    static const uint16_t link_types[] = {PCAPNG_LINKTYPE_RAW, 1, 113, 276};
    uint8_t bits = (uint8_t)fuzz_number(input, 1);
    size_t address_count = bits >> 4 & 1 ? number_of_addresses(input) : 0;
    struct pcapng_interface interface = {
        .link_type = link_types[bits & 3],
        .ticks_exponent = PCAPNG_NANOSECONDS,
        .snapshot_length = (uint32_t)fuzz_number(input, 3) & 0x3FFFF,
        .name = text_of(input),
        .description = text_of(input),
        .filter = text_of(input),
        .operating_system = text_of(input),
        .speed = fuzz_number(input, 4),
        .hardware_address = bits >> 2 & 1 ? address_bytes : NULL,
        .fcs_length = bits >> 5 & 1 ? address_bytes : NULL,
        .hardware = bits >> 6 & 1 ? text_of(input) : NULL,
    };

    if (session->interface_count == INTERFACES_MAX)
        return;
    interface.addresses = addresses[bits >> 3 & 1];
    interface.address_count = address_count;
    make_room(session);
    FUZZ_CHECK(pcapng_write_interface(&session->writer, &interface) == session->interface_count);
    session->interface_count++;
}

static const struct pcapng_packet_options *choose_options(struct kept *kept,
                                                          struct fuzz_input *input)
{
    uint8_t bits = (uint8_t)fuzz_number(input, 1);
    bool is_known = (bits & OTHER_OPTIONS) == ONLY_FLAGS; /* as of a packet with processes */

    kept->options = (struct pcapng_packet_options){
        .has_flags = bits & 1,
        .has_drops = bits >> 1 & 1,
        .has_id = bits >> 2 & 1,
        .has_queue = bits >> 3 & 1,
        .flags = (uint32_t)fuzz_number(input, 4),
        .drops = fuzz_number(input, 7),
        .id = fuzz_number(input, 7),
        .queue = (uint32_t)fuzz_number(input, 4),
        .comments = {.texts = kept->comments, .count = bits >> 5},
    };
    for (size_t i = 0; i < kept->options.comments.count; i++) {
        kept->comments[i] = text_of(input);
        if (!kept->comments[i])
            kept->comments[i] = "";
        kept->lengths[i] = (uint16_t)strlen(kept->comments[i]);
        is_known = is_known && kept->lengths[i] == strlen(kept->comments[i]);
    }
    if (is_known)
        kept->options.comments.lengths = kept->lengths;
    return &kept->options;
}

/* Few are near the largest, for each of those takes as long as a hundred others. */
static uint32_t packet_length(struct fuzz_input *input, bool is_long)
{
    enum { LARGEST = 256 };
    const uint32_t length = (uint32_t)fuzz_number(input, is_long ? 2 : 1);

    return length + LARGEST > UINT16_MAX ? length + PCAPNG_PACKET_MAX - UINT16_MAX : length;
}

static void add_packet(struct session *session, struct fuzz_input *input)
{
    struct kept *kept = &session->kept[session->packet_count];
    struct pcapng_packet *packet = &session->packets[session->packet_count];
    uint8_t bits = (uint8_t)fuzz_number(input, 1);
    uint32_t length = packet_length(input, bits & 1);

    if (session->interface_count == 0)
        return;
    *packet = (struct pcapng_packet){
        .interface = (uint32_t)fuzz_number(input, 1) % session->interface_count,
        .timestamp = fuzz_number(input, 7),
        .bytes = pattern + fuzz_number(input, 1),
        .captured_length = length,
        .wire_length = length + (uint32_t)fuzz_number(input, 2),
        .direction = (bits >> 1 & 3) % 3,
        .reception = (bits >> 3 & 7) % 5,
        .drops = bits >> 6 & 1 ? fuzz_number(input, 4) : 0,
        .options = bits >> 7 ? choose_options(kept, input) : NULL,
    };
    make_room(session);
    kept->whole = pcapng_write_packet(&session->writer, packet);
    session->packet_count++;
}

static void add_statistics(struct session *session, struct fuzz_input *input)
{
    if (session->interface_count == 0)
        return;
    make_room(session);
    pcapng_write_statistics(&session->writer, &(struct pcapng_statistics){
                                                  .interface = (uint32_t)fuzz_number(input, 1) %
                                                               session->interface_count,
                                                  .ticks_exponent = PCAPNG_NANOSECONDS,
                                                  .start_time = fuzz_number(input, 7),
                                                  .end_time = fuzz_number(input, 7),
                                                  .received = fuzz_number(input, 6),
                                                  .dropped = fuzz_number(input, 3),
                                                  .delivered = fuzz_number(input, 6),
                                                  .comment = text_of(input),
                                              });
}

static void flush_some(struct session *session, struct fuzz_input *input)
{
    take(session, fuzz_number(input, 2));
    flush(session);
}

static void write_everything(struct session *session, struct fuzz_input *input)
{
    static void (*const operations[])(struct session *, struct fuzz_input *) = {
        add_packet, add_packet, flush_some, add_interface, add_statistics,
    };

    pcapng_write_section(&session->writer, text_of(input), text_of(input), text_of(input));
    for (int i = 0; i < OPERATIONS_MAX && input->left > 0; i++)
        operations[fuzz_number(input, 1) % (sizeof operations / sizeof *operations)](session,
                                                                                     input);
}

static void count_unsent(void *context, uint32_t interface)
{
    struct session *session = context;

    FUZZ_CHECK(interface < session->interface_count);
    session->unsent++;
}

/* Either the reader takes everything or it leaves now, perhaps in the middle of a block. */
static void end(struct session *session)
{
    if (!session->reader_leaves)
        flush_all(session);
    take(session, SIZE_MAX);
    pcapng_writer_unsent(&session->writer, count_unsent, session);
    FUZZ_CHECK(session->unsent <= session->packet_count);
    FUZZ_CHECK(session->reader_leaves || session->unsent == 0);
    FUZZ_CHECK(session->reader_leaves || pcapng_writer_partial(&session->writer) == 0);
}

/* The comments are there up to the one that did not fit, of which a part may be. */
static void compare_comments(wtap_block_t block, const struct kept *kept)
{
    const struct pcapng_comments *comments = &kept->options.comments;
    unsigned count = 0;
    char *text;

    for (; wtap_block_get_nth_string_option_value(block, OPT_COMMENT, count, &text) ==
           WTAP_OPTTYPE_SUCCESS;
         count++) {
        FUZZ_CHECK(count < comments->count);
        FUZZ_CHECK(strncmp(text, comments->texts[count], strlen(text)) == 0);
    }
    FUZZ_CHECK(!kept->whole || count == comments->count);
}

static void compare_options(const struct session *session, wtap_block_t block, size_t at)
{
    const struct pcapng_packet *packet = &session->packets[at];
    const struct pcapng_packet_options own = {
        .has_flags = true,
        .has_drops = packet->drops != 0,
        .flags = (uint32_t)packet->direction | (uint32_t)packet->reception << 2,
        .drops = packet->drops,
    };
    const struct pcapng_packet_options *wanted = packet->options ? packet->options : &own;
    guint32 flags = 0;
    guint32 queue = 0;
    guint64 drops = 0;
    guint64 id = 0;

    FUZZ_CHECK((wtap_block_get_uint32_option_value(block, OPT_PKT_FLAGS, &flags) ==
                WTAP_OPTTYPE_SUCCESS) == wanted->has_flags);
    FUZZ_CHECK(!wanted->has_flags || flags == wanted->flags);
    FUZZ_CHECK((wtap_block_get_uint64_option_value(block, OPT_PKT_DROPCOUNT, &drops) ==
                WTAP_OPTTYPE_SUCCESS) == wanted->has_drops);
    FUZZ_CHECK(!wanted->has_drops || drops == wanted->drops);
    FUZZ_CHECK((wtap_block_get_uint64_option_value(block, OPT_PKT_PACKETID, &id) ==
                WTAP_OPTTYPE_SUCCESS) == wanted->has_id);
    FUZZ_CHECK(!wanted->has_id || id == wanted->id);
    FUZZ_CHECK((wtap_block_get_uint32_option_value(block, OPT_PKT_QUEUE, &queue) ==
                WTAP_OPTTYPE_SUCCESS) == wanted->has_queue);
    FUZZ_CHECK(!wanted->has_queue || queue == wanted->queue);
    if (packet->options)
        compare_comments(block, &session->kept[at]);
}

static void compare_packet(const struct session *session, const wtap_rec *record,
                           const uint8_t *bytes, size_t at)
{
    const struct pcapng_packet *packet = &session->packets[at];
    const wtap_packet_header *header = &record->rec_header.packet_header;

    FUZZ_CHECK(at < session->packet_count);
    FUZZ_CHECK(header->interface_id == packet->interface);
    FUZZ_CHECK(header->caplen == packet->captured_length);
    FUZZ_CHECK(header->len == packet->wire_length);
    FUZZ_CHECK((uint64_t)record->ts.secs * NANOSECONDS + (uint64_t)record->ts.nsecs ==
               packet->timestamp);
    FUZZ_CHECK(header->caplen == 0 || memcmp(bytes, packet->bytes, header->caplen) == 0);
    compare_options(session, record->block, at);
}

static bool is_cut(const struct session *session, int error)
{
    return session->reader_leaves && error == WTAP_ERR_SHORT_READ;
}

static wtap_rec record;

#if WIRESHARK_VERSION_MAJOR == 4 && WIRESHARK_VERSION_MINOR < 5
static Buffer buffer; /* later versions have it in the record */
#define BUFFER_OF(record) (&buffer)
#define RECORD_INIT(record) (wtap_rec_init(record), ws_buffer_init(&buffer, USUAL_PACKET))
#define READ(file, record, ...) wtap_read(file, record, &buffer, __VA_ARGS__)
#else
#define BUFFER_OF(record) (&(record)->data)
#define RECORD_INIT(record) wtap_rec_init(record, USUAL_PACKET)
#define READ wtap_read
#endif

/* Reads the file by libwiretap; a file that it refuses is a finding. */
static size_t read_back(const struct session *session, const char *path)
{
    size_t count = 0;
    int error = 0;
    char *reason = NULL;
    int64_t offset;
    wtap *file = wtap_open_offline(path, WTAP_TYPE_AUTO, &error, &reason, FALSE);

    if (!file && is_cut(session, error))
        return 0;
    FUZZ_CHECK(file);
    for (; READ(file, &record, &error, &reason, &offset); wtap_rec_reset(&record))
        if (record.rec_type == REC_TYPE_PACKET)
            compare_packet(session, &record, ws_buffer_start_ptr(BUFFER_OF(&record)), count++);
    FUZZ_CHECK(error == 0 || is_cut(session, error));
    wtap_close(file);
    return count;
}

static void fill_addresses(void)
{
    for (size_t i = 0; i < 2 * (size_t)ADDRESSES_MAX; i++)
        addresses[i % 2][i / 2] = (struct pcapng_address){
            .family = i % 2 ? AF_INET6 : AF_INET,
            .bytes = address_bytes,
            .netmask = address_bytes,
            .prefix_length = 24,
        };
}

/*
 * The pipe, the file, the record and the writer's buffer serve for all sessions: to have their
 * pages made anew would take most of the time.
 */
static struct session set_up(void)
{
    static struct session fresh;

    if (fresh.writer.buffer)
        return fresh;
    fresh.file = memfd_create("capture", MFD_CLOEXEC);
    FUZZ_CHECK(fresh.file >= 0 && pipe2(fresh.pipe, O_NONBLOCK | O_CLOEXEC) == 0);
    FUZZ_CHECK(pcapng_writer_init(&fresh.writer, fresh.pipe[1], CAPACITY));
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 31 >> 3);
    memset(letters, 'x', TEXT_MAX);
    fill_addresses();
    ws_log_set_level(LOG_LEVEL_WARNING); /* else a line for each step of libwiretap */
    wtap_init(FALSE);
    RECORD_INIT(&record);
    return fresh;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct session session;
    struct fuzz_input input = {data, size};
    char path[64];
    off_t length;

    session = set_up();
    session.reader_leaves = fuzz_number(&input, 1) & 1;
    FUZZ_CHECK(lseek(session.file, 0, SEEK_SET) == 0);
    write_everything(&session, &input);
    end(&session);
    snprintf(path, sizeof path, "/proc/self/fd/%d", session.file);
    length = lseek(session.file, 0, SEEK_CUR);
    FUZZ_CHECK(length >= 0 && ftruncate(session.file, length) == 0);
    if (length > 0)
        FUZZ_CHECK(read_back(&session, path) + session.unsent == session.packet_count);
    return 0;
}
