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
#include <linux/user_namespace.h>

#include "param.h"
#include "quota.h"

/* Who is charged, while it is charged for something. */
struct payer {
	struct hlist_node node;
	kuid_t uid;
	unsigned long targets;		/* never 0 */
};

static DEFINE_HASHTABLE(payers, 8);
static unsigned long nr_targets;
static DEFINE_MUTEX(lock);		/* innermost */

static struct payer *find_payer(kuid_t uid)
{
	struct payer *p;

	hash_for_each_possible(payers, p, node, __kuid_val(uid))
		if (uid_eq(p->uid, uid))
			return p;
	return NULL;
}

static int charge(kuid_t uid, unsigned long limit)
{
	struct payer *p = find_payer(uid);

	if ((p ? p->targets : 0) >= limit)
		return -EDQUOT;
	if (!p) {
		p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
		if (!p)
			return -ENOMEM;
		p->uid = uid;
		hash_add(payers, &p->node, __kuid_val(uid));
	}
	p->targets++;
	return 0;
}

static void uncharge(kuid_t uid)
{
	struct payer *p = find_payer(uid);

	if (--p->targets)
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

static void uncharge_chain(kuid_t uid, struct user_namespace *ns, unsigned int n)
{
	kuid_t who;

	while (n--)
		if (nth_payer(uid, ns, n, &who) && !pays_already(uid, ns, n, who))
			uncharge(who);
}

static int charge_chain(kuid_t uid, struct user_namespace *ns, unsigned long limit)
{
	unsigned int n;
	kuid_t who;
	int err;

	for (n = 0; nth_payer(uid, ns, n, &who); n++) {
		if (pays_already(uid, ns, n, who))
			continue;
		err = charge(who, limit);
		if (err) {
			uncharge_chain(uid, ns, n);
			return err;
		}
	}
	return 0;
}

static bool unlimited(const struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYS_RESOURCE);
}

/**
 * urt_quota_charge_user - charge whoever opened a file for one more process
 * @file: the file
 * Returns 0, -EDQUOT over max_targets_per_user, or -ENOMEM.
 */
int urt_quota_charge_user(const struct file *file)
{
	unsigned long limit = unlimited(file) ? ULONG_MAX : urt_max_targets_per_user();
	int err;

	mutex_lock(&lock);
	err = charge_chain(file->f_cred->fsuid, file->f_cred->user_ns, limit);
	mutex_unlock(&lock);
	return err;
}

void urt_quota_uncharge_user(kuid_t uid, struct user_namespace *ns)
{
	unsigned int n = 0;
	kuid_t who;

	mutex_lock(&lock);
	while (nth_payer(uid, ns, n, &who))
		n++;
	uncharge_chain(uid, ns, n);
	mutex_unlock(&lock);
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
	mutex_lock(&lock);
	if (nr_targets < limit) {
		nr_targets++;
		err = 0;
	}
	mutex_unlock(&lock);
	return err;
}

void urt_quota_uncharge_target(void)
{
	mutex_lock(&lock);
	nr_targets--;
	mutex_unlock(&lock);
}
