/*
 * The history of TCP connections: exchanges of segments and ICMP errors, and what each comes to.
 * Each rule stands beside its nearest non-case. What kernels make of such exchanges is compared in
 * tests/end_to_end/test_error_truth_believed.py.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <stdio.h>

#include "tcp_connection.h"

enum {
    FIN = TCP_FLAG_FIN,
    SYN = TCP_FLAG_SYN,
    RST = TCP_FLAG_RST,
    ACK = TCP_FLAG_ACK,

    STEPS = 24,
    A = 0, /* the side of the first SYN; B is the other one */
    WINDOW = 4000,
    A_INITIAL = 0xFFFFFFF0, /* what follows the SYNs wraps */
    B_INITIAL = 0x7FFFFFF8,
};

enum step_kind { SEGMENT, ICMP };

/* Numbers are relative to the sequence number of the sender's SYN, or of the other side's. */
struct step {
    enum step_kind kind;
    bool from_b; /* or, of ICMP: about a segment of B */
    uint8_t flags;
    int32_t seq;
    int32_t ack;
    uint32_t length;
    uint32_t sack; /* right edge; 0: none */
    uint32_t gap;  /* milliseconds before it; 0: 1000 */
    uint32_t window;
    uint8_t scale; /* 0: no option */
    uint32_t timestamp; /* and what is echoed; both 0: no option */
    uint32_t echo;
    bool keeps_connecting;
    bool ends_request;
    uint8_t errno_value;
    enum connection_situation expected;
    bool likely;
};

struct exchange {
    const char *name;
    struct step steps[STEPS]; /* up to the first whose flags are 0 and that is no ICMP error */
};

static void take(struct tcp_connection *connection, const struct step *step, uint32_t frame,
                 uint32_t *time, struct connection_verdict *verdict, struct tcp_timeout *timeout)
{
    const uint32_t own = step->from_b ? (uint32_t)B_INITIAL : (uint32_t)A_INITIAL;
    const uint32_t other = step->from_b ? (uint32_t)A_INITIAL : (uint32_t)B_INITIAL;

    *timeout = (struct tcp_timeout){0};
    *time += step->gap ? step->gap : 1000;
    if (step->kind == ICMP) {
        const struct tcp_quote quote = {
            .sequence = own + (uint32_t)step->seq,
            .errno_value = step->errno_value ? step->errno_value : 113,
            .ends_connecting = !step->keeps_connecting,
            .ends_request = step->ends_request,
        };

        *verdict = tcp_connection_error(connection, step->from_b, &quote);
    } else {
        const struct tcp_segment segment = {
            .sequence = own + (uint32_t)step->seq,
            .acknowledgment = step->flags & ACK ? other + (uint32_t)step->ack : 0,
            .length = step->length,
            .window = step->window ? step->window : WINDOW,
            .sack_edge = other + step->sack,
            .has_sack = step->sack != 0,
            .flags = step->flags,
            .window_scale = step->scale,
            .has_scale = step->scale != 0,
            .timestamp = step->timestamp,
            .echo = step->echo,
            .has_timestamp = step->timestamp != 0 || step->echo != 0,
        };

        *verdict = tcp_connection_segment(connection, step->from_b, &segment, frame, *time, timeout);
    }
}

static void run(const struct exchange *exchange)
{
    struct tcp_connection connection = {0};
    uint32_t time = 0xFFFFF000; /* wraps, too */

    for (uint32_t i = 0; i < STEPS; i++) {
        const struct step *step = &exchange->steps[i];
        struct connection_verdict verdict;
        struct tcp_timeout timeout;
        char name[96];

        if (step->kind == SEGMENT && step->flags == 0)
            return;
        take(&connection, step, i + 1, &time, &verdict, &timeout);
        snprintf(name, sizeof name, "%s, step %u", exchange->name, i);
        row_equal(name, verdict.situation, step->expected);
        row_equal(name, verdict.likely, step->likely);
    }
}

static void run_all(const struct exchange *exchanges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run(&exchanges[i]);
}

/* clang-format off: one step, one line or two */
#define A_SYN {.flags = SYN}
#define B_SYN_ACK {.from_b = true, .flags = SYN | ACK, .ack = 1}
#define A_ACK {.flags = ACK, .seq = 1, .ack = 1}
#define OPEN A_SYN, B_SYN_ACK, A_ACK

