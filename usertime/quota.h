/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits: per user and of the whole module. */
#ifndef URT_QUOTA_H
#define URT_QUOTA_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct file;
struct user_namespace;

/*
 * A user is charged for each process that it holds or samples. Whoever opened @file with
 * CAP_SYS_RESOURCE in the initial user namespace is counted but not limited.
 */
int urt_quota_charge_user(const struct file *file);
void urt_quota_uncharge_user(kuid_t uid, struct user_namespace *ns);

/* The module is charged once for each target. */
int urt_quota_charge_target(const struct file *file);
void urt_quota_uncharge_target(void);

#endif
