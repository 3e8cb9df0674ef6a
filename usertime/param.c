// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters: whole numbers, each with a range. A value out of range is EINVAL and changes
 * nothing. Root may write them at run time.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/time64.h>

#include "param.h"
#include "registry.h"

struct ranged {
	unsigned long value, min, max;
	void (*changed)(void);
};

static int ranged_set(const char *text, const struct kernel_param *kp)
{
	struct ranged *p = kp->arg;
	unsigned long value;

	if (!text || kstrtoul(text, 10, &value) || value < p->min || value > p->max)
		return -EINVAL;
	WRITE_ONCE(p->value, value);
	if (p->changed)
		p->changed();
	return 0;
}

static int ranged_get(char *text, const struct kernel_param *kp)
{
	const struct ranged *p = kp->arg;

	return scnprintf(text, PAGE_SIZE, "%lu\n", p->value);
}

static const struct kernel_param_ops ranged_ops = {
	.set = ranged_set,
	.get = ranged_get,
};

static struct ranged period_ms = { 5000, 10, 3600000, urt_registry_period_changed };
module_param_cb(period_ms, &ranged_ops, &period_ms, 0644);
MODULE_PARM_DESC(period_ms,
		 "Milliseconds between two refreshes of /proc/urt (10 to 3600000, default 5000)");

static struct ranged max_targets = { 65536, 1, 1048576 };
module_param_cb(max_targets, &ranged_ops, &max_targets, 0644);
MODULE_PARM_DESC(max_targets,
		 "Most processes measured at once; an eighth is kept for CAP_SYS_RESOURCE (1 to 1048576, default 65536)");

static struct ranged max_targets_per_user = { 16384, 0, 1048576 };
module_param_cb(max_targets_per_user, &ranged_ops, &max_targets_per_user, 0644);
MODULE_PARM_DESC(max_targets_per_user,
		 "Most processes that one user holds (0 to 1048576, default 16384)");

static struct ranged max_bytes_per_user = { 67108864, 0, 1073741824 };
module_param_cb(max_bytes_per_user, &ranged_ops, &max_bytes_per_user, 0644);
MODULE_PARM_DESC(max_bytes_per_user,
		 "Most bytes of sample rings that one user has (0 to 1073741824, default 67108864)");

static struct ranged max_rate_per_user = { 10000000, 0, 1000000000 };
module_param_cb(max_rate_per_user, &ranged_ops, &max_rate_per_user, 0644);
MODULE_PARM_DESC(max_rate_per_user,
		 "Most samples of threads a second that one user asks for (0 to 1000000000, default 10000000)");

static struct ranged unprivileged = { 1, 0, 1 };
module_param_cb(unprivileged, &ranged_ops, &unprivileged, 0644);
MODULE_PARM_DESC(unprivileged,
		 "1: everyone may open /dev/urt; 0: only with CAP_PERFMON (0 or 1, default 1)");

static struct ranged precise = { 0, 0, 1 };
module_param_cb(precise, &ranged_ops, &precise, 0644);
MODULE_PARM_DESC(precise,
		 "1: what is registered from now on is split between ticks, too: precise mode (0 or 1, default 0)");

unsigned long urt_max_targets(void)
{
	return READ_ONCE(max_targets.value);
}

unsigned long urt_max_targets_per_user(void)
{
	return READ_ONCE(max_targets_per_user.value);
}

unsigned long urt_max_bytes_per_user(void)
{
	return READ_ONCE(max_bytes_per_user.value);
}

unsigned long urt_max_rate_per_user(void)
{
	return READ_ONCE(max_rate_per_user.value);
}

bool urt_unprivileged(void)
{
	return READ_ONCE(unprivileged.value);
}

bool urt_precise_wanted(void)
{
	return READ_ONCE(precise.value);
}

u64 urt_period_ns(void)
{
	return (u64)READ_ONCE(period_ms.value) * NSEC_PER_MSEC;
}
