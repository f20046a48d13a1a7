/*
 * The assembler of filter programs: where its jumps lead, and what it refuses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "bpf_assembler.h"

static struct bpf_assembler program;

static void test_jumps(void **state)
{
    static const struct sock_filter expected[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 6, 2, 1),
        BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 7),
    };
    bpf_label refuse;
    bpf_label keep;

    (void)state;
    bpf_begin(&program);
    refuse = bpf_label_new(&program);
    keep = bpf_label_new(&program);
    bpf_load_ancillary(&program, SKF_AD_PROTOCOL);
    bpf_jump_if(&program, BPF_JEQ, 5, BPF_NEXT, refuse);
    bpf_jump_if(&program, BPF_JGE, 6, keep, refuse);
    bpf_jump(&program, keep);
    bpf_label_here(&program, refuse);
    bpf_return(&program, 0);
    bpf_label_here(&program, keep);
    bpf_return(&program, 7);
    assert_true(bpf_finish(&program));
    assert_int_equal(program.length, ROWS(expected));
    assert_memory_equal(program.instructions, expected, sizeof expected);
}

/* The jumps of a program that is appended are its own. */
static void test_append(void **state)
{
    static const struct sock_filter appended[] = {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
        BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 7),
    };
    bpf_label behind;

    (void)state;
    bpf_begin(&program);
    behind = bpf_label_new(&program);
    bpf_jump(&program, behind);
    bpf_label_here(&program, behind);
    bpf_append(&program, appended, ROWS(appended));
    assert_true(bpf_finish(&program));
    assert_int_equal(program.length, 1 + ROWS(appended));
    assert_int_equal(program.instructions[0].k, 0);
    assert_memory_equal(program.instructions + 1, appended, sizeof appended);
}

/* A jump under a condition has eight bits for its distance, one without has enough. */
static void test_far_jumps(void **state)
{
    static const struct {
        const char *name;
        bool condition;
        size_t distance;
        bool good;
    } rows[] = {
        {"nearest", true, 0, true},
        {"farthest", true, 255, true},
        {"too far", true, 256, false},
        {"without condition", false, 4000, true},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        bpf_label end;

        bpf_begin(&program);
        end = bpf_label_new(&program);
        if (rows[i].condition)
            bpf_jump_if(&program, BPF_JEQ, 1, end, BPF_NEXT);
        else
            bpf_jump(&program, end);
        for (size_t between = 0; between < rows[i].distance; between++)
            bpf_add(&program, BPF_LD | BPF_B | BPF_ABS, 0);
        bpf_label_here(&program, end);
        bpf_return(&program, 0);
        row_equal(rows[i].name, bpf_finish(&program), rows[i].good);
    }
}

static void test_too_long(void **state)
{
    (void)state;
    for (size_t length = BPF_MAXINSNS - 1; length <= BPF_MAXINSNS + 1; length++) {
        bpf_begin(&program);
        for (size_t i = 0; i < length; i++)
            bpf_return(&program, 0);
        row_equal("instructions", bpf_finish(&program), length <= BPF_MAXINSNS);
        bpf_begin(&program);
        for (size_t i = 0; i < length; i++)
            bpf_label_new(&program);
        row_equal("labels", bpf_finish(&program), length < BPF_MAXINSNS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_far_jumps),
        cmocka_unit_test(test_too_long),
    };

    return cmocka_run_group_tests_name("bpf_assembler", tests, NULL, NULL);
}
