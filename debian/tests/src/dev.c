// SPDX-License-Identifier: GPL-2.0-only
/* Helpers for tests of /dev/urt: see dev.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "dev.h"

int dev_open(void)
{
	int fd = open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	ASSERT(fd >= 0, "errno %d", errno);
	return fd;
}

int dev_setup(int fd, struct usertime_setup *setup)
{
	return ioctl(fd, USERTIME_IOC_SETUP, setup) ? -errno : 0;
}

int dev_add(int fd, pid_t pid, u64 *start)
{
	struct usertime_target target = { .pid = pid, .start = start ? *start : 0 };

	if (ioctl(fd, USERTIME_IOC_ADD, &target))
		return -errno;
	EXPECT(target.start > 0 && target.pid == pid);
	if (start)
		*start = target.start;
	return 0;
}

int dev_remove(int fd, pid_t pid)
{
	struct usertime_target target = { .pid = pid };

	return ioctl(fd, USERTIME_IOC_REMOVE, &target) ? -errno : 0;
}

int dev_sample(int fd)
{
	return ioctl(fd, USERTIME_IOC_SAMPLE) ? -errno : 0;
}

struct usertime_info dev_info(int fd)
{
	struct usertime_info info;

	memset(&info, 0xff, sizeof(info));
	ASSERT_EQ(ioctl(fd, USERTIME_IOC_INFO, &info), 0);
	return info;
}

struct dev dev_start(u64 period, unsigned int ring, unsigned int flags)
{
	struct dev d = {
		.fd = dev_open(),
		.setup = { .period = period, .ring = ring, .flags = flags },
	};

	ASSERT_EQ(dev_setup(d.fd, &d.setup), 0);
	ASSERT(d.setup.ring >= ring && !(d.setup.ring & (d.setup.ring - 1)));
	return d;
}

void *dev_map(const struct dev *d, int prot, size_t size, off_t offset)
{
	return mmap(NULL, size, prot, MAP_SHARED, d->fd, offset);
}

struct dev dev_start_mapped(u64 period, unsigned int ring, unsigned int flags)
{
	struct dev d = dev_start(period, ring, flags);
	char *producer;

	d.consumer = dev_map(&d, PROT_READ | PROT_WRITE, d.setup.consumer_size, 0);
	ASSERT(d.consumer != MAP_FAILED, "errno %d", errno);
	producer = dev_map(&d, PROT_READ, d.setup.producer_size, d.setup.consumer_size);
	ASSERT(producer != MAP_FAILED, "errno %d", errno);
	d.producer = (void *)producer;
	d.records = (void *)(producer + d.setup.data_offset);
	return d;
}

void dev_close(struct dev *d)
{
	if (d->consumer) {
		munmap(d->consumer, d->setup.consumer_size);
		munmap((void *)d->producer, d->setup.producer_size);
	}
	close(d->fd);
}

static void check_record(const struct usertime_record *r)
{
	switch (r->type) {
	case USERTIME_RECORD_SAMPLE:
	case USERTIME_RECORD_EXIT:
		ASSERT(r->pid && r->start && r->time);
		ASSERT(r->split == USERTIME_SPLIT_TICK || r->split == USERTIME_SPLIT_PRECISE);
		ASSERT(r->split == USERTIME_SPLIT_TICK || r->samples);
		ASSERT(!(r->flags & USERTIME_FLAG_UNLOOKED) || r->split == USERTIME_SPLIT_TICK);
		ASSERT(r->threads <= 100000 && r->user < 1ULL << 50 && r->system < 1ULL << 50);
		break;
	case USERTIME_RECORD_FORK:
		ASSERT(!r->split && r->pid && r->start && r->time);
		ASSERT(r->parent_pid && r->parent_start && r->parent_start <= r->start);
		break;
	case USERTIME_RECORD_EXEC:
		ASSERT(!r->split && r->pid && r->start && r->time && !r->name[15] && r->name[0]);
		break;
	case USERTIME_RECORD_LOST:
		ASSERT(!r->split && !r->pid && !r->start && r->time);
		ASSERT(r->lost_samples || r->lost_exits || r->lost_events || r->lost_children);
		break;
	default:
		ASSERT(false, "type %u", r->type);
	}
}

unsigned int dev_take(struct dev *d, struct usertime_record *r, unsigned int most)
{
	unsigned int head = __atomic_load_n(&d->producer->head, __ATOMIC_ACQUIRE);
	unsigned int tail = d->consumer->tail, n;

	ASSERT(head - tail <= d->setup.ring, "head %u, tail %u", head, tail);
	for (n = 0; n < most && tail != head; n++) {
		r[n] = d->records[tail++ & (d->setup.ring - 1)];
		check_record(&r[n]);
	}
	__atomic_store_n(&d->consumer->tail, tail, __ATOMIC_RELEASE);
	return n;
}

bool dev_next(struct dev *d, struct usertime_record *r)
{
	return dev_take(d, r, 1);
}

struct usertime_record dev_wait(struct dev *d, enum usertime_record_type type, pid_t pid)
{
	struct usertime_record r = { 0 };

	do {
		WAIT_FOR(dev_next(d, &r), "type %d of %d", type, pid);
	} while (r.type != type || r.pid != (unsigned int)pid);
	return r;
}

struct alice {
	alice_fn *fn;
	pid_t other;
};

static void run_alice(struct kid *parent, void *arg)
{
	struct alice *a = arg;

	become(ALICE, -1);
	/* Not dumpable since its credentials changed, as after a setuid exec. */
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	kid_tell(parent, 0);
	a->fn(parent, a->other);
}

struct kid start_alice(alice_fn *fn, pid_t other)
{
	struct alice a = { fn, other };
	struct kid k = kid_start(run_alice, &a);

	kid_hear(&k);
	return k;
}

void let_alice(alice_fn *fn, pid_t other)
{
	struct kid k = start_alice(fn, other);

	EXPECT_EQ(kid_reap(&k, NULL), 0);
}
