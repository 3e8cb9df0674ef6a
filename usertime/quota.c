// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits on what users can make grow.
 *
 * As with the kernel's ucounts, a charge counts for the user and for the owner of each user
 * namespace above: who has thousands of subordinate uids gains nothing by them.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "param.h"
#include "quota.h"

/* Who is charged, while it is charged for something. */
struct payer {
	struct hlist_node node;
	kuid_t uid;
	u64 used[URT_NR_QUOTAS];	/* never all 0 */
};

static DEFINE_HASHTABLE(payers, 8);
static unsigned long nr_registered;
static DEFINE_MUTEX(quota_lock);		/* innermost */

static struct payer *find_payer(kuid_t uid)
{
	struct payer *p;

	hash_for_each_possible(payers, p, node, __kuid_val(uid))
		if (uid_eq(p->uid, uid))
			return p;
	return NULL;
}

static int charge(kuid_t uid, enum urt_quota what, u64 n, u64 limit)
{
	struct payer *p = find_payer(uid);
	u64 used = p ? p->used[what] : 0;

	if (n > limit || used > limit - n)
		return -EDQUOT;
	if (!p) {
		p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
		if (!p)
			return -ENOMEM;
		p->uid = uid;
		hash_add(payers, &p->node, __kuid_val(uid));
	}
	p->used[what] += n;
	return 0;
}

static void uncharge(kuid_t uid, enum urt_quota what, u64 n)
{
	struct payer *p = find_payer(uid);

	p->used[what] -= n;
	if (memchr_inv(p->used, 0, sizeof(p->used)))
		return;
	hash_del(&p->node);
	kfree(p);
}

/* The n-th who pays for @uid in @ns, from 0: the user, then the owners of the namespaces above. */
static bool nth_payer(kuid_t uid, struct user_namespace *ns, unsigned int n, kuid_t *who)
{
	*who = uid;
	for (; n && ns != &init_user_ns; n--, ns = ns->parent)
		*who = ns->owner;
	return !n;
}

/* A user that stands in the chain several times (root of its own namespace, say) pays once. */
static bool pays_already(kuid_t uid, struct user_namespace *ns, unsigned int n, kuid_t who)
{
	kuid_t before;

	while (n--)
		if (nth_payer(uid, ns, n, &before) && uid_eq(before, who))
			return true;
	return false;
}

static void uncharge_chain(kuid_t uid, struct user_namespace *ns, unsigned int payers_left,
			   enum urt_quota what, u64 n)
{
	kuid_t who;

	while (payers_left--)
		if (nth_payer(uid, ns, payers_left, &who) &&
		    !pays_already(uid, ns, payers_left, who))
			uncharge(who, what, n);
}

static int charge_chain(kuid_t uid, struct user_namespace *ns, enum urt_quota what, u64 n,
			u64 limit)
{
	unsigned int i;
	kuid_t who;
	int err;

	for (i = 0; nth_payer(uid, ns, i, &who); i++) {
		if (pays_already(uid, ns, i, who))
			continue;
		err = charge(who, what, n, limit);
		if (err) {
			uncharge_chain(uid, ns, i, what, n);
			return err;
		}
	}
	return 0;
}

static u64 limit_of(enum urt_quota what)
{
	switch (what) {
	case URT_QUOTA_BYTES:
		return urt_max_bytes_per_user();
	case URT_QUOTA_RATE:
		return urt_max_rate_per_user();
	default:
		return urt_max_targets_per_user();
	}
}

static bool unlimited(const struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYS_RESOURCE);
}

/**
 * urt_quota_charge_user - charge whoever opened a file
 * @file: the file
 * @what: for what, and
 * @n: how much more of it; nothing of a user without a charge is kept, so at least 1
 * Returns 0, -EDQUOT over the limit, or -ENOMEM.
 */
int urt_quota_charge_user(const struct file *file, enum urt_quota what, u64 n)
{
	u64 limit = unlimited(file) ? U64_MAX : limit_of(what);
	int err;

	mutex_lock(&quota_lock);
	err = charge_chain(file->f_cred->fsuid, file->f_cred->user_ns, what, n, limit);
	mutex_unlock(&quota_lock);
	return err;
}

void urt_quota_uncharge_user(kuid_t uid, struct user_namespace *ns, enum urt_quota what, u64 n)
{
	unsigned int nr_payers = 0;
	kuid_t who;

	mutex_lock(&quota_lock);
	while (nth_payer(uid, ns, nr_payers, &who))
		nr_payers++;
	uncharge_chain(uid, ns, nr_payers, what, n);
	mutex_unlock(&quota_lock);
}

/**
 * urt_quota_charge_target - charge the module for one more target
 * @file: opened by who asks for it
 *
 * Returns 0 or -ENOSPC over max_targets, of which an eighth is kept for the unlimited.
 */
int urt_quota_charge_target(const struct file *file)
{
	unsigned long limit = urt_max_targets();
	int err = -ENOSPC;

	if (!unlimited(file))
		limit -= limit / 8;
	mutex_lock(&quota_lock);
	if (nr_registered < limit) {
		nr_registered++;
		err = 0;
	}
	mutex_unlock(&quota_lock);
	return err;
}

void urt_quota_uncharge_target(void)
{
	mutex_lock(&quota_lock);
	nr_registered--;
	mutex_unlock(&quota_lock);
}
