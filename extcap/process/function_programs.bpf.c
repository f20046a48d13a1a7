/*
 * The programs for kernels before 6.3: at the functions that processes call. They know when a
 * socket gets a port, waits for packets, and is closed. Only raw sockets are watched where packets
 * are handed to a device, for their packets may have any address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "socket_programs.h"

#include "raw_packets.h"

char LICENSE[] SEC("license") = "GPL";

enum {
    SOCKETS = 65536,
    STATE_LISTEN = 10,
    STATE_TIME_WAIT = 6,
    STATE_NEW_SYN_RECV = 12,
    SOCKET_FILES = 0x534F434B, /* SOCKFS_MAGIC */
};

/* By the address of the socket: there is no storage of sockets for such programs before 5.11. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, SOCKETS);
    __type(key, __u64);
    __type(value, struct mark);
} marks SEC(".maps");

static __always_inline struct task_struct *current_task(void)
{
    return (struct task_struct *)bpf_get_current_task();
}

static __always_inline bool is_kernel_use(struct sock *sk, struct task_struct *task)
{
    return is_kernel_socket(sk) || is_kernel_task(task);
}

/* Once a second process has received from it, both may. */
static __always_inline bool is_of_several(struct sock *sk, struct task_struct *task,
                                          const struct mark *mark)
{
    return has_several_owners(sk, task) ||
           (mark->receiver.id != 0 && mark->receiver.id >> 32 != bpf_get_current_pid_tgid() >> 32);
}

static __always_inline bool is_tcp(struct sock *sk)
{
    return BPF_CORE_READ(sk, sk_protocol) == PROTOCOL_TCP;
}

/* What the current process does with a socket; is_sender: anything but to receive. */
static __always_inline void report_use(struct sock *sk, __u32 kind, bool is_sender)
{
    struct task_struct *task = current_task();
    const __u64 key = (__u64)sk;
    struct mark *known = bpf_map_lookup_elem(&marks, &key);
    struct owner owner = current_owner(task);
    struct mark mark = {.is_kernel = 0};

    if (known)
        mark = *known;
    mark.is_kernel = is_kernel_use(sk, task);
    if (kind == PROCESS_EVENT_LISTEN)
        note_listener(sk, &owner, mark.is_kernel);
    if (mark.is_kernel) {
        report_socket(sk, PROCESS_EVENT_KERNEL, NULL);
        bpf_map_update_elem(&marks, &key, &mark, BPF_ANY);
        return;
    }
    report_process(task, true);
    if (is_sender) {
        take_sender(&mark, &owner, is_tcp(sk) && kind == PROCESS_EVENT_SEND);
        end_doubt(&mark, written(sk), is_tcp(sk));
        if (kind == PROCESS_EVENT_SEND)
            mark.has_written = 1;
        owner = mark.sender;
    } else {
        mark.is_several = is_of_several(sk, task, &mark);
        mark.receiver = owner;
        mark.received = bpf_ktime_get_ns();
    }
    if (report_owner(sk, kind, &owner, &mark))
        bpf_map_update_elem(&marks, &key, &mark, BPF_ANY);
}

SEC("fentry/tcp_connect")
int BPF_PROG(on_connect, struct sock *sk)
{
    report_use(sk, PROCESS_EVENT_CONNECT, true);
    return 0;
}

SEC("fentry/inet_csk_listen_start")
int BPF_PROG(on_listen, struct sock *sk)
{
    report_use(sk, PROCESS_EVENT_LISTEN, true);
    return 0;
}

