/*
 * The dissector, in Wireshark, on captures of a few frames with every demand for its fields: it
 * throws no exception, causes no warning of Wireshark and GLib, and keeps no memory of a file that
 * was closed.
 *
 * Input: 1 byte link type, 3 bytes demand, then frames: 1 byte what is known of it, its numbers, 2
 * bytes length, frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <sanitizer/allocator_interface.h>
#include <wiretap/wtap.h>

#include "dissection.h"

enum {
    GROWN_RUNS = 6, /* any of them may fill a table that is then kept at its size */
};

static const int encapsulations[] = {
    WTAP_ENCAP_RAW_IP, WTAP_ENCAP_ETHERNET,      WTAP_ENCAP_RAW_IP4,     WTAP_ENCAP_RAW_IP6,
    WTAP_ENCAP_SLL,    WTAP_ENCAP_SLL2,          WTAP_ENCAP_NULL,        WTAP_ENCAP_LOOP,
    WTAP_ENCAP_PPP,    WTAP_ENCAP_PPP_WITH_PHDR, WTAP_ENCAP_PKTAP,       WTAP_ENCAP_NFLOG,
    WTAP_ENCAP_PFLOG,  WTAP_ENCAP_OLD_PFLOG,     WTAP_ENCAP_IPNET,       WTAP_ENCAP_JUNIPER_ETHER,
    WTAP_ENCAP_FRELAY, WTAP_ENCAP_CHDLC,         WTAP_ENCAP_IEEE_802_11, WTAP_ENCAP_USER0,
};

static const char *const fields[] = {
    NULL,          "ipmon",       "_ws.expert",         "ipmon.ttl",
    "ipmon.event", "ipmon.error", "ipmon.payload.text", "ip.ttl",
};

static const char *const code_pages[] = {"65001", "1252", "37", "932"};
static const char *const comments[] = {
    NULL,
    "PID: 7\nThreadId: 8\nUserId: 0\nName: a\\x0a\nRole: sender\nHow: use\nCertainty: exact",
    "PID: 9\nThreadId: 9\nRole: listener\nHow: listen\nCertainty: listener",
    "PID: 4294967295\nCmd: /\xC3\xBC/\xFF\nArgs: \x01\xC2\nPID: 1",
};
static const char *const interfaces[] = {NULL, "lo", "eth0", "Loopback: lo0"};

static struct dissection_demand demand_of(uint64_t bits)
{
    return (struct dissection_demand){
        .first = (enum dissection_pass)((bits & 3) % DISSECTION_NO_PASS),
        .second = (enum dissection_pass)(bits >> 2 & 3),
        .experts = (bits >> 4 & 1) != 0,
        .columns = (bits >> 5 & 1) != 0,
        .statistics = {(bits >> 6 & 1) != 0, (bits >> 7 & 1) != 0, (bits >> 8 & 1) != 0,
                       (bits >> 20 & 1) != 0},
        .fields = {fields[bits >> 9 & 7], fields[bits >> 12 & 7]},
        .summary = (bits >> 15 & 1) != 0,
        .end_of_stream = (bits >> 16 & 1) != 0,
        .code_page = code_pages[bits >> 17 & 3],
        .connections = (bits >> 19 & 1) != 0,
    };
}

/* Times go on by nothing, a moment, a second or minutes. */
static uint64_t step(unsigned choice)
{
    return (uint64_t[]){0, 1000, 1000000000, 300000000000}[choice & 3];
}

/* The next frame; its bytes are a copy of their own. */
static void take_frame(struct dissection *dissection, struct fuzz_input *input)
{
    struct dissection_frame *frame = &dissection->frames[dissection->frame_count];
    const uint8_t bits = (uint8_t)fuzz_number(input, 1);
    uint32_t length;

    frame->has_flags = bits & 1;
    frame->flags = frame->has_flags ? (uint32_t)fuzz_number(input, 1) : 0;
    frame->interface = interfaces[bits >> 1 & 3];
    frame->comment = comments[bits >> 6 & 3];
    frame->time = step(bits >> 3 & 3);
    if (dissection->frame_count > 0)
        frame->time += frame[-1].time;
    frame->wire_length = bits >> 5 & 1 ? (uint32_t)fuzz_number(input, 2) : 0;
    length = (uint32_t)fuzz_number(input, 2);
    if (length > input->left)
        length = (uint32_t)input->left;
    frame->bytes = fuzz_copy(input->data, length);
    frame->captured_length = length;
    frame->wire_length += length;
    input->data += length;
    input->left -= length;
    dissection->frame_count++;
}

static size_t grown(const struct dissection *dissection)
{
    const size_t before = __sanitizer_get_current_allocated_bytes();
    size_t after;

    dissection_run(dissection);
    after = __sanitizer_get_current_allocated_bytes();
    return after > before ? after - before : 0;
}

/* What several such files leave behind: at least and at most. */
struct growth {
    size_t least;
    size_t most;
};

static struct growth growth_of(const struct dissection *dissection)
{
    struct growth growth = {.least = SIZE_MAX};

    for (int i = 0; i < GROWN_RUNS; i++) {
        const size_t size = grown(dissection);

        growth.least = size < growth.least ? size : growth.least;
        growth.most = size > growth.most ? size : growth.most;
    }
    return growth;
}

static struct growth growth_without_plugin(const struct dissection *dissection)
{
    struct growth growth;

    dissection_enable_plugin(false);
    growth = growth_of(dissection);
    dissection_enable_plugin(true);
    return growth;
}

/* What Wireshark keeps of any file. */
static size_t usual_growth(void)
{
    static const struct dissection empty = {.demand.code_page = "65001"};
    static size_t size = SIZE_MAX;

    if (size == SIZE_MAX)
        size = growth_without_plugin(&empty).least;
    return size;
}

/* A file that leaves memory behind each time leaves none more than without the plugin. */
static void run(const struct dissection *dissection)
{
    const size_t usual = usual_growth();
    struct growth with;
    struct growth without;

    if (grown(dissection) <= usual || (with = growth_of(dissection)).least <= usual)
        return;
    without = growth_without_plugin(dissection);
    if (with.least <= without.most)
        return;
    fprintf(stderr, "of each such file %zu to %zu bytes are kept, %zu to %zu without the plugin\n",
            with.least, with.most, without.least, without.most);
    abort();
}

int LLVMFuzzerInitialize(int *count, char ***arguments);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    dissection_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dissection dissection;
    struct fuzz_input input = {data, size};

    memset(&dissection, 0, sizeof dissection);
    dissection.encapsulation =
        encapsulations[fuzz_number(&input, 1) % (sizeof encapsulations / sizeof *encapsulations)];
    dissection.demand = demand_of(fuzz_number(&input, 3));
    while (input.left > 0 && dissection.frame_count < DISSECTION_FRAMES_MAX)
        take_frame(&dissection, &input);
    if (getenv("IPMON_FUZZ_WITHOUT"))
        dissection_run(&dissection);
    else
        run(&dissection);
    for (size_t i = 0; i < dissection.frame_count; i++)
        free((void *)(uintptr_t)dissection.frames[i].bytes);
    return 0;
}
