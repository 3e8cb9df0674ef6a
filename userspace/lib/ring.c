// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ring.h"

/*
 * Pairs with the kernel's store-release of head, which comes after it has written the records: what
 * lies before the head that is read here can be read as well.
 */
static uint32_t load_head(const struct usertime_ring *ring)
{
	return __atomic_load_n(&ring->producer->head, __ATOMIC_ACQUIRE);
}

uint32_t usertime_ring_peek(const struct usertime_ring *ring,
			    const struct usertime_record **records)
{
	uint32_t count = load_head(ring) - ring->tail;	/* both wrap around at 2^32 */
	uint32_t index = ring->tail & (ring->size - 1);
	uint32_t to_end = ring->size - index;

	*records = &ring->records[index];
	return count < to_end ? count : to_end;
}

bool usertime_ring_consume(struct usertime_ring *ring, size_t count)
{
	if (count > load_head(ring) - ring->tail)
		return false;
	ring->tail += count;
	/*
	 * Pairs with the kernel's load-acquire of tail before it writes into these slots: what was
	 * read from the records has been read by then.
	 */
	__atomic_store_n(&ring->consumer->tail, ring->tail, __ATOMIC_RELEASE);
	return true;
}

/* Two loads of 32 bits may be of two values: where it takes two, it is read till it stands. */
static uint64_t load_counter(const __u64 *counter)
{
	const volatile __u64 *now = counter;
	uint64_t value = *now, before;

	if (sizeof(void *) >= sizeof(value))
		return value;
	do {
		before = value;
		value = *now;
	} while (value != before);
	return value;
}

void usertime_ring_drops(const struct usertime_ring *ring, struct usertime_drops *drops)
{
	const struct usertime_producer *producer = ring->producer;

	drops->samples = load_counter(&producer->lost_samples);
	drops->exits = load_counter(&producer->lost_exits);
	drops->exits_user = load_counter(&producer->lost_user);
	drops->exits_system = load_counter(&producer->lost_system);
	drops->events = load_counter(&producer->lost_events);
	drops->children = load_counter(&producer->lost_children);
	drops->missed_periods = load_counter(&producer->missed_periods);
}

void usertime_add_lost(struct usertime_drops *drops, const struct usertime_record *records,
		       size_t count)
{
	const struct usertime_record *record;

	for (record = records; record < records + count; record++) {
		if (record->type != USERTIME_RECORD_LOST)
			continue;
		drops->samples += record->lost_samples;
		drops->exits += record->lost_exits;
		drops->exits_user += record->user;
		drops->exits_system += record->system;
		drops->events += record->lost_events;
		drops->children += record->lost_children;
	}
}