/* Who waits for a connection is the listener, whoever made it. */
SEC("fentry/inet_csk_accept")
int BPF_PROG(on_wait, struct sock *sk)
{
    const __u64 key = (__u64)sk;
    const struct mark *mark = bpf_map_lookup_elem(&marks, &key);

    if (!mark || mark->sender.id != bpf_get_current_pid_tgid())
        report_use(sk, PROCESS_EVENT_LISTEN, true);
    return 0;
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(on_accept, struct sock *sk, void *argument, struct sock *child)
{
    if (child)
        report_use(child, PROCESS_EVENT_ACCEPT, true);
    return 0;
}

/* Before Linux 6.10. */
SEC("fexit/inet_csk_accept")
int BPF_PROG(on_accept_before, struct sock *sk, int flags, int *error, bool kernel,
             struct sock *child)
{
    if (child)
        report_use(child, PROCESS_EVENT_ACCEPT, true);
    return 0;
}

SEC("fexit/udp_lib_get_port")
int BPF_PROG(on_udp_port, struct sock *sk, unsigned short port, unsigned int hash, int result)
{
    if (result == 0)
        report_use(sk, PROCESS_EVENT_PORT, true);
    return 0;
}

SEC("fexit/ping_get_port")
int BPF_PROG(on_ping_port, struct sock *sk, unsigned short identifier, int result)
{
    if (result == 0)
        report_use(sk, PROCESS_EVENT_PORT, true);
    return 0;
}

/* Whether the socket has sent from other addresses, or another one from its port since. */
static __always_inline bool is_known_user(struct sock *sk, bool is_sender)
{
    const __u64 key = (__u64)sk;
    const struct mark *mark = bpf_map_lookup_elem(&marks, &key);
    struct task_struct *task = current_task();
    const struct owner owner = current_owner(task);

    if (is_sender && !is_tcp(sk) && another_sent(sk))
        return false;
    if (!mark)
        return false;
    if (mark->is_kernel)
        return true;
    if (is_sender)
        return is_known_sender(mark, &owner);
    return is_same_owner(&mark->receiver, &owner) &&
           mark->is_several == is_of_several(sk, task, mark) && !has_forked(mark);
}

static __always_inline int use(struct socket *socket, bool is_sender)
{
    struct sock *sk = BPF_CORE_READ(socket, sk);

    if (!sk || BPF_CORE_READ(sk, sk_type) == TYPE_RAW ||
        BPF_CORE_READ(sk, __sk_common.skc_num) == 0) /* it is reported when it gets a port */
        return 0;
    if (!is_known_user(sk, is_sender))
        report_use(sk, is_sender ? PROCESS_EVENT_SEND : PROCESS_EVENT_RECEIVE, is_sender);
    return 0;
}

SEC("fentry/inet_sendmsg")
int BPF_PROG(on_send, struct socket *socket)
{
    return use(socket, true);
}

SEC("fentry/inet6_sendmsg")
int BPF_PROG(on_send6, struct socket *socket)
{
    return use(socket, true);
}

SEC("fentry/inet_recvmsg")
int BPF_PROG(on_receive, struct socket *socket)
{
    return use(socket, false);
}

SEC("fentry/inet6_recvmsg")
int BPF_PROG(on_receive6, struct socket *socket)
{
    return use(socket, false);
}

/* A connection has an owner also after close(); datagrams to a socket that is closed have none. */
SEC("fentry/inet_release")
int BPF_PROG(on_release, struct socket *socket)
{
    struct sock *sk = BPF_CORE_READ(socket, sk);
    const __u64 key = (__u64)sk;

    if (!sk)
        return 0;
    if (BPF_CORE_READ(sk, sk_protocol) != PROTOCOL_TCP ||
        BPF_CORE_READ(sk, __sk_common.skc_state) == STATE_LISTEN)
        report_socket(sk, PROCESS_EVENT_CLOSE, NULL);
    bpf_map_delete_elem(&marks, &key);
    forget_listener(sk);
    return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_queue, struct sk_buff *skb)
{
    struct sock *sk = skb->sk;
    struct task_struct *task = current_task();

    if (!sk || sk->__sk_common.skc_state == STATE_TIME_WAIT)
        return 0;
    if (sk->__sk_common.skc_family == FAMILY_PACKET && is_ip_packet(skb))
        report_raw(sk, skb, task, is_kernel_use(sk, task));
    else if (!is_ip(sk->__sk_common.skc_family))
        return 0;
    else if (sk->__sk_common.skc_state == STATE_NEW_SYN_RECV)
        report_request(sk);
    else if (sk->sk_type == TYPE_RAW)
        report_raw(sk, skb, task, is_kernel_use(sk, task));
    return 0;
}

static __always_inline struct sock *socket_of(struct file *file)
{
    struct socket *socket;

    if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKET_FILES)
        return NULL;
    socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}

/* Sockets that were there before. */
SEC("iter/task_file")
int find_existing(struct bpf_iter__task_file *context)
{
    struct task_struct *task = context->task;
    struct file *file = context->file;
    struct sock *sk;

    if (!file || !task || task->tgid != task->pid)
        return 0;
    sk = socket_of(file);
    if (sk)
        report_existing(context->meta->seq, task, sk);
    return 0;
}
