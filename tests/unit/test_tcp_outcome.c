/*
 * What becomes of TCP connections: exchanges, and the outcome after the last step while the capture
 * goes on, and once it has been read to its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "tcp_connection.h"

enum {
    FIN = TCP_FLAG_FIN,
    SYN = TCP_FLAG_SYN,
    RST = TCP_FLAG_RST,
    ACK = TCP_FLAG_ACK,

    A = 0, /* the side of the first SYN; B is the other one */
    B = 1,
    NOBODY = CONNECTION_SIDE_UNKNOWN,
    STEPS = 16,
    A_INITIAL = 1000,
    B_INITIAL = 9000,
    EHOSTUNREACH_ = 113,
};

/* A segment, or with `errno_value` an ICMP error about one. */
struct step {
    bool used;
    bool from_b;
    uint8_t flags;
    uint32_t seq; /* relative to the sender's SYN */
    uint32_t ack; /* relative to the other side's SYN */
    uint32_t length;
    uint8_t errno_value;
    bool keeps_connecting;
};

struct expectation {
    enum connection_end end;
    uint8_t side;
    uint8_t client;
    uint8_t errno_value;
    bool likely;
};

struct exchange {
    const char *name;
    struct step steps[STEPS];
    struct expectation so_far;
    struct expectation whole;     /* all zeros: as `so_far` */
    enum connection_end replaced; /* of the connection that the last step replaces */
};

static void take(struct tcp_connection *connection, const struct step *step, uint32_t frame,
                 struct tcp_timeout *timeout)
{
    const uint32_t own = step->from_b ? B_INITIAL : A_INITIAL;
    const uint32_t other = step->from_b ? A_INITIAL : B_INITIAL;
    const struct tcp_segment segment = {
        .sequence = own + step->seq,
        .acknowledgment = step->flags & ACK ? other + step->ack : 0,
        .length = step->length,
        .window = 4000,
        .flags = step->flags,
    };
    const struct tcp_quote quote = {
        .sequence = own + step->seq,
        .errno_value = step->errno_value,
        .ends_connecting = !step->keeps_connecting,
    };

    if (step->errno_value != 0)
        tcp_connection_error(connection, step->from_b, &quote);
    else
        tcp_connection_segment(connection, step->from_b, &segment, frame, 1000 * frame, timeout);
}

static void check(const char *name, struct connection_outcome outcome,
                  const struct expectation *expected)
{
    row_equal(name, outcome.end, expected->end);
    row_equal(name, outcome.side, expected->side);
    row_equal(name, outcome.client, expected->client);
    row_equal(name, outcome.errno_value, expected->errno_value);
    row_equal(name, outcome.likely, expected->likely);
}

static void run(const struct exchange *exchange)
{
    struct tcp_connection connection = {0};
    struct tcp_timeout timeout = {0};

    for (uint32_t i = 0; i < STEPS && exchange->steps[i].used; i++) {
        memset(&timeout, 0, sizeof timeout);
        take(&connection, &exchange->steps[i], i + 1, &timeout);
    }
    check(exchange->name, tcp_outcome(&connection, false), &exchange->so_far);
    check(exchange->name, tcp_outcome(&connection, true),
          exchange->whole.end != CONNECTION_END_NONE ? &exchange->whole : &exchange->so_far);
    row_equal(exchange->name, timeout.outcome.end, exchange->replaced);
}

static void run_all(const struct exchange *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run(&exchanges[i]);
}

#define FROM_A(...)                                                                                \
    {                                                                                              \
        .used = true, __VA_ARGS__                                                                  \
    }
#define FROM_B(...)                                                                                \
    {                                                                                              \
        .used = true, .from_b = true, __VA_ARGS__                                                  \
    }
#define A_SYN FROM_A(.flags = SYN)
#define B_SYN_ACK FROM_B(.flags = SYN | ACK, .ack = 1)
#define A_ACK FROM_A(.flags = ACK, .seq = 1, .ack = 1)
#define UP A_SYN, B_SYN_ACK, A_ACK
#define A_DATA FROM_A(.flags = ACK, .seq = 1, .ack = 1, .length = 10)
#define A_FIN FROM_A(.flags = FIN | ACK, .seq = 1, .ack = 1)
#define B_FIN FROM_B(.flags = FIN | ACK, .seq = 1, .ack = 1)
#define B_FIN_2 FROM_B(.flags = FIN | ACK, .seq = 1, .ack = 2)
#define A_LAST_ACK FROM_A(.flags = ACK, .seq = 2, .ack = 2)
#define A_UNREACHABLE FROM_A(.errno_value = EHOSTUNREACH_)
#define IS(end_, ...)                                                                              \
    {                                                                                              \
        .end = CONNECTION_END_##end_, __VA_ARGS__                                                  \
    }

