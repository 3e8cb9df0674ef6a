/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits: per user and of the whole module. */
#ifndef URT_QUOTA_H
#define URT_QUOTA_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct file;
struct user_namespace;

/* What a user is charged for. */
enum urt_quota {
	URT_QUOTA_TARGETS,		/* processes that it holds or samples */
	URT_QUOTA_BYTES,		/* of rings */
	URT_QUOTA_RATE,			/* samples of threads a second */
	URT_NR_QUOTAS
};

/*
 * Whoever opened @file is charged; with CAP_SYS_RESOURCE in the initial user namespace it is
 * counted but not limited. To uncharge takes what is remembered of it.
 */
int urt_quota_charge_user(const struct file *file, enum urt_quota what, u64 n);
void urt_quota_uncharge_user(kuid_t uid, struct user_namespace *ns, enum urt_quota what, u64 n);

/* The module is charged once for each target. */
int urt_quota_charge_target(const struct file *file);
void urt_quota_uncharge_target(void);

#endif
