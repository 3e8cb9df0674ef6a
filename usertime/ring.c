// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of a session: memory shared with its owner.
 *
 * The pages are the consumer's, which the owner may write, the producer's, and the records; one
 * kernel mapping covers them. The kernel keeps its own copy of all that matters, and of what the
 * owner writes it reads one number, which can make the ring look full at worst.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "ring.h"
#include "stats.h"

#define CONTROL_PAGES	2		/* the consumer's and the producer's */

static_assert(sizeof(struct usertime_record) == 64);

/* Memory. */

/* A power of two, and whole pages. */
u32 urt_ring_round(u32 size)
{
	return roundup_pow_of_two(max_t(u32, size, PAGE_SIZE / sizeof(struct usertime_record)));
}

unsigned long urt_ring_pages(u32 size)
{
	return CONTROL_PAGES + (size * sizeof(struct usertime_record) >> PAGE_SHIFT);
}

/* What is mapped read-only. */
size_t urt_ring_producer_size(u32 size)
{
	return (urt_ring_pages(size) - 1) << PAGE_SHIFT;
}

static void free_area(struct urt_ring *r)
{
	if (r->area)
		vunmap(r->area);
	while (r->nr_pages)
		__free_page(r->pages[--r->nr_pages]);
	kvfree(r->pages);
}

static int alloc_area(struct urt_ring *r)
{
	unsigned long n = urt_ring_pages(r->size);
	struct page *page;

	r->pages = kvmalloc_array(n, sizeof(*r->pages), GFP_KERNEL_ACCOUNT);
	if (!r->pages)
		return -ENOMEM;
	while (r->nr_pages < n) {
		page = alloc_page(URT_GFP_MAPPED | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
		if (!page)
			goto free;
		r->pages[r->nr_pages++] = page;
		cond_resched();
	}
	r->area = vmap(r->pages, n, VM_MAP | VM_USERMAP, PAGE_KERNEL);
	if (!r->area)
		goto free;
	return 0;

free:
	free_area(r);
	return -ENOMEM;
}

/**
 * urt_ring_new - make a ring
 * @size: records, of urt_ring_round()
 * @watermark: records, 1 to @size
 * @wake_exit: whether an EXIT record is reported at once
 * Returns it or an ERR_PTR().
 */
struct urt_ring *urt_ring_new(u32 size, u32 watermark, bool wake_exit)
{
	struct urt_ring *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	int err;

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->size = size;
	r->mask = size - 1;
	r->watermark = watermark;
	r->wake_exit = wake_exit;
	init_waitqueue_head(&r->wait);
	err = alloc_area(r);
	if (err) {
		kfree(r);
		return ERR_PTR(err);
	}
	r->consumer = r->area;
	r->producer = r->area + PAGE_SIZE;
	r->records = r->area + CONTROL_PAGES * PAGE_SIZE;
	return r;
}

/* Nobody waits, reads or has it mapped any more. */
void urt_ring_free(struct urt_ring *r)
{
	free_area(r);
	kfree(r);
}

/**
 * urt_ring_mmap - map the consumer's page, or all the rest read-only
 * @r: the ring
 * @vma: where, and which of them
 * Returns 0, -EINVAL or -EPERM.
 */
int urt_ring_mmap(struct urt_ring *r, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff == 0 && size == PAGE_SIZE) {
		/* From here on the tail is the owner's, and read() has none. */
		WRITE_ONCE(r->mapped, true);
		return remap_vmalloc_range(vma, r->area, 0);
	}
	if (vma->vm_pgoff != 1 || size != urt_ring_producer_size(r->size))
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	vm_flags_clear(vma, VM_MAYWRITE);
	return remap_vmalloc_range(vma, r->area, 1);
}

/* Producing. */

static u32 room(const struct urt_ring *r)
{
	return r->size - (r->head - r->tail);
}

/* A tail that cannot be makes the ring full. */
static void look_at_tail(struct urt_ring *r)
{
	/* Pairs with the consumer's release: its records were read before they are replaced. */
	u32 tail = smp_load_acquire(&r->consumer->tail);

	r->tail = r->head - tail <= r->size ? tail : r->head - r->size;
}

static void put_lost(struct urt_ring *r)
{
	struct usertime_record *record = &r->records[r->head++ & r->mask];
	const struct urt_lost *lost = &r->unreported;

	*record = (struct usertime_record) {
		.time = ktime_get_ns(),
		.user = lost->user,
		.system = lost->system,
		.lost_samples = min_t(u64, lost->samples, U32_MAX),
		.lost_exits = min_t(u64, lost->exits, U32_MAX),
		.lost_events = min_t(u64, lost->events, U32_MAX),
		.lost_children = min_t(u64, lost->children, U32_MAX),
		.type = USERTIME_RECORD_LOST,
	};
	r->unreported = (struct urt_lost) { };
	r->any_unreported = false;
}

