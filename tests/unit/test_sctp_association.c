/*
 * Which ABORT an SCTP endpoint believes, and what it comes to (RFC 9260).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "sctp_association.h"

enum {
    IP_HEADER = 20,
    COMMON_HEADER = 12,
    ROOM = 128,
    STEPS = 8,

    DATA = 0,
    INIT = 1,
    INIT_ACK = 2,
    HEARTBEAT = 4,
    ABORT = 6,
    ERROR = 9,
    COOKIE_ECHO = 10,
    COOKIE_ACK = 11,
    SHUTDOWN_COMPLETE = 14,
    T = 1,

    A_TAG = 0xAAAA0001, /* that A chose, so it is in the packets of B */
    B_TAG = 0xBBBB0002,
    NEW_TAG = 0xCCCC0003,
};

/* A packet of one chunk, or two. */
struct step {
    bool used;
    bool from_b;
    uint32_t tag;
    uint8_t chunk;
    uint8_t flags;
    uint32_t initiate_tag;
    bool abort_behind; /* an ABORT follows the chunk */
    enum connection_situation expected;
    bool likely;
};

static void set_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t build(uint8_t *bytes, const struct step *step)
{
    uint8_t *chunk = bytes + IP_HEADER + COMMON_HEADER;
    const uint8_t length = step->chunk == INIT || step->chunk == INIT_ACK ? 20 : 7; /* and padding */
    const uint32_t end = IP_HEADER + COMMON_HEADER + (length + 3U) / 4 * 4;

    memset(bytes, 0, ROOM);
    bytes[0] = 0x45;
    bytes[8] = 64;
    bytes[9] = 132;
    set_u32(bytes + 12, 0x0A000001U + step->from_b);
    set_u32(bytes + 16, 0x0A000002U - step->from_b);
    bytes[IP_HEADER + 1] = step->from_b ? 7 : 9;
    bytes[IP_HEADER + 3] = step->from_b ? 9 : 7;
    set_u32(bytes + IP_HEADER + 4, step->tag);
    chunk[0] = step->chunk;
    chunk[1] = step->flags;
    chunk[3] = length;
    if (length == 20)
        set_u32(chunk + 4, step->initiate_tag);
    if (step->abort_behind) {
        bytes[end] = ABORT;
        bytes[end + 3] = 4;
    }
    bytes[3] = (uint8_t)(end + (step->abort_behind ? 4 : 0));
    return bytes[3];
}

static struct connection_verdict take(struct sctp_association *association, const struct step *step,
                                      uint32_t captured)
{
    uint8_t bytes[ROOM];
    const uint32_t length = build(bytes, step);
    struct ip_packet packet;

    ip_packet_decode(&packet, bytes, captured < length ? captured : length, length);
    return sctp_association_packet(association, step->from_b, &packet);
}

/* clang-format off: one step, one line or two */
#define A_INIT {.used = true, .chunk = INIT, .initiate_tag = A_TAG}
#define B_INIT_ACK {.used = true, .from_b = true, .tag = A_TAG, .chunk = INIT_ACK, .initiate_tag = B_TAG}
#define A_ECHO {.used = true, .tag = B_TAG, .chunk = COOKIE_ECHO}
#define B_COOKIE_ACK {.used = true, .from_b = true, .tag = A_TAG, .chunk = COOKIE_ACK}
#define UP A_INIT, B_INIT_ACK, A_ECHO, B_COOKIE_ACK
#define A_ABORT(tag_, flags_, ...) {.used = true, .tag = (tag_), .chunk = ABORT, .flags = (flags_), .expected = __VA_ARGS__}
#define B_ABORT(tag_, flags_, ...) {.used = true, .from_b = true, .tag = (tag_), .chunk = ABORT, .flags = (flags_), .expected = __VA_ARGS__}
#define LIKELY .likely = true

