// SPDX-License-Identifier: GPL-2.0-only
/* /dev/urt: sampling into the ring, and taking records out of it through the mapping. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"
#include "usertime.h"

static int fd = -1, n;
static struct usertime_setup setup;
static struct usertime_consumer *consumer;
static const struct usertime_producer *producer;
static const struct usertime_record *records;
static const struct crowd *crowd;

static void map_ring(void)
{
	consumer = mmap(NULL, setup.consumer_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		die("the consumer page cannot be mapped");
	producer = mmap(NULL, setup.producer_size, PROT_READ, MAP_SHARED, fd, setup.consumer_size);
	if (producer == MAP_FAILED)
		die("the ring cannot be mapped");
	records = (const void *)producer + setup.data_offset;
}

/*
 * A session of the first processes of a crowd (none, if only its own cost is asked for), and a ring
 * for so many samples of all.
 */
static void begin_targets(const struct crowd *c, int targets, u64 period, int samples)
{
	fd = check(open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC), USERTIME_DEVICE_PATH);
	setup = (struct usertime_setup) { .period = period, .ring = samples * c->n };
	check(ioctl(fd, USERTIME_IOC_SETUP, &setup), "setting up a session");
	map_ring();
	for (n = 0; n < targets; n++) {
		struct usertime_target t = { .pid = c->pid[n] };

		check(ioctl(fd, USERTIME_IOC_ADD, &t), "adding a target");
	}
	crowd = c;
}

static void begin(const struct crowd *c)
{
	begin_targets(c, c->n, 0, 4);
}

static void begin_empty(const struct crowd *c)
{
	begin_targets(c, 0, 0, 4);
}

static __u32 head(void)
{
	return __atomic_load_n(&producer->head, __ATOMIC_ACQUIRE);
}

static void drain(void)
{
	__atomic_store_n(&consumer->tail, head(), __ATOMIC_RELEASE);
}

static void run_and_drain(void)
{
	crowd_run(crowd);
	drain();
}

static void sample(void)
{
	check(ioctl(fd, USERTIME_IOC_SAMPLE), "sampling");
}

static void end(void)
{
	if (producer->lost_samples)
		die("%llu records did not fit", (u64)producer->lost_samples);
	munmap(consumer, setup.consumer_size);
	munmap((void *)producer, setup.producer_size);
	close(fd);
}

/* A look must have given a record of each. */
static void end_sample(void)
{
	if (head() - consumer->tail != (unsigned int)n)
		die("%u records of %d targets", head() - consumer->tail, n);
	end();
}

static const struct method session = { "session", begin, drain, sample, end_sample };
static const struct method session_ran = {
	"session-ran", begin, run_and_drain, sample, end_sample
};
static const struct method empty = { "session-empty", begin_empty, drain, sample, end_sample };

static u64 user, system_, faults;

static void drain_and_sample(void)
{
	drain();
	sample();
}

static void consume(void)
{
	__u32 tail = consumer->tail, end = head(), mask = setup.ring - 1;

	for (; tail != end; tail++) {
		const struct usertime_record *r = &records[tail & mask];

		if (r->type != USERTIME_RECORD_SAMPLE)
			continue;
		user += r->user;
		system_ += r->system;
		faults += r->minor_faults + r->major_faults;
	}
	__atomic_store_n(&consumer->tail, tail, __ATOMIC_RELEASE);
}

static const struct method consuming = { "consume", begin, drain_and_sample, consume, end };

static void start_period(u64 period)
{
	begin_targets(crowd, crowd->n, period, 256);
}

void measure_session(const struct crowd *c)
{
	double alone = least(&empty, c);

	result("session-empty", c->name, alone);
	result(session.name, c->name, (least(&session, c) - alone) / c->n);
	result(session_ran.name, c->name, (least(&session_ran, c) - alone) / c->n);
	measure(&consuming, c);
	if (c->n <= 1000)
		result("session-period", c->name, cost_of_period(10000000, start_period, end));
}