static void test_opening(void **state)
{
    static const struct exchange exchanges[] = {
        {"nothing", {{0}}, .so_far = IS(NONE, .client = NOBODY)},
        {"SYN", {A_SYN}, .so_far = IS(UNANSWERED)},
        {"SYN of B", {FROM_B(.flags = SYN)}, .so_far = IS(UNANSWERED, .client = B)},
        {"SYN, repeated",
         {A_SYN, A_SYN},
         .so_far = IS(UNANSWERED),
         .whole = IS(TIMED_OUT, .likely = true)},
        {"SYN, repeated, then answered", {A_SYN, A_SYN, B_SYN_ACK}, .so_far = IS(HALF_OPEN)},
        {"SYN, 10 times repeated: Linux has given up",
         {A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN},
         .so_far = IS(TIMED_OUT, .likely = true)},
        {"SYN, 9 times",
         {A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN},
         .so_far = IS(UNANSWERED),
         .whole = IS(TIMED_OUT, .likely = true)},
        {"SYN-ACK", {A_SYN, B_SYN_ACK}, .so_far = IS(HALF_OPEN)},
        {"SYN-ACK alone", {B_SYN_ACK}, .so_far = IS(HALF_OPEN)},
        {"SYN-ACK of A alone",
         {FROM_A(.flags = SYN | ACK, .ack = 1)},
         .so_far = IS(HALF_OPEN, .client = B)},
        {"established", {UP}, .so_far = IS(OPEN)},
        {"SYNs of both sides", {A_SYN, FROM_B(.flags = SYN)}, .so_far = IS(HALF_OPEN)},
        {"its beginning not captured", {A_DATA}, .so_far = IS(OPEN, .client = NOBODY)},
    };
    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_closing(void **state)
{
    static const struct exchange exchanges[] = {
        {"one FIN", {UP, A_FIN}, .so_far = IS(OPEN)},
        {"two FINs", {UP, A_FIN, B_FIN_2}, .so_far = IS(CLOSED)},
        {"then a reset of A: no socket is left",
         {UP, A_FIN, B_FIN_2, A_LAST_ACK, FROM_A(.flags = RST, .seq = 2)},
         .so_far = IS(CLOSED)},
        {"then a reset of B",
         {UP, A_FIN, B_FIN_2, A_LAST_ACK, FROM_B(.flags = RST, .seq = 2)},
         .so_far = IS(CLOSED, .side = B)},
        {"two FINs, the second not acknowledged",
         {UP, A_FIN, B_FIN_2, FROM_A(.flags = RST, .seq = 2)},
         .so_far = IS(RESET)},
        {"one FIN, then a reset",
         {UP, B_FIN, FROM_B(.flags = RST, .seq = 2)},
         .so_far = IS(RESET, .side = B)},
    };
    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_resets(void **state)
{
    static const struct exchange exchanges[] = {
        {"refused",
         {A_SYN, FROM_B(.flags = RST | ACK, .ack = 1)},
         .so_far = IS(REFUSED, .side = B)},
        {"refused after a repetition",
         {A_SYN, A_SYN, FROM_B(.flags = RST | ACK, .ack = 1)},
         .so_far = IS(REFUSED, .side = B)},
        {"not an answer to the SYN",
         {A_SYN, FROM_B(.flags = RST | ACK, .ack = 2)},
         .so_far = IS(UNANSWERED)},
        {"by A before it was established",
         {A_SYN, B_SYN_ACK, FROM_A(.flags = RST, .seq = 1)},
         .so_far = IS(RESET)},
        {"by A", {UP, FROM_A(.flags = RST, .seq = 1)}, .so_far = IS(RESET)},
        {"by B", {UP, FROM_B(.flags = RST, .seq = 1)}, .so_far = IS(RESET, .side = B)},
        {"by B, and A answers",
         {UP, FROM_B(.flags = RST, .seq = 1), FROM_A(.flags = RST, .seq = 1)},
         .so_far = IS(RESET, .side = B)},
        {"outside the window", {UP, FROM_B(.flags = RST, .seq = 9999)}, .so_far = IS(OPEN)},
        {"forged: B goes on",
         {UP, FROM_B(.flags = RST, .seq = 1),
          FROM_B(.flags = ACK, .seq = 1, .ack = 1, .length = 5)},
         .so_far = IS(OPEN)},
        {"alone",
         {FROM_B(.flags = RST, .seq = 1)},
         .so_far = IS(RESET, .side = B, .client = NOBODY, .likely = true)},
        {"alone, an answer to a SYN",
         {{.used = true,
           .from_b = true,
           .flags = RST | ACK,
           .seq = (uint32_t)-B_INITIAL,
           .ack = 1}},
         .so_far = IS(REFUSED, .side = B, .likely = true)},
    };
    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_icmp_errors(void **state)
{
    static const struct exchange exchanges[] = {
        {"of a SYN", {A_SYN, A_UNREACHABLE}, .so_far = IS(ICMP, .errno_value = EHOSTUNREACH_)},
        {"of a repeated SYN",
         {A_SYN, A_SYN, A_UNREACHABLE},
         .so_far = IS(ICMP, .errno_value = EHOSTUNREACH_)},
        {"the SYN-ACK comes after all, and the client refuses it",
         {A_SYN, A_UNREACHABLE, B_SYN_ACK, FROM_A(.flags = RST, .seq = 1)},
         .so_far = IS(ICMP, .errno_value = EHOSTUNREACH_)},
        {"that lets connect() go on",
         {A_SYN, FROM_A(.errno_value = 90, .keeps_connecting = true)},
         .so_far = IS(UNANSWERED)},
        {"of the SYN-ACK",
         {A_SYN, B_SYN_ACK, FROM_B(.errno_value = EHOSTUNREACH_)},
         .so_far = IS(HALF_OPEN)},
        {"of data",
         {UP, A_DATA, FROM_A(.errno_value = EHOSTUNREACH_, .seq = 1)},
         .so_far = IS(OPEN)},
    };
    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_timeouts(void **state)
{
    static const struct exchange exchanges[] = {
        {"data, twice repeated", {UP, A_DATA, A_DATA, A_DATA}, .so_far = IS(OPEN)},
        {"three times",
         {UP, A_DATA, A_DATA, A_DATA, A_DATA},
         .so_far = IS(OPEN),
         .whole = IS(TIMED_OUT, .likely = true)},
        {"then acknowledged",
         {UP, A_DATA, A_DATA, A_DATA, A_DATA, FROM_B(.flags = ACK, .seq = 1, .ack = 11)},
         .so_far = IS(OPEN)},
        {"of B",
         {UP, FROM_B(.flags = ACK, .seq = 1, .ack = 1, .length = 5),
          FROM_B(.flags = ACK, .seq = 1, .ack = 1, .length = 5),
          FROM_B(.flags = ACK, .seq = 1, .ack = 1, .length = 5),
          FROM_B(.flags = ACK, .seq = 1, .ack = 1, .length = 5)},
         .so_far = IS(OPEN),
         .whole = IS(TIMED_OUT, .side = B, .likely = true)},
        {"with an ICMP error",
         {UP, A_DATA, A_DATA, A_DATA, FROM_A(.errno_value = EHOSTUNREACH_, .seq = 1), A_DATA},
         .so_far = IS(OPEN),
         .whole = IS(TIMED_OUT, .errno_value = EHOSTUNREACH_, .likely = true)},
        {"and a reset of the side that gives up",
         {UP, A_DATA, A_DATA, A_DATA, A_DATA, FROM_A(.flags = RST, .seq = 11)},
         .so_far = IS(RESET),
         .whole = IS(TIMED_OUT, .likely = true)},
    };
    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

/* A connection of the same endpoints takes the place of the one before. */
static void test_replaced(void **state)
{
#define AGAIN FROM_A(.flags = SYN, .seq = 5000)
    static const struct exchange exchanges[] = {
        {"after one that was closed",
         {UP, A_FIN, B_FIN_2, AGAIN},
         .so_far = IS(UNANSWERED),
         .replaced = CONNECTION_END_CLOSED},
        {"after one that was reset",
         {UP, FROM_B(.flags = RST, .seq = 1), AGAIN},
         .so_far = IS(UNANSWERED),
         .replaced = CONNECTION_END_RESET},
        {"after one that was refused",
         {A_SYN, FROM_B(.flags = RST | ACK, .ack = 1), AGAIN},
         .so_far = IS(UNANSWERED),
         .replaced = CONNECTION_END_REFUSED},
        {"the same SYN, as Windows repeats it",
         {A_SYN, FROM_B(.flags = RST | ACK, .ack = 1), A_SYN},
         .so_far = IS(UNANSWERED)},
        {"after one that has no answer",
         {A_SYN, A_SYN, AGAIN},
         .so_far = IS(UNANSWERED),
         .replaced = CONNECTION_END_TIMED_OUT},
        {"while one is established, not answered", {UP, AGAIN}, .so_far = IS(OPEN)},
        {"and answered",
         {UP, AGAIN, FROM_B(.flags = SYN | ACK, .seq = 7000, .ack = 5001)},
         .so_far = IS(HALF_OPEN),
         .replaced = CONNECTION_END_OPEN},
        {"and refused",
         {UP, AGAIN, FROM_B(.flags = RST | ACK, .seq = 1, .ack = 5001)},
         .so_far = IS(REFUSED, .side = B),
         .replaced = CONNECTION_END_OPEN},
        {"by the other side",
         {UP, A_FIN, B_FIN_2, FROM_B(.flags = SYN, .seq = 5000)},
         .so_far = IS(UNANSWERED, .client = B),
         .replaced = CONNECTION_END_CLOSED},
    };
    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opening),  cmocka_unit_test(test_closing),
        cmocka_unit_test(test_resets),   cmocka_unit_test(test_icmp_errors),
        cmocka_unit_test(test_timeouts), cmocka_unit_test(test_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
