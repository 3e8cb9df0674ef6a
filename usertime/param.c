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

#define URT_PARAM(name, dflt, low, high, func, text)					\
	static struct ranged name = {							\
		.value = (dflt), .min = (low), .max = (high), .changed = (func),	\
	};										\
	module_param_cb(name, &ranged_ops, &name, 0644);				\
	__MODULE_PARM_TYPE(name, "ulong");						\
	MODULE_PARM_DESC(name, text)

URT_PARAM(period_ms, 5000, 10, 3600000, urt_registry_period_changed,
	  "Milliseconds between two refreshes of /proc/urt (10 to 3600000, default 5000)");
URT_PARAM(max_targets, 65536, 1, 1048576, NULL,
	  "Most processes measured at once; the last eighth is for CAP_SYS_RESOURCE (1 to 1048576, default 65536)");
URT_PARAM(max_targets_per_user, 16384, 0, 1048576, NULL,
	  "Most processes that one user holds (0 to 1048576, default 16384)");
URT_PARAM(max_bytes_per_user, 67108864, 0, 1UL << 30, NULL,
	  "Most bytes of sample rings that one user has (0 to 1073741824, default 67108864)");
URT_PARAM(max_rate_per_user, 10000000, 0, 1000000000, NULL,
	  "Most samples of threads a second that one user asks for (0 to 1000000000, default 10000000)");
URT_PARAM(unprivileged, 1, 0, 1, NULL,
	  "1: everyone may open /dev/urt; 0: only CAP_PERFMON (default 1)");

unsigned long urt_max_targets(void)
{
	return READ_ONCE(max_targets.value);
}

unsigned long urt_max_targets_per_user(void)
{
	return READ_ONCE(max_targets_per_user.value);
}

u64 urt_period_ns(void)
{
	return (u64)READ_ONCE(period_ms.value) * NSEC_PER_MSEC;
}
