// SPDX-License-Identifier: GPL-2.0-only
/* /dev/urt: each open file is a private sampling session. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "chardev.h"
#include "param.h"
#include "ring.h"
#include "session.h"
#include "watch.h"

static int urt_open(struct inode *inode, struct file *file)
{
	struct urt_watch *w;

	if (!urt_unprivileged() && !file_ns_capable(file, &init_user_ns, CAP_PERFMON))
		return -EPERM;
	w = urt_watch_open(file);
	if (!w)
		return -ENOMEM;
	file->private_data = w;
	return stream_open(inode, file);
}

static int urt_release(struct inode *inode, struct file *file)
{
	urt_watch_release(file->private_data);
	return 0;
}

/* ioctls */

static long get_info(struct urt_watch *w, void __user *arg)
{
	struct usertime_info info = {
		.abi = USERTIME_ABI_VERSION,
		.record_size = sizeof(struct usertime_record),
		.setup_flags = urt_watch_setup_flags(),
		.clock = CLOCK_MONOTONIC,
		.period_min = urt_watch_period_min(w->file),
		.period_max = URT_PERIOD_MAX,
		.tick = TICK_NSEC,
		.ring_min = urt_ring_round(1),
		.ring_max = URT_RING_MAX,
		.max_targets = urt_max_targets(),
		.max_targets_per_user = urt_max_targets_per_user(),
		.max_bytes_per_user = urt_max_bytes_per_user(),
		.max_rate_per_user = urt_max_rate_per_user(),
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* What is returned is copied before anything changes: an error leaves nothing to be undone. */
static long set_up(struct urt_watch *w, void __user *arg)
{
	struct usertime_setup setup;
	int err;

	if (copy_from_user(&setup, arg, sizeof(setup)))
		return -EFAULT;
	err = urt_watch_check_setup(w, &setup);
	if (err)
		return err;
	if (copy_to_user(arg, &setup, sizeof(setup)))
		return -EFAULT;
	return urt_watch_setup(w, &setup);
}

static int get_target(void __user *arg, struct usertime_target *target)
{
	if (copy_from_user(target, arg, sizeof(*target)))
		return -EFAULT;
	if (target->flags || memchr_inv(target->reserved, 0, sizeof(target->reserved)))
		return -EINVAL;
	return 0;
}

static long add(struct urt_watch *w, void __user *arg)
{
	struct usertime_target target;
	struct urt_found found;
	int err;

	err = get_target(arg, &target);
	if (err)
		return err;
	err = urt_watch_find(w, target.pid, target.start, &found);
	if (err)
		return err;
	target.start = found.start;
	if (copy_to_user(arg, &target, sizeof(target))) {
		urt_watch_put_found(&found);
		return -EFAULT;
	}
	return urt_watch_add(w, &found);
}

static long remove(struct urt_watch *w, void __user *arg)
{
	struct usertime_target target;
	int err;

	err = get_target(arg, &target);
	return err ?: urt_watch_remove(w, target.pid, target.start);
}

static long urt_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct urt_watch *w = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case USERTIME_IOC_INFO:
		return get_info(w, user);
	case USERTIME_IOC_SETUP:
		return set_up(w, user);
	case USERTIME_IOC_ADD:
	case USERTIME_IOC_REMOVE:
	case USERTIME_IOC_SAMPLE:
		break;
	default:
		return -ENOTTY;
	}
	if (!urt_watch_ring(w))
		return -EBADFD;
	switch (cmd) {
	case USERTIME_IOC_ADD:
		return add(w, user);
	case USERTIME_IOC_REMOVE:
		return remove(w, user);
	default:
		urt_watch_sample(w);
		return 0;
	}
}

/* Records */

/* Under the mmap lock, which copying to and from users takes as well: no lock of ours is taken. */
static int urt_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct urt_ring *ring = urt_watch_ring(file->private_data);

	return ring ? urt_ring_mmap(ring, vma) : -EBADFD;
}

static ssize_t read_some(struct file *file, struct urt_ring *ring, char __user *to, size_t n)
{
	ssize_t done;
	bool over;

	for (;;) {
		if (READ_ONCE(ring->mapped))
			return -EBUSY;
		over = urt_ring_hung_up(ring);
		done = urt_ring_read(ring, to, n);
		if (done || over)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ring->wait, urt_ring_poll(ring)))
			return -ERESTARTSYS;
	}
}

static ssize_t urt_read(struct file *file, char __user *to, size_t n, loff_t *pos)
{
	struct urt_watch *w = file->private_data;
	struct urt_ring *ring = urt_watch_ring(w);
	ssize_t done;

	if (!ring)
		return -EBADFD;
	if (n < sizeof(struct usertime_record))
		return -EINVAL;
	if (mutex_lock_interruptible(&w->reading))
		return -ERESTARTSYS;
	done = read_some(file, ring, to, n);
	mutex_unlock(&w->reading);
	return done;
}

static __poll_t urt_poll(struct file *file, struct poll_table_struct *wait)
{
	struct urt_ring *ring = urt_watch_ring(file->private_data);

	if (!ring)
		return EPOLLERR;
	poll_wait(file, &ring->wait, wait);
	return urt_ring_poll(ring);
}

static const struct file_operations urt_fops = {
	.owner = THIS_MODULE,
	.open = urt_open,
	.release = urt_release,
	.unlocked_ioctl = urt_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = urt_mmap,
	.read = urt_read,
	.poll = urt_poll,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "urt",
	.fops = &urt_fops,
	.mode = 0666,			/* urt_open() decides */
};

int urt_chardev_init(void)
{
	return misc_register(&device);
}

void urt_chardev_exit(void)
{
	misc_deregister(&device);
	urt_watches_exit();
}