/* What was lost is reported first, but never in a slot that is left free. */
static bool make_room(struct urt_ring *r, u32 keep)
{
	look_at_tail(r);
	if (r->any_unreported && room(r) > r->keep)
		put_lost(r);
	return room(r) > keep;
}

/**
 * urt_ring_make_room - the slow part of urt_ring_has_slot()
 * @r: the ring
 *
 * Returns whether there is a slot. If so nothing is left unreported, and until something is lost or
 * more slots are to be kept (both take the limit back) as many records as there is room for now can
 * be put.
 */
bool urt_ring_make_room(struct urt_ring *r)
{
	bool has = make_room(r, r->keep);

	r->limit = has ? r->tail + r->size - r->keep : r->head;
	return has;
}

/* Whether there is a slot for an EXIT record: one that was left free, but not the last. */
bool urt_ring_has_exit_slot(struct urt_ring *r)
{
	bool has = make_room(r, 1);

	r->limit = r->head + has;
	return has;
}

static void count(u64 *unreported, __u64 *total, u64 n)
{
	*unreported += n;
	WRITE_ONCE(*total, *total + n);
}

/**
 * urt_ring_lose - count what did not get into the ring
 * @r: the ring
 * @lost: what
 */
void urt_ring_lose(struct urt_ring *r, const struct urt_lost *lost)
{
	struct usertime_producer *p = r->producer;

	count(&r->unreported.samples, &p->lost_samples, lost->samples);
	count(&r->unreported.exits, &p->lost_exits, lost->exits);
	count(&r->unreported.user, &p->lost_user, lost->user);
	count(&r->unreported.system, &p->lost_system, lost->system);
	count(&r->unreported.events, &p->lost_events, lost->events);
	count(&r->unreported.children, &p->lost_children, lost->children);
	r->any_unreported = true;
	r->limit = r->head;
	urt_stat_add(URT_STAT_RECORDS_DROPPED, lost->samples + lost->exits + lost->events);
}

/**
 * urt_ring_publish - show the owner what was put, and wake it where it is to be woken
 * @r: the ring
 * @targets: of the session, now
 */
void urt_ring_publish(struct urt_ring *r, unsigned int targets)
{
	struct usertime_producer *p = r->producer;

	if (r->any_unreported)
		urt_ring_make_room(r);
	/* Stays comparable, however many records there are between two exits. */
	if ((s32)(r->after_put_exit - r->tail) < 0)
		r->after_put_exit = r->tail;
	/* Pairs with the consumer's acquire: it sees whole records. */
	smp_store_release(&p->head, r->head);
	/* Pairs with urt_ring_poll(): who is told of an exit finds its record. */
	smp_store_release(&r->after_exit, r->after_put_exit);
	r->had_targets |= targets;
	/* Pairs with the owner's acquire: who sees the end sees all that was before. */
	smp_store_release(&p->targets, targets);
	/* Pairs with urt_ring_hung_up(), the same. */
	smp_store_release(&r->hung_up, r->had_targets && !targets);
	if (wq_has_sleeper(&r->wait) && urt_ring_poll(r))
		wake_up_interruptible_poll(&r->wait, urt_ring_poll(r));
}

/* Consuming, on this side. */

/* What poll() reports. A hostile tail makes it wrong, for its owner alone. */
__poll_t urt_ring_poll(const struct urt_ring *r)
{
	bool hung_up = urt_ring_hung_up(r);
	u32 tail = READ_ONCE(r->consumer->tail);
	u32 unread = READ_ONCE(r->producer->head) - tail;
	__poll_t events = hung_up ? EPOLLHUP : 0;
	/* Pairs with urt_ring_publish(). */
	u32 after_exit = smp_load_acquire(&r->after_exit);

	if (unread >= r->watermark || (hung_up && unread) ||
	    (r->wake_exit && (s32)(after_exit - tail) > 0))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

/**
 * urt_ring_read - copy whole records to the owner, oldest first
 * @r: the ring, of which the consumer's page is not mapped
 * @to: where
 * @n: bytes
 *
 * Returns bytes, perhaps 0, or -EFAULT where none could be copied. One at a time; faults are taken
 * in here, so the caller holds no lock that mmap() takes.
 */
ssize_t urt_ring_read(struct urt_ring *r, char __user *to, size_t n)
{
	/* Both sides are the kernel's; pairs with urt_ring_publish(). */
	u32 head = smp_load_acquire(&r->producer->head);
	u32 tail = READ_ONCE(r->consumer->tail), index, count, wanted;
	ssize_t done = 0;

	wanted = min_t(size_t, min(head - tail, r->size), n / sizeof(struct usertime_record));
	while (wanted) {
		index = tail & r->mask;
		count = min(wanted, r->size - index);
		if (copy_to_user(to + done, &r->records[index], count * sizeof(*r->records)))
			break;
		done += count * sizeof(*r->records);
		tail += count;
		wanted -= count;
	}
	/* Pairs with look_at_tail(). */
	smp_store_release(&r->consumer->tail, tail);
	return done || !wanted ? done : -EFAULT;
}
