// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buffer of samples, which clients map through the character device mp3_dev, and write to as
 * they like: it is only ever written here, never read.
 */
#include <linux/cdev.h>
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "mp.h"

#define BUFFER_PAGES	128
#define SAMPLES		12000		/* then it starts again; ten minutes */

static_assert(SAMPLES * sizeof(struct mp3_sample) <= BUFFER_PAGES * PAGE_SIZE);

static struct mp3_sample *buffer;
static unsigned int next_sample;	/* the registry's lock */
static struct cdev mp3_cdev;
static dev_t mp3_dev;

/**
 * mp3_buffer_put - write the next sample
 * @sample: the sample
 *
 * The time is written last: clients take a sample that does not begin with -1 for a whole one. The
 * one time that is -1, on a 32-bit machine after five minutes, is told as the one before.
 * Caller holds the registry's lock.
 */
void mp3_buffer_put(const struct mp3_sample *sample)
{
	struct mp3_sample *to = &buffer[next_sample];

	WRITE_ONCE(to->minor_faults, sample->minor_faults);
	WRITE_ONCE(to->major_faults, sample->major_faults);
	WRITE_ONCE(to->cpu, sample->cpu);
	/* Pairs with whatever order the client reads in. */
	smp_store_release(&to->jiffies, min(sample->jiffies, ULONG_MAX - 1));
	next_sample = (next_sample + 1) % SAMPLES;
}

/* As many pages as the client likes, from the first on. The mapping holds the file, and that us. */
static int mp3_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff)
		return -EINVAL;
	return remap_vmalloc_range(vma, buffer, 0);
}

static const struct file_operations mp3_fops = {
	.owner = THIS_MODULE,
	.mmap = mp3_mmap,
};

static int register_device(void)
{
	int err = alloc_chrdev_region(&mp3_dev, 0, 1, "mp3_dev");

	if (err)
		return err;
	cdev_init(&mp3_cdev, &mp3_fops);
	mp3_cdev.owner = THIS_MODULE;
	err = cdev_add(&mp3_cdev, mp3_dev, 1);
	if (err)
		unregister_chrdev_region(mp3_dev, 1);
	return err;
}

int mp3_buffer_init(void)
{
	int err;

	buffer = vmalloc_user(BUFFER_PAGES * PAGE_SIZE);
	if (!buffer)
		return -ENOMEM;
	memset(buffer, 0xff, BUFFER_PAGES * PAGE_SIZE);
	err = register_device();
	if (err)
		vfree(buffer);
	else
		pr_info("make a node for mp3_dev: mknod node c %u 0\n", MAJOR(mp3_dev));
	return err;
}

/* Nobody has it open or mapped, nor does anybody put samples any more. */
void mp3_buffer_exit(void)
{
	cdev_del(&mp3_cdev);
	unregister_chrdev_region(mp3_dev, 1);
	vfree(buffer);
}