static void test_aborts(void **state)
{
    static const struct {
        const char *name;
        struct step steps[STEPS];
    } rows[] = {
        {"INIT", {A_INIT, B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY), B_ABORT(A_TAG, 0, SITUATION_DEAD)}},
        {"INIT, wrong tag", {A_INIT, B_ABORT(B_TAG, 0, SITUATION_WRONG_TAG), B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"INIT, T, the other side's tag is not known", {A_INIT, B_ABORT(1, T, SITUATION_WRONG_TAG),
                                                        B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"INIT ACK not captured, T", {A_INIT, A_ECHO, B_ABORT(A_TAG, T, SITUATION_WRONG_TAG),
                                      B_ABORT(B_TAG, T, SITUATION_CONNECTING, LIKELY)}},
        {"INIT, its sender", {A_INIT, A_ABORT(B_TAG, 0, SITUATION_HALF_OPEN)}},
        {"INIT ACK, its receiver", {A_INIT, B_INIT_ACK, A_ABORT(B_TAG, 0, SITUATION_HALF_OPEN)}},
        {"INIT ACK, T", {A_INIT, B_INIT_ACK, A_ABORT(A_TAG, T, SITUATION_HALF_OPEN)}},
        {"COOKIE ECHO", {A_INIT, B_INIT_ACK, A_ECHO, B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"COOKIE ECHO, T", {A_INIT, B_INIT_ACK, A_ECHO, B_ABORT(B_TAG, T, SITUATION_CONNECTING, LIKELY)}},
        {"COOKIE ECHO, T, wrong tag", {A_INIT, B_INIT_ACK, A_ECHO, B_ABORT(A_TAG, T, SITUATION_WRONG_TAG)}},
        {"COOKIE ECHO, then an ERROR", {A_INIT, B_INIT_ACK, A_ECHO, {.used = true, .from_b = true, .tag = A_TAG, .chunk = ERROR},
                                        B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"later", {UP, B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY), A_ABORT(B_TAG, 0, SITUATION_DEAD)}},
        {"later, of the other side", {UP, A_ABORT(B_TAG, 0, SITUATION_ESTABLISHED, LIKELY)}},
        {"later, T", {UP, B_ABORT(B_TAG, T, SITUATION_ESTABLISHED, LIKELY)}},
        {"later, wrong tag", {UP, B_ABORT(B_TAG, 0, SITUATION_WRONG_TAG), B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY)}},
        {"later, T, wrong tag", {UP, B_ABORT(A_TAG, T, SITUATION_WRONG_TAG)}},
        {"COOKIE ACK not captured", {A_INIT, B_INIT_ACK, A_ECHO, {.used = true, .tag = B_TAG, .chunk = DATA},
                                     B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY)}},
        {"began late", {{.used = true, .tag = B_TAG, .chunk = HEARTBEAT}, B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY)}},
        {"nothing else", {B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY)}},
        {"behind data", {UP, {.used = true, .from_b = true, .tag = A_TAG, .chunk = DATA, .abort_behind = true,
                              .expected = SITUATION_ESTABLISHED, LIKELY}}},
        {"aborted, then again", {A_INIT, B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY),
                                 {.used = true, .chunk = INIT, .initiate_tag = NEW_TAG}, B_ABORT(A_TAG, 0, SITUATION_WRONG_TAG),
                                 B_ABORT(NEW_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"INIT of another attempt", {A_INIT, {.used = true, .chunk = INIT, .initiate_tag = NEW_TAG},
                                     B_ABORT(A_TAG, 0, SITUATION_WRONG_TAG)}},
        {"INIT of both sides", {A_INIT, {.used = true, .from_b = true, .chunk = INIT, .initiate_tag = B_TAG},
                                B_ABORT(B_TAG, 0, SITUATION_WRONG_TAG), B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"forged INIT, the association stands", {UP, {.used = true, .chunk = INIT, .initiate_tag = NEW_TAG},
                                                 B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY)}},
        {"INIT of a host that began again, refused", {UP, {.used = true, .chunk = INIT, .initiate_tag = NEW_TAG},
                                                      B_ABORT(NEW_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
        {"a host that began again", {UP, {.used = true, .chunk = INIT, .initiate_tag = NEW_TAG},
                                     {.used = true, .from_b = true, .tag = NEW_TAG, .chunk = INIT_ACK, .initiate_tag = 5},
                                     {.used = true, .tag = 5, .chunk = COOKIE_ECHO}, B_ABORT(A_TAG, 0, SITUATION_WRONG_TAG)}},
        {"a host that began again, its tag", {UP, {.used = true, .chunk = INIT, .initiate_tag = NEW_TAG},
                                              {.used = true, .from_b = true, .tag = NEW_TAG, .chunk = INIT_ACK, .initiate_tag = 5},
                                              {.used = true, .tag = 5, .chunk = COOKIE_ECHO},
                                              B_ABORT(NEW_TAG, 0, SITUATION_CONNECTING, LIKELY)}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct sctp_association association = {0};

        for (size_t k = 0; k < STEPS && rows[i].steps[k].used; k++) {
            const struct step *step = &rows[i].steps[k];
            const struct connection_verdict verdict = take(&association, step, ROOM);

            row_equal(rows[i].name, verdict.situation, step->expected);
            row_equal(rows[i].name, verdict.likely, step->likely);
        }
    }
}

static void test_outcomes(void **state)
{
    enum { UNKNOWN = CONNECTION_SIDE_UNKNOWN };
#define A_DONE {.used = true, .tag = B_TAG, .chunk = SHUTDOWN_COMPLETE}
    static const struct {
        const char *name;
        struct step steps[STEPS];
        struct connection_outcome expected;
    } rows[] = {
        {"nothing", {{0}}, {.end = CONNECTION_END_NONE, .client = UNKNOWN}},
        {"INIT", {A_INIT}, {.end = CONNECTION_END_UNANSWERED}},
        {"INIT of B", {{.used = true, .from_b = true, .chunk = INIT, .initiate_tag = B_TAG}},
         {.end = CONNECTION_END_UNANSWERED, .client = 1}},
        {"INIT ACK", {A_INIT, B_INIT_ACK}, {.end = CONNECTION_END_HALF_OPEN}},
        {"up", {UP}, {.end = CONNECTION_END_OPEN}},
        {"its beginning not captured", {{.used = true, .tag = B_TAG, .chunk = DATA}},
         {.end = CONNECTION_END_OPEN, .client = UNKNOWN}},
        {"shut down", {UP, A_DONE}, {.end = CONNECTION_END_CLOSED}},
        {"shut down, then an ABORT", {UP, A_DONE, B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY)},
         {.end = CONNECTION_END_CLOSED, .side = 1}},
        {"shut down before it is up", {A_INIT, A_DONE}, {.end = CONNECTION_END_UNANSWERED}},
        {"refused", {A_INIT, B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY)},
         {.end = CONNECTION_END_REFUSED, .side = 1, .likely = true}},
        {"wrong tag", {A_INIT, B_ABORT(B_TAG, 0, SITUATION_WRONG_TAG)}, {.end = CONNECTION_END_UNANSWERED}},
        {"aborted by A, then by B", {UP, A_ABORT(B_TAG, 0, SITUATION_ESTABLISHED, LIKELY), B_ABORT(A_TAG, 0, SITUATION_DEAD)},
         {.end = CONNECTION_END_RESET, .likely = true}},
        {"aborted, and again", {UP, B_ABORT(A_TAG, 0, SITUATION_ESTABLISHED, LIKELY), A_INIT}, {.end = CONNECTION_END_UNANSWERED}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct sctp_association association = {0};
        struct connection_outcome outcome;

        for (size_t k = 0; k < STEPS && rows[i].steps[k].used; k++)
            take(&association, &rows[i].steps[k], ROOM);
        outcome = sctp_outcome(&association);
        row_equal(rows[i].name, outcome.end, rows[i].expected.end);
        row_equal(rows[i].name, outcome.side, rows[i].expected.side);
        row_equal(rows[i].name, outcome.client, rows[i].expected.client);
        row_equal(rows[i].name, outcome.likely, rows[i].expected.likely);
    }
}
/* clang-format on */

/* Chunks that were not captured whole show less, never something else. */
static void test_chunks_cut_short(void **state)
{
    const struct step init = A_INIT;
    const struct step refusal = B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY);
    const struct step behind = {
        .from_b = true, .tag = A_TAG, .chunk = DATA, .abort_behind = true};

    (void)state;
    for (uint32_t captured = 0; captured <= ROOM; captured++) {
        struct sctp_association association = {0};
        struct connection_verdict verdict;

        take(&association, &init, captured);
        verdict = take(&association, &refusal, ROOM);
        assert_int_equal(verdict.situation, captured >= IP_HEADER + COMMON_HEADER + 4
                                                ? SITUATION_CONNECTING
                                                : SITUATION_ESTABLISHED);
        association = (struct sctp_association){0};
        take(&association, &init, ROOM);
        verdict = take(&association, &refusal, captured);
        assert_int_equal(verdict.situation, captured >= IP_HEADER + COMMON_HEADER + 4
                                                ? SITUATION_CONNECTING
                                                : SITUATION_UNKNOWN);
        association = (struct sctp_association){0};
        verdict = take(&association, &behind, captured);
        assert_int_equal(verdict.situation, captured >= IP_HEADER + COMMON_HEADER + 12
                                                ? SITUATION_ESTABLISHED
                                                : SITUATION_UNKNOWN);
    }
}

/* Lengths that lead nowhere end the walk. */
static void test_lengths_of_chunks(void **state)
{
    static const uint16_t lengths[] = {0, 1, 3, 4, 5, 8, 9, 64, 0xFFFC, 0xFFFF};
    const struct step data = {.tag = A_TAG, .chunk = DATA, .abort_behind = true};

    (void)state;
    for (size_t i = 0; i < ROWS(lengths); i++) {
        uint8_t bytes[ROOM];
        const uint32_t length = build(bytes, &data);
        struct ip_packet packet;

        bytes[IP_HEADER + COMMON_HEADER + 2] = (uint8_t)(lengths[i] >> 8);
        bytes[IP_HEADER + COMMON_HEADER + 3] = (uint8_t)lengths[i];
        ip_packet_decode(&packet, bytes, length, length);
        assert_int_equal(sctp_abort_offset(&packet),
                         lengths[i] == 5 || lengths[i] == 8 ? COMMON_HEADER + 8 : 0);
    }
}

/* A packet that is not SCTP, or not its beginning, or whose header is too short, has no ABORT. */
static void test_no_sctp(void **state)
{
    static const struct {
        const char *name;
        uint32_t at;
        uint8_t byte;
        bool has_abort;
    } rows[] = {
        {"SCTP", 0, 0x45, true},
        {"UDP", 9, 17, false},
        {"later fragment", 7, 1, false},
        {"header of 16 bytes", 0, 0x44, false},
    };
    const struct step refusal = B_ABORT(A_TAG, 0, SITUATION_CONNECTING, LIKELY);

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct sctp_association association = {0};
        uint8_t bytes[ROOM];
        const uint32_t length = build(bytes, &refusal);
        struct ip_packet packet;

        bytes[rows[i].at] = rows[i].byte;
        ip_packet_decode(&packet, bytes, length, length);
        row_equal(rows[i].name, sctp_abort_offset(&packet) != 0, rows[i].has_abort);
        row_equal(rows[i].name,
                  sctp_association_packet(&association, 1, &packet).situation != SITUATION_UNKNOWN,
                  rows[i].has_abort);
    }
}

