/* Delay lines: Ethernet bridges that send every frame on a fixed time after it came. Each has queues of its own.
 *
 *   delay_line ONE_WAY_DELAY_US SLOTS IFACE_A IFACE_B [IFACE_A IFACE_B ...]
 *
 * SLOTS, a power of two, is how many frames each side can hold. One process serves all lines, so that a wake-up serves them all.
 * Each side is one AF_PACKET socket with a memory-mapped receive ring (TPACKET_V2). The kernel stamps and stores each frame in
 * the next slot; a frame stays in its slot until it is due and is then sent from there. The ring is the queue: nothing is copied
 * in user space. All lines have the same delay, so a sleep until the first held frame is due can never be too long for a
 * frame that comes elsewhere meanwhile. Frames due within MIN_SLEEP_NS of each other leave together by one sendmmsg.
 *
 * Offloads and tx checksums must be off on both sides' peers: frames are sent exactly as they were stored.
 * Prints "ready c" when all rings are open, ends on SIGTERM or when an interface goes away.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { SLOT_BYTES = 2048, BLOCK_BYTES = 1 << 16, BATCH = 64, MOST_SIDES = 128 };
#define MIN_SLEEP_NS 300000LL
#define OLDEST_NS 1000000000LL /* a frame older than this means that the wall clock jumped: send it at once */

static unsigned SLOTS;

struct side {
    int fd;
    char *ring;
    unsigned next; /* the oldest slot that is not sent yet */
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void set_option(int fd, int name, int value, int required) {
    if (setsockopt(fd, SOL_PACKET, name, &value, sizeof value) != 0 && required) fail("setsockopt");
}

static struct side open_side(const char *interface) {
    struct side side = {.next = 0};
    side.fd = socket(AF_PACKET, SOCK_RAW, 0); /* protocol 0: nothing is received before bind */
    if (side.fd < 0) fail("socket");
    set_option(side.fd, PACKET_VERSION, TPACKET_V2, 1);
    set_option(side.fd, PACKET_IGNORE_OUTGOING, 1, 0);
    set_option(side.fd, PACKET_QDISC_BYPASS, 1, 0);
    struct tpacket_req request = {.tp_block_size = BLOCK_BYTES,
                                  .tp_block_nr = SLOTS / (BLOCK_BYTES / SLOT_BYTES),
                                  .tp_frame_size = SLOT_BYTES,
                                  .tp_frame_nr = SLOTS};
    if (setsockopt(side.fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) fail("PACKET_RX_RING");
    side.ring = mmap(NULL, (size_t)SLOT_BYTES * SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, side.fd, 0);
    if (side.ring == MAP_FAILED) fail("mmap");
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = (int)if_nametoindex(interface)};
    if (address.sll_ifindex == 0) fail(interface);
    if (bind(side.fd, (struct sockaddr *)&address, sizeof address) != 0) fail("bind");
    return side;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t); /* the kernel stamps frames with this clock */
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct tpacket2_hdr *slot(const struct side *side, unsigned index) {
    return (struct tpacket2_hdr *)(side->ring + (size_t)(index % SLOTS) * SLOT_BYTES);
}

/* Nanoseconds until the oldest frame of this side is due (0: now), or -1 if it holds none. */
static int64_t wait_ns(const struct tpacket2_hdr *frame, int64_t now, int64_t delay) {
    if (!(__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return -1;
    int64_t age = now - (frame->tp_sec * 1000000000LL + frame->tp_nsec);
    if (age < -OLDEST_NS || age > OLDEST_NS || age >= delay) return 0;
    return delay - age;
}

/* Send what is due from `from` on the other side's socket; ends when the oldest frame is not due. Returns wait_ns of that one. */
static int64_t forward(struct side *from, const struct side *to, int64_t delay) {
    static struct mmsghdr messages[BATCH];
    static struct iovec parts[BATCH];
    for (;;) {
        int64_t now = now_ns(), wait = 0;
        unsigned count = 0;
        while (count < BATCH && (wait = wait_ns(slot(from, from->next + count), now, delay)) == 0) {
            struct tpacket2_hdr *frame = slot(from, from->next + count);
            parts[count].iov_base = (char *)frame + frame->tp_mac;
            parts[count].iov_len = frame->tp_snaplen;
            messages[count].msg_hdr.msg_iov = &parts[count];
            messages[count].msg_hdr.msg_iovlen = 1;
            count++;
        }
        if (count == 0) return wait;
        for (unsigned sent = 0; sent < count;) {
            int done = sendmmsg(to->fd, messages + sent, count - sent, MSG_DONTWAIT);
            if (done < 0 && (errno == ENXIO || errno == ENODEV)) fail("interface gone");
            sent += done > 0 ? (unsigned)done : 1; /* a frame that cannot be sent now is lost, as on a full wire */
        }
        for (unsigned i = 0; i < count; i++)
            __atomic_store_n(&slot(from, from->next + i)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        from->next = (from->next + count) % SLOTS;
    }
}

static void sleep_ns(int64_t wait) {
    if (wait < MIN_SLEEP_NS) wait = MIN_SLEEP_NS;
    struct timespec t = {.tv_sec = wait / 1000000000LL, .tv_nsec = wait % 1000000000LL};
    nanosleep(&t, NULL);
}

/* The sooner of two waits; -1 is none. */
static int64_t sooner(int64_t one, int64_t other) {
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

int main(int argc, char **argv) {
    static struct side sides[MOST_SIDES];
    static struct pollfd ready[MOST_SIDES];
    int count = argc - 3;
    if (count < 2 || count % 2 || count > MOST_SIDES) {
        fprintf(stderr, "usage: delay_line ONE_WAY_DELAY_US SLOTS IFACE_A IFACE_B [IFACE_A IFACE_B ...]\n");
        return 2;
    }
    int64_t delay = atoll(argv[1]) * 1000;
    SLOTS = (unsigned)atoi(argv[2]);
    if (SLOTS < BLOCK_BYTES / SLOT_BYTES || SLOTS & (SLOTS - 1)) {
        fprintf(stderr, "delay_line: SLOTS: a power of two, at least %d\n", BLOCK_BYTES / SLOT_BYTES);
        return 2;
    }
    for (int i = 0; i < count; i++) {
        sides[i] = open_side(argv[3 + i]);
        ready[i] = (struct pollfd){.fd = sides[i].fd, .events = POLLIN};
    }
    prctl(PR_SET_TIMERSLACK, 1);
    puts("ready c");
    fflush(stdout);
    for (;;) { /* ends by a signal, or by fail() when an interface is gone */
        int64_t wait = -1;
        for (int i = 0; i < count; i++) wait = sooner(wait, forward(&sides[i], &sides[i ^ 1], delay));
        if (wait >= 0) {
            sleep_ns(wait);
        } else { /* all rings empty: a poll with frames held would return at once, hence the sleep above */
            if (poll(ready, (nfds_t)count, -1) < 0 && errno != EINTR) fail("poll");
            for (int i = 0; i < count; i++)
                if (ready[i].revents & POLLERR) return 1;
        }
    }
}
