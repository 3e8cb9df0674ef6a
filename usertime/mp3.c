// SPDX-License-Identifier: GPL-2.0-only
/*
 * mp3: every 50 ms, what all registered processes together used since the sample before.
 *
 * A process counts from its registration to its deregistration or exit, to the nanosecond and the
 * page fault: it is sampled at both, and what it used since the last sample goes into the next one,
 * or, if it was the last process, into one at once.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/time64.h>

#include "mp.h"
#include "registry.h"

#define MP3_PERIOD		(50 * (u64)NSEC_PER_MSEC)

static struct urt_registry mp3_registry;
static struct proc_dir_entry *mp3_proc;
static bool mp3_percent;

/* Sums; all under the registry's lock. */
struct sums {
	u64 minor, major, cpu;
};

static struct sums before;	/* of all, at the last sample, or when it was registered since */
static struct sums gone;	/* of those that have left since the last sample */
static u64 cpu_left;		/* ns that make no whole jiffy yet */
static u64 sampled_at;		/* CLOCK_MONOTONIC, ns */

static void add(struct sums *to, const struct urt_totals *totals)
{
	to->minor += totals->minor_faults;
	to->major += totals->major_faults;
	to->cpu += totals->user + totals->system;
}

/* ns of CPU time as jiffies: what does not make a whole one is carried over. */
static unsigned long in_jiffies(u64 cpu)
{
	u64 n;

	cpu_left += cpu;
	n = div_u64(cpu_left, TICK_NSEC);
	cpu_left -= n * TICK_NSEC;
	return n;
}

static unsigned long in_percent(u64 cpu, u64 elapsed)
{
	return div64_u64(cpu * 100 + elapsed / 2, max(elapsed, 1ULL));
}

static void put_sample_of(const struct sums *now)
{
	u64 time = ktime_get_ns();
	u64 cpu = now->cpu + gone.cpu - before.cpu;

	mp3_buffer_put(&(struct mp3_sample) {
		.jiffies = jiffies,
		.minor_faults = now->minor + gone.minor - before.minor,
		.major_faults = now->major + gone.major - before.major,
		.cpu = mp3_percent ? in_percent(cpu, time - sampled_at) : in_jiffies(cpu),
	});
	before = *now;
	gone = (struct sums) { 0 };
	sampled_at = time;
}

/* Callbacks of the registry. */

static void mp3_refreshed(struct urt_registry *r)
{
	struct urt_totals totals;
	struct sums now = { 0 };

	if (!r->session.nr_targets)
		return;			/* the last one's sample was taken when it left */
	urt_session_sum(&r->session, &totals);
	add(&now, &totals);
	put_sample_of(&now);
}

static void mp3_joined(struct urt_registry *r, const struct urt_target *t)
{
	if (r->session.nr_targets == 1)
		sampled_at = ktime_get_ns();
	add(&before, &t->totals);
}

static void mp3_leaving(struct urt_registry *r, const struct urt_target *t)
{
	add(&gone, &t->totals);
	if (r->session.nr_targets == 1)
		put_sample_of(&(struct sums) { 0 });
}

static const struct urt_registry_ops mp3_ops = {
	.owner = THIS_MODULE,
	.numbers_only = true,
	.refreshed = mp3_refreshed,
	.joined = mp3_joined,
	.leaving = mp3_leaving,
};

int mp3_init(const char *dir, bool percent)
{
	int err = mp3_buffer_init();

	if (err)
		return err;
	mp3_percent = percent;
	urt_registry_setup(&mp3_registry, &mp3_ops, MP3_PERIOD);
	mp3_proc = mp_dir_create(dir, &mp3_registry);
	if (mp3_proc)
		return 0;
	urt_registry_teardown(&mp3_registry);
	mp3_buffer_exit();
	return -ENOMEM;
}

void mp3_exit(void)
{
	proc_remove(mp3_proc);
	urt_registry_teardown(&mp3_registry);
	mp3_buffer_exit();
}
