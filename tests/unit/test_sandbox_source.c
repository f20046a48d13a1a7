/*
 * What the sandbox grants to captures from one kind of source and not from the others, and on the
 * source's socket and not on others. seccomp sees numbers, not what a socket is: one of UDP takes
 * the place of the packet socket, and the kernel has none of its options there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "sandbox_child.h"

#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

/* The call reached the kernel, which has no such option, or nothing to read. */
static long reached(long result)
{
    return result >= 0 || errno == ENOPROTOOPT || errno == EAGAIN || errno == EOPNOTSUPP ? 0 : -1;
}

static long bind_socket(int descriptor, socklen_t length)
{
    union {
        struct sockaddr_ll packet;
        struct sockaddr_in ip;
    } address = {.ip = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}};

    return bind(descriptor, (const struct sockaddr *)&address, length);
}

static long bind_the_source(const struct world *world)
{
    return bind_socket(world->source, sizeof(struct sockaddr_ll));
}

static long bind_the_source_as_another(const struct world *world)
{
    return bind_socket(world->source, sizeof(struct sockaddr_in));
}

static long bind_another(const struct world *world)
{
    return bind_socket(world->receiver, sizeof(struct sockaddr_ll));
}

static long wait_by_epoll(const struct world *world)
{
    struct epoll_event event;

    return epoll_wait(world->epoll, &event, 1, 0);
}

static long receive(const struct world *world)
{
    char byte;

    return reached(recv(world->receiver, &byte, 1, MSG_DONTWAIT));
}

static long receive_a_message(const struct world *world)
{
    struct msghdr message = {0};

    return reached(recvmsg(world->receiver, &message, MSG_DONTWAIT));
}

static long make_a_ring_on(int descriptor)
{
    const struct tpacket_req3 nothing = {0};

    return reached(setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &nothing, sizeof nothing));
}

static long make_a_ring(const struct world *world)
{
    return make_a_ring_on(world->source);
}

static long make_another_ring(const struct world *world)
{
    return make_a_ring_on(world->receiver);
}

static long change_membership(int descriptor, int option)
{
    const struct packet_mreq membership = {.mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC};

    return reached(setsockopt(descriptor, SOL_PACKET, option, &membership, sizeof membership));
}

static long become_promiscuous(const struct world *world)
{
    return change_membership(world->source, PACKET_ADD_MEMBERSHIP);
}

static long become_promiscuous_elsewhere(const struct world *world)
{
    return change_membership(world->receiver, PACKET_ADD_MEMBERSHIP);
}

static long be_promiscuous_no_more(const struct world *world)
{
    return change_membership(world->source, PACKET_DROP_MEMBERSHIP);
}

static long send_by_a_ring(const struct world *world)
{
    const struct tpacket_req3 nothing = {0};

    return reached(setsockopt(world->source, SOL_PACKET, PACKET_TX_RING, &nothing, sizeof nothing));
}

static long attach_a_filter(const struct world *world)
{
    struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
    const struct sock_fprog program = {.len = 1, .filter = &all};

    return setsockopt(world->receiver, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static long read_option(int descriptor, int level, int option)
{
    char value[256];
    socklen_t length = sizeof value;

    return reached(getsockopt(descriptor, level, option, value, &length));
}

static long read_the_statistics(const struct world *world)
{
    return read_option(world->source, SOL_PACKET, PACKET_STATISTICS);
}

static long read_other_statistics(const struct world *world)
{
    return read_option(world->receiver, SOL_PACKET, PACKET_STATISTICS);
}

static long read_the_memory(const struct world *world)
{
    return read_option(world->receiver, SOL_SOCKET, SO_MEMINFO);
}

static long read_the_error(const struct world *world)
{
    return read_option(world->receiver, SOL_SOCKET, SO_ERROR);
}

static long read_another_option(const struct world *world)
{
    return read_option(world->receiver, SOL_SOCKET, SO_TYPE);
}

static long read_the_address(const struct world *world)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    return getsockname(world->receiver, (struct sockaddr *)&address, &length);
}

static long read_the_speed(const struct world *world)
{
    struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
    struct ifreq request = {.ifr_name = "lo", .ifr_data = (char *)&command};

    return reached(ioctl(world->receiver, SIOCETHTOOL, &request));
}

static long read_the_flags(const struct world *world)
{
    struct ifreq request = {.ifr_name = "lo"};

    return ioctl(world->receiver, SIOCGIFFLAGS, &request);
}

static long set_the_timer(const struct world *world)
{
    const struct itimerspec time = {.it_value.tv_sec = 1};

    return timerfd_settime(world->timer, 0, &time, NULL);
}

static const struct attempt attempts[] = {
    {"bind the source", bind_the_source, false, SANDBOX_PACKET_SOCKET},
    {"bind the source as another", bind_the_source_as_another, false, 0},
    {"bind another socket", bind_another, false, 0},
    {"wait by epoll", wait_by_epoll, false, SANDBOX_RAW_SOCKETS | SANDBOX_REMOTE},
    {"receive", receive, false, LIVE},
    {"receive a message", receive_a_message, false, SANDBOX_RAW_SOCKETS | SANDBOX_LIBPCAP_DEVICE},
    {"make a ring", make_a_ring, false, SANDBOX_LIBPCAP},
    {"make a ring on another socket", make_another_ring, false, 0},
    {"make a ring to send", send_by_a_ring, false, 0},
    {"become promiscuous", become_promiscuous, false, SANDBOX_PACKET_SOCKET},
    {"become promiscuous elsewhere", become_promiscuous_elsewhere, false, 0},
    {"be promiscuous no more", be_promiscuous_no_more, false, SANDBOX_PACKET_SOCKET},
    {"attach a filter", attach_a_filter, false, LIVE},
    {"read statistics", read_the_statistics, false, SANDBOX_PACKET_SOCKET | SANDBOX_LIBPCAP},
    {"read another socket's statistics", read_other_statistics, false, 0},
    {"read the memory in use", read_the_memory, false, SANDBOX_RAW_SOCKETS},
    {"read the pending error", read_the_error, false, LIVE},
    {"read another option", read_another_option, false, 0},
    {"read a socket's address", read_the_address, false, BY_LIBPCAP},
    {"read an interface's speed", read_the_speed, false, LIVE},
    {"read an interface's flags", read_the_flags, false, BY_LIBPCAP},
    {"set a timer", set_the_timer, false, SANDBOX_FILE},
};

static void test_attempts(void **state)
{
    (void)state;
    check_attempts(attempts, ROWS(attempts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attempts)};

    return cmocka_run_group_tests_name("sandbox_source", tests, NULL, NULL);
}