static void test_any_bytes(void **state)
{
    struct sctp_association association = {0};
    uint32_t seed = 3;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        const uint32_t length = IP_HEADER + unit_random(&seed) % (ROOM - IP_HEADER);
        uint8_t *bytes = test_malloc(length);
        struct connection_verdict verdict;
        struct ip_packet packet;

        for (uint32_t k = IP_HEADER; k < length; k++)
            bytes[k] = (uint8_t)(k % 4 == 2 && unit_random(&seed) % 4 ? 0 : unit_random(&seed) % 24);
        memset(bytes, 0, IP_HEADER);
        bytes[0] = 0x45;
        bytes[3] = (uint8_t)length;
        bytes[9] = 132;
        ip_packet_decode(&packet, bytes, length, length);
        verdict = sctp_association_packet(&association, unit_random(&seed) & 1, &packet);
        assert_true(verdict.situation == SITUATION_UNKNOWN || sctp_abort_offset(&packet) != 0);
        assert_true(sctp_abort_offset(&packet) + 4 <= length - IP_HEADER + 4);
        if (unit_random(&seed) % 16 == 0)
            association = (struct sctp_association){0};
        test_free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aborts),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_chunks_cut_short),
        cmocka_unit_test(test_lengths_of_chunks),
        cmocka_unit_test(test_no_sctp),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
