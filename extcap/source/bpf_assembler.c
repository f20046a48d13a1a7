/*
 * Labels are numbers until the whole program is known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bpf_assembler.h"

#include <string.h>

void bpf_begin(struct bpf_assembler *assembler)
{
    assembler->length = 0;
    assembler->labels = BPF_NEXT + 1;
    assembler->overflow = false;
}

bpf_label bpf_label_new(struct bpf_assembler *assembler)
{
    if (assembler->labels == BPF_MAXINSNS) {
        assembler->overflow = true;
        return BPF_NEXT;
    }
    return (bpf_label)assembler->labels++;
}

void bpf_label_here(struct bpf_assembler *assembler, bpf_label label)
{
    assembler->places[label] = (uint16_t)assembler->length;
}

static void add(struct bpf_assembler *assembler, struct sock_filter instruction,
                bpf_label when_true, bpf_label when_false)
{
    const size_t at = assembler->length;

    if (at == BPF_MAXINSNS) {
        assembler->overflow = true;
        return;
    }
    assembler->instructions[at] = instruction;
    assembler->targets[at].when_true = when_true;
    assembler->targets[at].when_false = when_false;
    assembler->length++;
}

void bpf_add(struct bpf_assembler *assembler, uint16_t code, uint32_t value)
{
    add(assembler, (struct sock_filter)BPF_STMT(code, value), BPF_NEXT, BPF_NEXT);
}

void bpf_load_ancillary(struct bpf_assembler *assembler, unsigned offset)
{
    bpf_add(assembler, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + offset);
}

void bpf_jump_if(struct bpf_assembler *assembler, uint16_t comparison, uint32_t value,
                 bpf_label when_true, bpf_label when_false)
{
    add(assembler, (struct sock_filter)BPF_STMT(BPF_JMP | comparison | BPF_K, value), when_true,
        when_false);
}

void bpf_jump(struct bpf_assembler *assembler, bpf_label label)
{
    add(assembler, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0), label, BPF_NEXT);
}

void bpf_return(struct bpf_assembler *assembler, uint32_t length)
{
    bpf_add(assembler, BPF_RET | BPF_K, length);
}

void bpf_append(struct bpf_assembler *assembler, const struct sock_filter *program, size_t length)
{
    for (size_t i = 0; i < length; i++)
        add(assembler, program[i], BPF_NEXT, BPF_NEXT);
}

/* Instructions between the jump at `at` and its label. */
static size_t distance(const struct bpf_assembler *assembler, size_t at, bpf_label label)
{
    return label == BPF_NEXT ? 0 : assembler->places[label] - at - 1;
}

/* Adds the distances to those that are there: of an appended program's own jumps. */
static bool resolve(struct bpf_assembler *assembler, size_t at)
{
    struct sock_filter *instruction = &assembler->instructions[at];
    const size_t when_true = distance(assembler, at, assembler->targets[at].when_true);
    const size_t when_false = distance(assembler, at, assembler->targets[at].when_false);

    if (instruction->code == (BPF_JMP | BPF_JA)) {
        instruction->k += (uint32_t)when_true;
        return true;
    }
    instruction->jt = (uint8_t)(instruction->jt + when_true);
    instruction->jf = (uint8_t)(instruction->jf + when_false);
    return when_true <= UINT8_MAX && when_false <= UINT8_MAX;
}

bool bpf_finish(struct bpf_assembler *assembler)
{
    bool reached = !assembler->overflow;

    for (size_t i = 0; reached && i < assembler->length; i++)
        reached = resolve(assembler, i);
    return reached;
}