static void test_answers_to_a_syn(void **state)
{
    static const struct exchange exchanges[] = {
        {"with ACK", {A_SYN,
                      {.from_b = true, .flags = RST | ACK, .ack = 1,
                       .expected = SITUATION_CONNECTING}}},
        {"any sequence number", {A_SYN,
                                 {.from_b = true, .flags = RST | ACK, .seq = 77, .ack = 1,
                                  .expected = SITUATION_CONNECTING}}},
        {"without ACK", {A_SYN,
                         {.from_b = true, .flags = RST, .expected = SITUATION_NO_ACK}}},
        {"ACK of nothing", {A_SYN,
                            {.from_b = true, .flags = RST | ACK, .ack = 0,
                             .expected = SITUATION_WRONG_ACK}}},
        {"ACK of too much", {A_SYN,
                             {.from_b = true, .flags = RST | ACK, .ack = 2,
                              .expected = SITUATION_WRONG_ACK}}},
        {"fast open, in part", {{.flags = SYN, .length = 20},
                                {.from_b = true, .flags = RST | ACK, .ack = 11,
                                 .expected = SITUATION_CONNECTING}}},
        {"fast open, all", {{.flags = SYN, .length = 20},
                            {.from_b = true, .flags = RST | ACK, .ack = 21,
                             .expected = SITUATION_CONNECTING}}},
        {"fast open, too much", {{.flags = SYN, .length = 20},
                                 {.from_b = true, .flags = RST | ACK, .ack = 22,
                                  .expected = SITUATION_WRONG_ACK}}},
        {"forged, then the true reset", {A_SYN,
                                         {.from_b = true, .flags = RST | ACK, .ack = 2,
                                          .expected = SITUATION_WRONG_ACK},
                                         {.from_b = true, .flags = RST, .expected = SITUATION_NO_ACK},
                                         {.from_b = true, .flags = RST | ACK, .ack = 1,
                                          .expected = SITUATION_CONNECTING},
                                         {.from_b = true, .flags = RST | ACK, .ack = 1,
                                          .expected = SITUATION_DEAD}}},
        {"forged, then a SYN-ACK", {A_SYN,
                                    {.from_b = true, .flags = RST | ACK, .ack = 2,
                                     .expected = SITUATION_WRONG_ACK},
                                    B_SYN_ACK,
                                    A_ACK,
                                    {.from_b = true, .flags = RST, .seq = 1,
                                     .expected = SITUATION_ESTABLISHED}}},
        {"a bare ACK is no answer", {A_SYN,
                                     {.from_b = true, .flags = ACK, .seq = 1, .ack = 1},
                                     {.from_b = true, .flags = RST | ACK, .ack = 1,
                                      .expected = SITUATION_CONNECTING}}},
        {"SYN-ACK of another SYN, refused", {A_SYN,
                                             {.from_b = true, .flags = SYN | ACK, .ack = 9},
                                             {.flags = RST, .seq = 9,
                                              .expected = SITUATION_IN_WINDOW},
                                             {.from_b = true, .flags = RST | ACK, .ack = 1,
                                              .expected = SITUATION_CONNECTING}}},
        {"timestamp of another connection", {{.flags = SYN, .timestamp = 900},
                                             {.from_b = true, .flags = RST | ACK, .ack = 1, .echo = 899,
                                              .expected = SITUATION_WRONG_ECHO},
                                             {.from_b = true, .flags = SYN | ACK, .ack = 1, .echo = 5},
                                             {.from_b = true, .flags = RST | ACK, .ack = 1, .echo = 900,
                                              .expected = SITUATION_CONNECTING}}},
        {"timestamp of a later SYN", {{.flags = SYN, .timestamp = 900}, {.flags = SYN, .timestamp = 1900},
                                      {.from_b = true, .flags = RST | ACK, .ack = 1, .echo = 1900,
                                       .expected = SITUATION_CONNECTING}}},
        {"no timestamp in the SYN", {A_SYN,
                                     {.from_b = true, .flags = RST | ACK, .ack = 1, .echo = 5,
                                      .expected = SITUATION_CONNECTING}}},
        {"none echoed", {{.flags = SYN, .timestamp = 900},
                         {.from_b = true, .flags = RST | ACK, .ack = 1, .timestamp = 7,
                          .expected = SITUATION_CONNECTING}}},
        {"reset right after the SYN-ACK", {A_SYN, B_SYN_ACK,
                                           {.from_b = true, .flags = RST, .seq = 2,
                                            .expected = SITUATION_IN_WINDOW},
                                           {.from_b = true, .flags = RST, .seq = 1,
                                            .expected = SITUATION_ESTABLISHED}}},
        {"refused, then tried again", {A_SYN,
                                       {.from_b = true, .flags = RST | ACK, .ack = 1,
                                        .expected = SITUATION_CONNECTING},
                                       {.flags = SYN, .seq = 5000},
                                       {.from_b = true, .flags = RST | ACK, .ack = 5001,
                                        .expected = SITUATION_CONNECTING}}},
        {"refused, then tried again as it was", {A_SYN,
                                                 {.from_b = true, .flags = RST | ACK, .ack = 1,
                                                  .expected = SITUATION_CONNECTING},
                                                 A_SYN,
                                                 {.from_b = true, .flags = RST | ACK, .ack = 1,
                                                  .expected = SITUATION_CONNECTING}}},
        {"another SYN before an answer", {A_SYN,
                                          {.flags = SYN, .seq = 5000},
                                          {.from_b = true, .flags = RST | ACK, .ack = 1,
                                           .expected = SITUATION_WRONG_ACK},
                                          {.from_b = true, .flags = RST | ACK, .ack = 5001,
                                           .expected = SITUATION_CONNECTING}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_half_open_requests(void **state)
{
    static const struct exchange exchanges[] = {
        {"exact", {A_SYN, B_SYN_ACK,
                   {.flags = RST, .seq = 1, .expected = SITUATION_HALF_OPEN}, A_ACK,
                   {.flags = RST, .seq = 1, .expected = SITUATION_DEAD}}},
        {"exact, any ACK", {A_SYN, B_SYN_ACK,
                            {.flags = RST | ACK, .seq = 1, .ack = 99,
                             .expected = SITUATION_HALF_OPEN}}},
        {"in the window", {A_SYN, B_SYN_ACK,
                           {.flags = RST, .seq = 2, .expected = SITUATION_IN_WINDOW},
                           {.flags = RST, .seq = 1 + WINDOW, .expected = SITUATION_IN_WINDOW},
                           A_ACK,
                           {.flags = RST, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
        {"above the window", {A_SYN, B_SYN_ACK,
                              {.flags = RST, .seq = 2 + WINDOW,
                               .expected = SITUATION_ABOVE_WINDOW}}},
        {"below the window", {A_SYN, B_SYN_ACK,
                              {.flags = RST, .seq = 0, .expected = SITUATION_BELOW_WINDOW},
                              A_ACK,
                              {.flags = RST, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
        {"no SYN-ACK captured", {A_SYN,
                                 {.flags = RST, .seq = 1, .expected = SITUATION_HALF_OPEN},
                                 {.flags = RST, .seq = 0, .expected = SITUATION_BELOW_WINDOW},
                                 {.flags = RST, .seq = 70000, .expected = SITUATION_ABOVE_WINDOW},
                                 {.from_b = true, .flags = RST | ACK, .ack = 1,
                                  .expected = SITUATION_CONNECTING}}},
        {"third segment above the window", {A_SYN, B_SYN_ACK,
                                            {.flags = ACK, .seq = 2 + WINDOW, .ack = 1},
                                            {.from_b = true, .flags = ACK, .seq = 1, .ack = 1},
                                            {.flags = RST, .seq = 1,
                                             .expected = SITUATION_HALF_OPEN}}},
        {"third segment below the window", {A_SYN, B_SYN_ACK,
                                            {.flags = ACK, .seq = -9, .ack = 1},
                                            {.flags = RST, .seq = 1,
                                             .expected = SITUATION_HALF_OPEN}}},
        {"third segment, wrong ACK", {A_SYN, B_SYN_ACK,
                                      {.flags = ACK, .seq = 1, .ack = 2},
                                      {.flags = RST, .seq = 1, .expected = SITUATION_HALF_OPEN}}},
        {"third segment not captured, data", {A_SYN, B_SYN_ACK,
                                              {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                               .length = 10},
                                              {.flags = RST, .seq = 1,
                                               .expected = SITUATION_ESTABLISHED,
                                               .likely = true}}},
        {"SYN-ACK again", {A_SYN, B_SYN_ACK, B_SYN_ACK,
                           {.flags = RST, .seq = 1, .expected = SITUATION_HALF_OPEN}}},
        {"fast open, child", {{.flags = SYN, .length = 10},
                              {.from_b = true, .flags = SYN | ACK, .ack = 11},
                              {.flags = RST, .seq = 10, .expected = SITUATION_BELOW_WINDOW},
                              {.flags = RST, .seq = 12, .expected = SITUATION_IN_WINDOW},
                              {.flags = RST, .seq = 11, .expected = SITUATION_ESTABLISHED}}},
        {"fast open, data not accepted", {{.flags = SYN, .length = 10},
                                          {.from_b = true, .flags = SYN | ACK, .ack = 1},
                                          {.flags = RST, .seq = 1,
                                           .expected = SITUATION_HALF_OPEN}}},
        {"fast open, child sends", {{.flags = SYN, .length = 10},
                                    {.from_b = true, .flags = SYN | ACK, .ack = 11},
                                    {.from_b = true, .flags = ACK, .seq = 1, .ack = 11,
                                     .length = 10},
                                    {.kind = ICMP, .from_b = true, .seq = 11,
                                     .expected = SITUATION_CONNECTING, .likely = true},
                                    {.flags = RST, .seq = 11,
                                     .expected = SITUATION_ESTABLISHED}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_simultaneous_open(void **state)
{
    static const struct exchange exchanges[] = {
        {"exact", {A_SYN, {.from_b = true, .flags = SYN},
                   {.from_b = true, .flags = RST, .seq = 0, .expected = SITUATION_BELOW_WINDOW},
                   {.from_b = true, .flags = RST, .seq = 2, .expected = SITUATION_IN_WINDOW},
                   {.from_b = true, .flags = RST, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
        {"ICMP", {A_SYN, {.from_b = true, .flags = SYN}, {.flags = SYN | ACK, .ack = 1},
                  {.kind = ICMP, .seq = 2, .expected = SITUATION_NOT_SENT},
                  {.kind = ICMP, .seq = 0, .expected = SITUATION_CONNECTING},
                  {.kind = ICMP, .seq = 0, .expected = SITUATION_DEAD}}},
        {"one side is established", {A_SYN, {.from_b = true, .flags = SYN},
                                     {.flags = SYN | ACK, .ack = 1},
                                     {.flags = ACK, .seq = 1, .ack = 1},
                                     {.kind = ICMP, .seq = 0, .expected = SITUATION_CONNECTING}}},
        {"both are", {A_SYN, {.from_b = true, .flags = SYN}, {.flags = SYN | ACK, .ack = 1},
                      {.from_b = true, .flags = SYN | ACK, .ack = 1},
                      {.kind = ICMP, .seq = 0, .expected = SITUATION_ACKNOWLEDGED},
                      {.kind = ICMP, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_resets_of_established_connections(void **state)
{
    static const struct exchange exchanges[] = {
        {"exact", {OPEN, {.from_b = true, .flags = RST, .seq = 1,
                          .expected = SITUATION_ESTABLISHED},
                   {.from_b = true, .flags = RST, .seq = 1, .expected = SITUATION_DEAD}}},
        {"in the window", {OPEN, {.from_b = true, .flags = RST, .seq = 2,
                                  .expected = SITUATION_IN_WINDOW},
                           {.from_b = true, .flags = RST, .seq = 1 + WINDOW,
                            .expected = SITUATION_IN_WINDOW}}},
        {"above", {OPEN, {.from_b = true, .flags = RST, .seq = 2 + WINDOW,
                          .expected = SITUATION_ABOVE_WINDOW}}},
        {"below", {OPEN, {.from_b = true, .flags = RST, .seq = 0,
                          .expected = SITUATION_BELOW_WINDOW}}},
        {"scaled window", {{.flags = SYN, .scale = 2},
                           {.from_b = true, .flags = SYN | ACK, .ack = 1, .scale = 3}, A_ACK,
                           {.from_b = true, .flags = RST, .seq = 1 + 4 * WINDOW,
                            .expected = SITUATION_IN_WINDOW},
                           {.from_b = true, .flags = RST, .seq = 2 + 4 * WINDOW,
                            .expected = SITUATION_ABOVE_WINDOW}}},
        {"only one side scales", {{.flags = SYN, .scale = 2}, B_SYN_ACK, A_ACK,
                                  {.from_b = true, .flags = RST, .seq = 2 + WINDOW,
                                   .expected = SITUATION_ABOVE_WINDOW}}},
        {"behind data that waits", {OPEN,
                                    {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                     .length = 10},
                                    {.from_b = true, .flags = RST, .seq = 11,
                                     .expected = SITUATION_ESTABLISHED}}},
        {"within data that waits", {OPEN,
                                    {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                     .length = 10},
                                    {.from_b = true, .flags = RST, .seq = 5,
                                     .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"in front of acknowledged data", {OPEN,
                                           {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                            .length = 10},
                                           {.flags = ACK, .seq = 1, .ack = 11},
                                           {.from_b = true, .flags = RST, .seq = 10,
                                            .expected = SITUATION_BELOW_WINDOW},
                                           {.from_b = true, .flags = RST, .seq = 11,
                                            .expected = SITUATION_ESTABLISHED}}},
        {"SACK edge", {OPEN,
                       {.from_b = true, .flags = ACK, .seq = 21, .ack = 1, .length = 10},
                       {.flags = ACK, .seq = 1, .ack = 1, .sack = 31},
                       {.from_b = true, .flags = RST, .seq = 21,
                        .expected = SITUATION_IN_WINDOW},
                       {.from_b = true, .flags = RST, .seq = 30,
                        .expected = SITUATION_IN_WINDOW},
                       {.from_b = true, .flags = RST, .seq = 32,
                        .expected = SITUATION_IN_WINDOW},
                       {.from_b = true, .flags = RST, .seq = 31,
                        .expected = SITUATION_ESTABLISHED}}},
        {"highest SACK edge", {OPEN,
                               {.from_b = true, .flags = ACK, .seq = 41, .ack = 1, .length = 10},
                               {.flags = ACK, .seq = 1, .ack = 1, .sack = 51},
                               {.from_b = true, .flags = ACK, .seq = 21, .ack = 1, .length = 10},
                               {.flags = ACK, .seq = 1, .ack = 1, .sack = 31},
                               {.from_b = true, .flags = RST, .seq = 31,
                                .expected = SITUATION_IN_WINDOW},
                               {.from_b = true, .flags = RST, .seq = 51,
                                .expected = SITUATION_ESTABLISHED}}},
        {"SACK of what has no room", {OPEN,
                                      {.flags = ACK, .seq = 1, .ack = 1, .sack = 2 + WINDOW},
                                      {.from_b = true, .flags = RST, .seq = 2 + WINDOW,
                                       .expected = SITUATION_ABOVE_WINDOW}}},
        {"front of a hole", {OPEN,
                             {.from_b = true, .flags = ACK, .seq = 21, .ack = 1, .length = 10},
                             {.flags = ACK, .seq = 1, .ack = 1},
                             {.from_b = true, .flags = RST, .seq = 31,
                              .expected = SITUATION_IN_WINDOW},
                             {.from_b = true, .flags = RST, .seq = 1,
                              .expected = SITUATION_ESTABLISHED}}},
        {"a hole that is filled", {OPEN,
                                   {.from_b = true, .flags = ACK, .seq = 11, .ack = 1,
                                    .length = 10},
                                   {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                    .length = 10},
                                   {.flags = ACK, .seq = 1, .ack = 21},
                                   {.from_b = true, .flags = RST, .seq = 22,
                                    .expected = SITUATION_IN_WINDOW},
                                   {.from_b = true, .flags = RST, .seq = 21,
                                    .expected = SITUATION_ESTABLISHED}}},
        {"a hole of the capture", {OPEN,
                                   {.from_b = true, .flags = ACK, .seq = 11, .ack = 1,
                                    .length = 10},
                                   {.flags = ACK, .seq = 1, .ack = 21},
                                   {.from_b = true, .flags = RST, .seq = 31,
                                    .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"a hole that nobody explains", {OPEN,
                                         {.from_b = true, .flags = ACK, .seq = 11, .ack = 1,
                                          .length = 10},
                                         {.from_b = true, .flags = RST, .seq = 21,
                                          .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"garbage above the window", {OPEN,
                                      {.from_b = true, .flags = ACK, .seq = 9000, .ack = 1,
                                       .length = 10},
                                      {.from_b = true, .flags = RST, .seq = 9010,
                                       .expected = SITUATION_ABOVE_WINDOW},
                                      {.from_b = true, .flags = RST, .seq = 1,
                                       .expected = SITUATION_ESTABLISHED}}},
        {"garbage: no ACK", {OPEN, {.from_b = true, .flags = FIN, .seq = 1},
                             {.from_b = true, .flags = RST, .seq = 2,
                              .expected = SITUATION_IN_WINDOW}}},
        {"garbage: ACK of what was not sent", {OPEN,
                                               {.from_b = true, .flags = ACK, .seq = 1, .ack = 9,
                                                .length = 10},
                                               {.from_b = true, .flags = RST, .seq = 11,
                                                .expected = SITUATION_IN_WINDOW}}},
        {"garbage: nothing from far ahead", {OPEN,
                                             {.from_b = true, .flags = ACK, .seq = 100, .ack = 1},
                                             {.from_b = true, .flags = RST, .seq = 100,
                                              .expected = SITUATION_IN_WINDOW}}},
        {"the third segment was not captured", {A_SYN,
                                                {.flags = ACK, .seq = 1, .ack = 1},
                                                {.from_b = true, .flags = RST, .seq = 1,
                                                 .expected = SITUATION_ESTABLISHED,
                                                 .likely = true}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

#define A_FIN {.flags = FIN | ACK, .seq = 1, .ack = 1, .expected = SITUATION_FIRST_FIN}
#define B_FIN                                                                                      \
    {.from_b = true, .flags = FIN | ACK, .seq = 1, .ack = 1, .expected = SITUATION_FIRST_FIN}

static void test_resets_of_closing_connections(void **state)
{
    static const struct exchange exchanges[] = {
        {"CLOSE-WAIT", {OPEN, B_FIN, {.flags = ACK, .seq = 1, .ack = 2},
                        {.from_b = true, .flags = RST, .seq = 0,
                         .expected = SITUATION_BELOW_WINDOW},
                        {.from_b = true, .flags = RST, .seq = 3, .expected = SITUATION_IN_WINDOW},
                        {.from_b = true, .flags = RST, .seq = 2,
                         .expected = SITUATION_PEER_CLOSED}}},
        {"CLOSE-WAIT, the FIN", {OPEN, B_FIN, {.flags = ACK, .seq = 1, .ack = 2},
                                 {.from_b = true, .flags = RST, .seq = 1,
                                  .expected = SITUATION_PEER_CLOSED}}},
        {"the same number of data", {OPEN,
                                     {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                      .length = 1},
                                     {.flags = ACK, .seq = 1, .ack = 2},
                                     {.from_b = true, .flags = RST, .seq = 1,
                                      .expected = SITUATION_BELOW_WINDOW}}},
        {"FIN that waits", {OPEN, B_FIN,
                            {.from_b = true, .flags = RST, .seq = 2,
                             .expected = SITUATION_PEER_CLOSED}}},
        {"FIN behind a hole", {OPEN,
                               {.from_b = true, .flags = FIN | ACK, .seq = 11, .ack = 1,
                                .expected = SITUATION_FIRST_FIN},
                               {.flags = ACK, .seq = 1, .ack = 1, .sack = 12},
                               {.from_b = true, .flags = RST, .seq = 11,
                                .expected = SITUATION_IN_WINDOW},
                               {.from_b = true, .flags = RST, .seq = 1,
                                .expected = SITUATION_ESTABLISHED}}},
        {"FIN behind a hole, SACK edge", {OPEN,
                                          {.from_b = true, .flags = FIN | ACK, .seq = 11, .ack = 1,
                                           .expected = SITUATION_FIRST_FIN},
                                          {.flags = ACK, .seq = 1, .ack = 1, .sack = 12},
                                          {.from_b = true, .flags = RST, .seq = 12,
                                           .expected = SITUATION_ESTABLISHED}}},
        {"FIN-WAIT-2", {OPEN, A_FIN, {.from_b = true, .flags = ACK, .seq = 1, .ack = 2},
                        {.from_b = true, .flags = RST, .seq = 1,
                         .expected = SITUATION_ESTABLISHED}}},
        {"CLOSING", {OPEN, A_FIN, B_FIN, {.flags = ACK, .seq = 2, .ack = 2},
                     {.from_b = true, .flags = RST, .seq = 0,
                      .expected = SITUATION_BELOW_WINDOW},
                     {.from_b = true, .flags = RST, .seq = 2,
                      .expected = SITUATION_BOTH_CLOSED}}},
        {"CLOSING, the FIN", {OPEN, A_FIN, B_FIN, {.flags = ACK, .seq = 2, .ack = 2},
                              {.from_b = true, .flags = RST, .seq = 1,
                               .expected = SITUATION_BOTH_CLOSED}}},
        {"LAST-ACK", {OPEN, B_FIN,
                      {.flags = FIN | ACK, .seq = 1, .ack = 2, .expected = SITUATION_FIRST_FIN},
                      {.from_b = true, .flags = RST, .seq = 2,
                       .expected = SITUATION_BOTH_CLOSED}}},
        {"LAST-ACK, the FIN", {OPEN, B_FIN,
                               {.flags = FIN | ACK, .seq = 1, .ack = 2,
                                .expected = SITUATION_FIRST_FIN},
                               {.from_b = true, .flags = RST, .seq = 1,
                                .expected = SITUATION_BOTH_CLOSED}}},
        {"TIME-WAIT", {OPEN, A_FIN,
                       {.from_b = true, .flags = FIN | ACK, .seq = 1, .ack = 2,
                        .expected = SITUATION_FIRST_FIN},
                       {.kind = ICMP, .seq = 2, .expected = SITUATION_TIME_WAIT},
                       {.from_b = true, .flags = RST, .seq = 2,
                        .expected = SITUATION_TIME_WAIT},
                       {.from_b = true, .flags = RST, .seq = 2, .expected = SITUATION_DEAD}}},
        {"after it, another connection", {OPEN, A_FIN,
                                          {.from_b = true, .flags = FIN | ACK, .seq = 1, .ack = 2,
                                           .expected = SITUATION_FIRST_FIN},
                                          {.flags = SYN, .seq = 9000},
                                          {.from_b = true, .flags = RST | ACK, .ack = 9001,
                                           .expected = SITUATION_CONNECTING}}},
        {"FIN twice", {OPEN, B_FIN, {.from_b = true, .flags = FIN | ACK, .seq = 1, .ack = 1},
                       {.from_b = true, .flags = RST, .seq = 2,
                        .expected = SITUATION_PEER_CLOSED}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_what_the_capture_lacks(void **state)
{
    static const struct exchange exchanges[] = {
        {"only a reset", {{.from_b = true, .flags = RST, .seq = 7, .expected = SITUATION_UNKNOWN,
                           .likely = true},
                          {.from_b = true, .flags = RST, .seq = 7, .expected = SITUATION_DEAD}}},
        {"began late", {{.flags = ACK, .seq = 7, .ack = 9, .length = 10},
                        {.from_b = true, .flags = RST, .seq = 8,
                         .expected = SITUATION_BELOW_WINDOW},
                        {.from_b = true, .flags = RST, .seq = 9,
                         .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"began late, in the window", {{.flags = ACK, .seq = 7, .ack = 9, .length = 10},
                                       {.from_b = true, .flags = RST, .seq = 100,
                                        .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"began with the SYN-ACK", {B_SYN_ACK, A_ACK,
                                    {.from_b = true, .flags = RST, .seq = 1,
                                     .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"a stretch of both sides", {OPEN,
                                     {.flags = ACK, .seq = 900000, .ack = 700000, .length = 10},
                                     {.from_b = true, .flags = ACK, .seq = 700000, .ack = 900010},
                                     {.from_b = true, .flags = RST, .seq = 700000,
                                      .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"a stretch of acknowledgments", {OPEN,
                                          {.flags = ACK, .seq = 1, .ack = 1, .length = 4000},
                                          {.flags = ACK, .seq = 4001, .ack = 1, .length = 4000},
                                          {.flags = ACK, .seq = 8001, .ack = 1, .length = 4000},
                                          {.flags = RST, .seq = 12001,
                                           .expected = SITUATION_ESTABLISHED, .likely = true}}},
        {"only ICMP", {{.kind = ICMP, .seq = 7, .expected = SITUATION_UNKNOWN, .likely = true}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_icmp_errors(void **state)
{
    static const struct exchange exchanges[] = {
        {"connecting", {A_SYN,
                        {.kind = ICMP, .seq = -1, .expected = SITUATION_NOT_SENT},
                        {.kind = ICMP, .seq = 2, .expected = SITUATION_NOT_SENT},
                        {.kind = ICMP, .seq = 0, .expected = SITUATION_CONNECTING},
                        {.kind = ICMP, .seq = 0, .expected = SITUATION_DEAD}}},
        {"connecting, what follows", {A_SYN,
                                      {.kind = ICMP, .seq = 1,
                                       .expected = SITUATION_CONNECTING}}},
        {"connecting, too big", {A_SYN,
                                 {.kind = ICMP, .seq = 0, .keeps_connecting = true,
                                  .expected = SITUATION_CONNECTING},
                                 {.kind = ICMP, .seq = 0, .expected = SITUATION_CONNECTING}}},
        {"connecting, then a SYN again", {A_SYN,
                                          {.kind = ICMP, .seq = 0,
                                           .expected = SITUATION_CONNECTING},
                                          A_SYN,
                                          {.kind = ICMP, .seq = 0,
                                           .expected = SITUATION_CONNECTING}}},
        {"connecting, then a SYN-ACK", {A_SYN,
                                        {.kind = ICMP, .seq = 0,
                                         .expected = SITUATION_CONNECTING},
                                        B_SYN_ACK,
                                        {.flags = RST, .seq = 1,
                                         .expected = SITUATION_HALF_OPEN}}},
        {"about the other side", {A_SYN,
                                  {.kind = ICMP, .from_b = true, .seq = 0,
                                   .expected = SITUATION_HALF_OPEN}}},
        {"established", {OPEN,
                         {.kind = ICMP, .seq = 0, .expected = SITUATION_ACKNOWLEDGED},
                         {.kind = ICMP, .seq = 2, .expected = SITUATION_NOT_SENT},
                         {.kind = ICMP, .seq = 1, .expected = SITUATION_ESTABLISHED},
                         {.kind = ICMP, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
        {"acknowledged", {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 30},
                          {.kind = ICMP, .seq = 1, .expected = SITUATION_ESTABLISHED},
                          {.from_b = true, .flags = ACK, .seq = 1, .ack = 21},
                          {.kind = ICMP, .seq = 20, .expected = SITUATION_ACKNOWLEDGED},
                          {.kind = ICMP, .seq = 21, .expected = SITUATION_ESTABLISHED},
                          {.kind = ICMP, .seq = 31, .expected = SITUATION_ESTABLISHED},
                          {.kind = ICMP, .seq = 32, .expected = SITUATION_NOT_SENT}}},
        {"after the SYN-ACK", {A_SYN, B_SYN_ACK,
                               {.kind = ICMP, .seq = 0, .expected = SITUATION_ACKNOWLEDGED}}},
        {"request, removed", {A_SYN, B_SYN_ACK,
                              {.kind = ICMP, .from_b = true, .seq = 0, .ends_request = true,
                               .expected = SITUATION_HALF_OPEN},
                              {.kind = ICMP, .from_b = true, .seq = 0,
                               .expected = SITUATION_DEAD}}},
        {"request, wrong number", {A_SYN, B_SYN_ACK,
                                   {.kind = ICMP, .from_b = true, .seq = 1, .ends_request = true,
                                    .expected = SITUATION_NOT_SENT},
                                   A_ACK,
                                   {.flags = RST, .seq = 1,
                                    .expected = SITUATION_ESTABLISHED}}},
        {"request, other codes", {A_SYN, B_SYN_ACK,
                                  {.kind = ICMP, .from_b = true, .seq = 0,
                                   .expected = SITUATION_HALF_OPEN},
                                  A_ACK,
                                  {.flags = RST, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
        {"began late", {{.flags = ACK, .seq = 7, .ack = 9, .length = 10},
                        {.kind = ICMP, .seq = 7, .expected = SITUATION_ESTABLISHED,
                         .likely = true}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_ports_that_are_used_again(void **state)
{
    static const struct exchange exchanges[] = {
        {"kept aside", {OPEN, {.flags = SYN, .seq = 9000},
                        {.from_b = true, .flags = RST, .seq = 9001,
                         .expected = SITUATION_ABOVE_WINDOW},
                        {.from_b = true, .flags = RST, .seq = 1,
                         .expected = SITUATION_ESTABLISHED}}},
        {"answered", {OPEN, {.flags = SYN, .seq = 9000},
                      {.from_b = true, .flags = SYN | ACK, .seq = 5000, .ack = 9001},
                      {.flags = ACK, .seq = 9001, .ack = 5001},
                      {.from_b = true, .flags = RST, .seq = 1,
                       .expected = SITUATION_BELOW_WINDOW},
                      {.from_b = true, .flags = RST, .seq = 5001,
                       .expected = SITUATION_ESTABLISHED}}},
        {"answered, with its data", {OPEN, {.flags = SYN, .seq = 9000, .length = 10},
                                     {.from_b = true, .flags = SYN | ACK, .seq = 5000,
                                      .ack = 9011},
                                     {.flags = RST, .seq = 9011,
                                      .expected = SITUATION_ESTABLISHED}}},
        {"refused", {OPEN, {.flags = SYN, .seq = 9000},
                     {.from_b = true, .flags = RST | ACK, .ack = 9001,
                      .expected = SITUATION_CONNECTING}}},
        {"refused, not this one", {OPEN, {.flags = SYN, .seq = 9000},
                                   {.from_b = true, .flags = RST | ACK, .ack = 8000,
                                    .expected = SITUATION_BELOW_WINDOW}}},
        {"challenged (RFC 5961)", {OPEN, {.flags = SYN, .seq = 9000},
                                   {.from_b = true, .flags = ACK, .seq = 1, .ack = 1},
                                   {.flags = RST, .seq = 1, .expected = SITUATION_ESTABLISHED},
                                   {.flags = SYN, .seq = 9000},
                                   {.from_b = true, .flags = RST | ACK, .ack = 9001,
                                    .expected = SITUATION_CONNECTING}}},
        {"challenged, the capture began with the SYN", {{.flags = SYN, .seq = 9000},
                                                        {.from_b = true, .flags = ACK, .seq = 1,
                                                         .ack = 1},
                                                        {.flags = RST, .seq = 1,
                                                         .expected = SITUATION_ESTABLISHED},
                                                        {.from_b = true, .flags = RST | ACK,
                                                         .ack = 9001,
                                                         .expected = SITUATION_CONNECTING}}},
        {"repeated", {OPEN, {.flags = SYN, .seq = 9000}, {.flags = SYN, .seq = 9000},
                      {.from_b = true, .flags = RST | ACK, .ack = 9001,
                       .expected = SITUATION_CONNECTING}}},
        {"captured twice", {OPEN, {.flags = SYN, .seq = 9000},
                            {.flags = SYN, .seq = 9000, .gap = 9},
                            {.from_b = true, .flags = RST, .seq = 1,
                             .expected = SITUATION_ESTABLISHED}}},
        {"a SYN of the other side", {OPEN, {.from_b = true, .flags = SYN, .seq = 9000},
                                     {.flags = RST | ACK, .seq = 0, .ack = 9001,
                                      .expected = SITUATION_CONNECTING}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

static void test_resets_that_were_not_meant(void **state)
{
    static const struct exchange exchanges[] = {
        {"its sender goes on", {OPEN,
                                {.from_b = true, .flags = RST, .seq = 1,
                                 .expected = SITUATION_ESTABLISHED},
                                {.from_b = true, .flags = ACK, .seq = 1, .ack = 1, .length = 10},
                                {.flags = RST, .seq = 1, .expected = SITUATION_ESTABLISHED}}},
        {"its sender's last data again", {OPEN,
                                          {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                           .length = 10},
                                          {.from_b = true, .flags = RST, .seq = 11, .gap = 1,
                                           .expected = SITUATION_ESTABLISHED},
                                          {.from_b = true, .flags = ACK, .seq = 1, .ack = 1,
                                           .length = 10, .gap = 1},
                                          {.flags = RST, .seq = 1,
                                           .expected = SITUATION_DEAD}}},
        {"data that was on its way", {OPEN,
                                      {.from_b = true, .flags = RST, .seq = 1,
                                       .expected = SITUATION_ESTABLISHED},
                                      {.flags = ACK, .seq = 1, .ack = 1, .length = 10},
                                      {.from_b = true, .flags = RST, .seq = 1,
                                       .expected = SITUATION_DEAD}}},
        {"the opener goes on", {A_SYN, B_SYN_ACK,
                                {.flags = RST, .seq = 1, .expected = SITUATION_HALF_OPEN}, A_ACK,
                                {.from_b = true, .flags = RST, .seq = 1,
                                 .expected = SITUATION_ESTABLISHED}}},
        {"both go on", {OPEN,
                        {.from_b = true, .flags = RST, .seq = 1,
                         .expected = SITUATION_ESTABLISHED},
                        {.from_b = true, .flags = ACK, .seq = 1, .ack = 1, .length = 10},
                        {.flags = ACK, .seq = 1, .ack = 11},
                        {.from_b = true, .flags = RST, .seq = 11,
                         .expected = SITUATION_ESTABLISHED}}},
    };

    (void)state;
    run_all(exchanges, ROWS(exchanges));
}

/* Which frame of the exchange has a timeout, of whom, and since when in one pass. */
static void test_timeouts(void **state)
{
    enum { NONE = 0 };
    static const struct {
        const char *name;
        struct step steps[STEPS];
        unsigned side;
        uint32_t last; /* frame that has it when the capture is known to its end */
        uint32_t first; /* and the first that has it in one pass */
        enum connection_situation situation;
        uint8_t errno_value;
    } rows[] = {
        {.name = "one SYN", .steps = {A_SYN}},
        {.name = "two", .steps = {A_SYN, A_SYN}, .last = 2, .situation = SITUATION_UNANSWERED},
        {.name = "copies", .steps = {A_SYN, {.flags = SYN, .gap = 4}, {.flags = SYN, .gap = 5}}},
        {.name = "copies in the wrong order", .steps = {A_SYN, {.flags = SYN, .gap = 0xFFFFFFFE}}},
        {.name = "not copies", .steps = {A_SYN, {.flags = SYN, .gap = 10}}, .last = 2,
         .situation = SITUATION_UNANSWERED},
        {.name = "doubling, 6 repetitions",
         .steps = {A_SYN, {.flags = SYN, .gap = 1000}, {.flags = SYN, .gap = 2000},
                   {.flags = SYN, .gap = 4000}, {.flags = SYN, .gap = 8000},
                   {.flags = SYN, .gap = 16000}, {.flags = SYN, .gap = 32000}},
         .last = 7, .first = 7, .situation = SITUATION_UNANSWERED},
        {.name = "doubling, 5", .steps = {A_SYN, {.flags = SYN, .gap = 1000},
                                          {.flags = SYN, .gap = 2000}, {.flags = SYN, .gap = 4000},
                                          {.flags = SYN, .gap = 8000}, {.flags = SYN, .gap = 16000}},
         .last = 6, .situation = SITUATION_UNANSWERED},
        {.name = "linear, 10", .steps = {A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN,
                                         {.flags = SYN, .gap = 2000}, {.flags = SYN, .gap = 4000},
                                         {.flags = SYN, .gap = 8000}, {.flags = SYN, .gap = 16000},
                                         {.flags = SYN, .gap = 32000}},
         .last = 11, .first = 11, .situation = SITUATION_UNANSWERED},
        {.name = "linear, 9", .steps = {A_SYN, A_SYN, A_SYN, A_SYN, A_SYN, A_SYN,
                                        {.flags = SYN, .gap = 2000}, {.flags = SYN, .gap = 4000},
                                        {.flags = SYN, .gap = 8000}, {.flags = SYN, .gap = 16000}},
         .last = 10, .situation = SITUATION_UNANSWERED},
        {.name = "SYN, answered", .steps = {A_SYN, A_SYN, B_SYN_ACK}},
        {.name = "SYN, refused", .steps = {A_SYN, A_SYN,
                                           {.from_b = true, .flags = RST | ACK, .ack = 1}}},
        {.name = "SYN, forged refusal", .steps = {A_SYN, A_SYN,
                                                  {.from_b = true, .flags = RST | ACK, .ack = 2}},
         .last = 2, .situation = SITUATION_UNANSWERED},
        {.name = "SYN, ICMP", .steps = {A_SYN, A_SYN, {.kind = ICMP, .seq = 0}}},
        {.name = "SYN-ACK", .steps = {A_SYN, B_SYN_ACK, B_SYN_ACK, B_SYN_ACK}, .side = 1},
        {.name = "data, 3 repetitions",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}},
         .last = 7, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "data, 2 repetitions",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}}},
        {.name = "data, copies",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5, .gap = 1},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5, .gap = 1},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5, .gap = 0xFFFFFFFF}}},
        {.name = "data, answered in between",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.from_b = true, .flags = ACK, .seq = 1, .ack = 1},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}}},
        {.name = "data, answered by what does not fit",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.from_b = true, .flags = ACK, .seq = 1, .ack = 99}}},
        {.name = "data, then its sender resets",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}, {.flags = RST, .seq = 6}},
         .last = 7, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "data, then the other side resets",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.from_b = true, .flags = RST, .seq = 1}}},
        {.name = "data, ICMP",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.kind = ICMP, .seq = 1, .errno_value = 101},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}},
         .last = 8, .situation = SITUATION_UNACKNOWLEDGED, .errno_value = 101},
        {.name = "data, ICMP about something else",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.kind = ICMP, .seq = 99, .errno_value = 101},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}},
         .last = 8, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "data, ICMP, acknowledged since",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.kind = ICMP, .seq = 1, .errno_value = 101},
                   {.from_b = true, .flags = ACK, .seq = 1, .ack = 6},
                   {.flags = ACK, .seq = 6, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 6, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 6, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 6, .ack = 1, .length = 5}},
         .last = 10, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "keep-alives", .steps = {OPEN, {.flags = ACK, .seq = 0, .ack = 1},
                                          {.flags = ACK, .seq = 0, .ack = 1},
                                          {.flags = ACK, .seq = 0, .ack = 1}},
         .last = 6, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "keep-alives, answered",
         .steps = {OPEN, {.flags = ACK, .seq = 0, .ack = 1}, {.flags = ACK, .seq = 0, .ack = 1},
                   {.flags = ACK, .seq = 0, .ack = 1},
                   {.from_b = true, .flags = ACK, .seq = 1, .ack = 1}}},
        {.name = "acknowledgments", .steps = {OPEN, A_ACK, A_ACK, A_ACK, A_ACK}},
        {.name = "of the other side",
         .steps = {OPEN, {.from_b = true, .flags = ACK, .seq = 0, .ack = 1},
                   {.from_b = true, .flags = ACK, .seq = 0, .ack = 1},
                   {.from_b = true, .flags = ACK, .seq = 0, .ack = 1}},
         .side = 1, .last = 6, .situation = SITUATION_UNACKNOWLEDGED},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct tcp_connection connection = {0};
        uint32_t time = 0xFFFFF000;
        uint32_t first = NONE;
        uint32_t last = NONE;
        struct connection_verdict found = {0};

        for (uint32_t frame = 1; frame <= STEPS; frame++) {
            const struct step *step = &rows[i].steps[frame - 1];
            struct tcp_timeout timeout;
            struct connection_verdict verdict;

            if (step->kind == SEGMENT && step->flags == 0)
                break;
            take(&connection, step, frame, &time, &verdict, &timeout);
            row_equal(rows[i].name, timeout.frame, 0);
            verdict = tcp_connection_timeout(&connection, rows[i].side, frame, false);
            if (verdict.situation != SITUATION_UNKNOWN && first == NONE)
                first = frame;
        }
        for (uint32_t frame = 1; frame <= STEPS; frame++) {
            const struct connection_verdict verdict =
                tcp_connection_timeout(&connection, rows[i].side, frame, true);

            row_equal(rows[i].name,
                      tcp_connection_timeout(&connection, !rows[i].side, frame, true).situation,
                      SITUATION_UNKNOWN);
            if (verdict.situation == SITUATION_UNKNOWN)
                continue;
            row_equal(rows[i].name, last, NONE);
            last = frame;
            found = verdict;
        }
        row_equal(rows[i].name, last, rows[i].last);
        row_equal(rows[i].name, first, rows[i].first);
        row_equal(rows[i].name, found.situation, rows[i].situation);
        row_equal(rows[i].name, found.errno_value, rows[i].errno_value);
        row_equal(rows[i].name, found.likely, last != NONE);
    }
}

/* Data that times out is known in one pass after as many repetitions as Linux makes. */
static void test_timeout_of_data_in_one_pass(void **state)
{
    const struct step data = {.flags = ACK, .seq = 1, .ack = 1, .length = 5};
    const struct step opening[] = {OPEN};
    struct tcp_connection connection = {0};
    struct connection_verdict verdict;
    struct tcp_timeout timeout;
    uint32_t time = 0;

    (void)state;
    for (uint32_t frame = 1; frame <= 3; frame++)
        take(&connection, &opening[frame - 1], frame, &time, &verdict, &timeout);
    for (uint32_t frame = 4; frame < 400; frame++) {
        take(&connection, &data, frame, &time, &verdict, &timeout);
        assert_int_equal(tcp_connection_timeout(&connection, A, frame, false).situation,
                         frame >= 4 + 15 ? SITUATION_UNACKNOWLEDGED : SITUATION_UNKNOWN);
        assert_int_equal(tcp_connection_timeout(&connection, A, frame - 1, true).situation,
                         SITUATION_UNKNOWN);
    }
}

/* What gives way to another connection comes to its end there. */
static void test_timeout_of_a_connection_that_gives_way(void **state)
{
    static const struct {
        const char *name;
        struct step steps[STEPS];
        uint32_t at; /* frame that begins another one */
        uint32_t frame;
        enum connection_situation situation;
    } rows[] = {
        {.name = "SYNs, another one", .steps = {A_SYN, A_SYN, {.flags = SYN, .seq = 500}}, .at = 3,
         .frame = 2, .situation = SITUATION_UNANSWERED},
        {.name = "one SYN, another one", .steps = {A_SYN, {.flags = SYN, .seq = 500}}},
        {.name = "data, a connection",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}, {.flags = SYN, .seq = 9000},
                   {.from_b = true, .flags = SYN | ACK, .seq = 77, .ack = 9001}},
         .at = 9, .frame = 7, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "data, a SYN twice",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}, {.flags = SYN, .seq = 9000},
                   {.flags = SYN, .seq = 9000}},
         .at = 9, .frame = 7, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "data, its reset, a SYN",
         .steps = {OPEN, {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5},
                   {.flags = ACK, .seq = 1, .ack = 1, .length = 5}, {.flags = RST, .seq = 6},
                   {.flags = SYN, .seq = 9000}},
         .at = 9, .frame = 7, .situation = SITUATION_UNACKNOWLEDGED},
        {.name = "closed, a SYN", .steps = {OPEN, A_FIN, B_FIN, {.flags = SYN, .seq = 9000}}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct tcp_connection connection = {0};
        uint32_t time = 0;

        for (uint32_t frame = 1; frame <= STEPS; frame++) {
            const struct step *step = &rows[i].steps[frame - 1];
            struct tcp_timeout timeout;
            struct connection_verdict verdict;

            if (step->kind == SEGMENT && step->flags == 0)
                break;
            take(&connection, step, frame, &time, &verdict, &timeout);
            row_equal(rows[i].name, timeout.frame, frame == rows[i].at ? rows[i].frame : 0);
            if (frame == rows[i].at && rows[i].frame)
                row_equal(rows[i].name, timeout.verdict.situation, rows[i].situation);
        }
    }
}

static bool belongs_to_resets(enum connection_situation situation)
{
    switch (situation) {
    case SITUATION_FIRST_FIN:
    case SITUATION_UNANSWERED:
    case SITUATION_UNACKNOWLEDGED:
    case SITUATION_NOT_SENT:
    case SITUATION_ACKNOWLEDGED:
    case SITUATION_WRONG_TAG:
        return false;
    default:
        return true;
    }
}

/* Any segments in any order: what is returned is what may be returned, and a reset counts once. */
static void test_any_segments(void **state)
{
    uint32_t seed = 7;
    struct tcp_connection connection = {0};
    struct tcp_connection before;
    uint32_t time = 0;

    (void)state;
    for (uint32_t frame = 1; frame <= 200000; frame++) {
        static const uint8_t flags[] = {SYN, SYN | ACK, ACK, ACK, ACK, FIN | ACK, RST, RST | ACK,
                                        0,   FIN,       0xFF};
        const unsigned side = unit_random(&seed) & 1;
        const uint32_t near = unit_random(&seed) % 4 ? 64 : 0xFFFFFFFF;
        const struct tcp_segment segment = {
            .sequence = unit_random(&seed) % near - 8,
            .acknowledgment = unit_random(&seed) % near - 8,
            .length = unit_random(&seed) % 3 * 5,
            .window = unit_random(&seed) % 100,
            .sack_edge = unit_random(&seed) % near,
            .flags = flags[unit_random(&seed) % ROWS(flags)],
            .window_scale = unit_random(&seed) % (TCP_SCALE_MAX + 1),
            .has_sack = unit_random(&seed) % 4 == 0,
            .has_scale = unit_random(&seed) % 2,
            .has_timestamp = unit_random(&seed) % 2,
            .timestamp = unit_random(&seed) % 4,
            .echo = unit_random(&seed) % 4,
        };
        const bool reset = (segment.flags & RST) != 0;
        struct tcp_timeout timeout;
        struct connection_verdict verdict;

        if (unit_random(&seed) % 200 == 0)
            connection = (struct tcp_connection){0};
        time += unit_random(&seed) % 100;
        verdict = tcp_connection_segment(&connection, side, &segment, frame, time, &timeout);
        assert_true(reset ? belongs_to_resets(verdict.situation)
                          : verdict.situation == SITUATION_UNKNOWN ||
                                (verdict.situation == SITUATION_FIRST_FIN && segment.flags & FIN));
        assert_true(timeout.frame < frame);
        assert_true((timeout.frame != 0) == (timeout.verdict.situation != SITUATION_UNKNOWN));
        if (reset) { /* the same again changes nothing and is no error */
            before = connection;
            verdict = tcp_connection_segment(&connection, side, &segment, frame, time, &timeout);
            assert_true(verdict.situation != SITUATION_CONNECTING ||
                        !(before.sides[!side].flags & TCP_SIDE_DEAD));
            assert_int_equal(timeout.frame, 0);
        }
        if (unit_random(&seed) % 8 == 0) {
            const struct tcp_quote quote = {
                .sequence = unit_random(&seed) % near - 8,
                .ends_connecting = unit_random(&seed) % 2,
                .ends_request = unit_random(&seed) % 2,
                .errno_value = 111,
            };

            verdict = tcp_connection_error(&connection, side, &quote);
            assert_true(verdict.situation <= SITUATION_ACKNOWLEDGED);
            assert_true(verdict.situation != SITUATION_PEER_CLOSED &&
                        verdict.situation != SITUATION_BOTH_CLOSED);
        }
        for (unsigned who = 0; who < 2; who++) {
            const uint32_t at = connection.sides[who].last_retransmission;
            const bool early =
                tcp_connection_timeout(&connection, who, at, false).situation != SITUATION_UNKNOWN;
            const bool late =
                tcp_connection_timeout(&connection, who, at, true).situation != SITUATION_UNKNOWN;

            assert_true(!early || late);
            assert_true(at <= frame);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_to_a_syn),
        cmocka_unit_test(test_half_open_requests),
        cmocka_unit_test(test_simultaneous_open),
        cmocka_unit_test(test_resets_of_established_connections),
        cmocka_unit_test(test_resets_of_closing_connections),
        cmocka_unit_test(test_what_the_capture_lacks),
        cmocka_unit_test(test_icmp_errors),
        cmocka_unit_test(test_ports_that_are_used_again),
        cmocka_unit_test(test_resets_that_were_not_meant),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_timeout_of_data_in_one_pass),
        cmocka_unit_test(test_timeout_of_a_connection_that_gives_way),
        cmocka_unit_test(test_any_segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
