// SPDX-License-Identifier: GPL-2.0-only
/* lib/ring.c on rings in memory, whose producer is the test. */
#include <pthread.h>

#include "lib/ring.h"
#include "tap.h"

#define SIZE 8

static struct usertime_producer producer;
static struct usertime_consumer consumer;
static struct usertime_record slots[SIZE];

/* A ring whose positions begin there. */
static struct usertime_ring ring_at(uint32_t position)
{
	memset(&producer, 0, sizeof(producer));
	producer.head = consumer.tail = position;
	return (struct usertime_ring){ .producer = &producer, .records = slots,
				       .consumer = &consumer, .size = SIZE, .tail = position };
}

/* The record's time is its position. */
static void produce(unsigned int count)
{
	uint32_t head = producer.head;

	while (count--) {
		slots[head % SIZE].time = head;
		head++;
	}
	__atomic_store_n(&producer.head, head, __ATOMIC_RELEASE);
}

static void test_empty(void)
{
	const struct usertime_record *records;
	struct usertime_ring ring = ring_at(0);

	ok(!usertime_ring_peek(&ring, &records), "an empty ring has nothing");
	ok(usertime_ring_consume(&ring, 0), "nothing can be taken");
	ok(!usertime_ring_consume(&ring, 1), "a record cannot");
	ok(!ring.tail && !consumer.tail, "the tail stands");
}

static void test_fill(void)
{
	const struct usertime_record *records;
	struct usertime_ring ring = ring_at(0);

	produce(3);
	ok(usertime_ring_peek(&ring, &records) == 3 && records == slots, "what is there is shown");
	ok(usertime_ring_peek(&ring, &records) == 3, "and again: to look is not to take");
	ok(consumer.tail == 0, "the kernel may not overwrite it");
	ok(usertime_ring_consume(&ring, 2) && consumer.tail == 2, "two are given back");
	ok(usertime_ring_peek(&ring, &records) == 1 && records->time == 2, "the third is left");
	ok(!usertime_ring_consume(&ring, 2) && consumer.tail == 2,
	   "more than there are is refused");
	produce(7);
	ok(usertime_ring_peek(&ring, &records) == 6 && records->time == 2, "a full ring ends once");
	ok(usertime_ring_consume(&ring, 6), "up to its end");
	ok(usertime_ring_peek(&ring, &records) == 2 && records == slots && records->time == 8,
	   "then comes its beginning");
	ok(usertime_ring_consume(&ring, 2) && !usertime_ring_peek(&ring, &records), "then nothing");
	produce(SIZE);
	ok(usertime_ring_consume(&ring, SIZE) && consumer.tail == producer.head,
	   "all can be taken at once, over the end");
}

/* Positions end at 2^32, where nothing may show. */
static void test_wrap(void)
{
	const struct usertime_record *records;
	struct usertime_ring ring = ring_at(UINT32_MAX - 5);
	uint32_t expected = ring.tail;
	unsigned int round, wrong = 0, seen = 0, count, i;

	for (round = 0; round < 12; round++) {
		produce(1 + round % SIZE);
		while ((count = usertime_ring_peek(&ring, &records))) {
			for (i = 0; i < count; i++)
				wrong += records[i].time != expected++;
			seen += count;
			wrong += !usertime_ring_consume(&ring, count);
		}
		wrong += consumer.tail != producer.head;
	}
	ok(!wrong && seen == 46 && consumer.tail == 40, "positions wrap around at 2^32");
	ring = ring_at(UINT32_MAX);
	produce(1);
	ok(usertime_ring_peek(&ring, &records) == 1 && records == &slots[SIZE - 1],
	   "the last position is in the last slot");
	ok(usertime_ring_consume(&ring, 1) && !consumer.tail, "after it comes 0");
}

/* Who writes into the consumer page harms the library as little as the kernel. */
static void test_own_tail(void)
{
	const struct usertime_record *records;
	struct usertime_ring ring = ring_at(0);

	produce(2);
	consumer.tail = 12345;
	ok(usertime_ring_peek(&ring, &records) == 2 && records == slots,
	   "the tail is the library's");
	ok(usertime_ring_consume(&ring, 1) && consumer.tail == 1, "and is put right");
}

static void test_drops(void)
{
	struct usertime_ring ring = ring_at(0);
	struct usertime_drops drops = { .reserved = { 0 } };
	static const struct usertime_record lost[] = {
		{ .type = USERTIME_RECORD_SAMPLE, .user = 1000, .lost_samples = 1000 },
		{ .type = USERTIME_RECORD_LOST, .user = UINT64_MAX / 2, .system = 2,
		  .lost_samples = UINT32_MAX, .lost_exits = 4, .lost_events = 5,
		  .lost_children = 6 },
		{ .type = USERTIME_RECORD_EXIT, .user = 1000, .lost_exits = 1000 },
		{ .type = USERTIME_RECORD_LOST, .user = 10, .system = 20, .lost_samples = 30,
		  .lost_exits = 40, .lost_events = 50, .lost_children = 60 },
		{ .type = 77, .user = 1000 },
	};

	producer.missed_periods = 1ULL << 33;
	producer.lost_samples = 2;
	producer.lost_exits = 3;
	producer.lost_user = UINT64_MAX;
	producer.lost_system = 5;
	producer.lost_events = 6;
	producer.lost_children = 7;
	usertime_ring_drops(&ring, &drops);
	ok(drops.missed_periods == 1ULL << 33 && drops.samples == 2 && drops.exits == 3 &&
	   drops.exits_user == UINT64_MAX && drops.exits_system == 5 && drops.events == 6 &&
	   drops.children == 7, "the producer page's counters");

	memset(&drops, 0, sizeof(drops));
	usertime_add_lost(&drops, lost, 0);
	ok(!drops.samples && !drops.exits, "no record, no loss");
	usertime_add_lost(&drops, lost, sizeof(lost) / sizeof(lost[0]));
	ok(drops.samples == UINT32_MAX + 30ULL && drops.exits == 44 && drops.events == 55 &&
	   drops.children == 66, "LOST records are counted, and only they");
	ok(drops.exits_user == UINT64_MAX / 2 + 10 && drops.exits_system == 22,
	   "with the times of lost exits");
	ok(!drops.missed_periods, "and tell nothing of periods");
}

#define MANY 200000

static void *produce_many(void *data)
{
	unsigned int i;

	(void)data;
	for (i = 0; i < MANY; i++) {
		while (producer.head - __atomic_load_n(&consumer.tail, __ATOMIC_ACQUIRE) == SIZE)
			sched_yield();
		produce(1);
	}
	return NULL;
}

/* Both at once; positions wrap around on the way. */
static void test_concurrent(void)
{
	const struct usertime_record *records;
	struct usertime_ring ring = ring_at(-(uint32_t)MANY / 2);
	uint32_t expected = ring.tail, count, i;
	unsigned int seen = 0, wrong = 0;
	pthread_t thread;

	need(!pthread_create(&thread, NULL, produce_many, NULL));
	while (seen < MANY) {
		count = usertime_ring_peek(&ring, &records);
		if (!count)
			sched_yield();
		for (i = 0; i < count; i++)
			wrong += records[i].time != expected++;
		seen += count;
		wrong += !usertime_ring_consume(&ring, count);
	}
	need(!pthread_join(thread, NULL));
	ok(!wrong, "a producer beside it: all records come, in order and whole");
}

int main(void)
{
	test_empty();
	test_fill();
	test_wrap();
	test_own_tail();
	test_drops();
	test_concurrent();
	return tap_done();
}
