// SPDX-License-Identifier: GPL-2.0-only
/* Run by the kernel for each thread of the system; writes a sample for each process. */
#include "tasks.h"

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} OF_KERNEL;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} OF_KERNEL;

SEC("iter/task")
int sample_all(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *thread;
	struct bpf_iter_task it;
	struct sample s;

	if (!task || task->pid != task->tgid)
		return 0;
	begin_sample(&s, task, bpf_ktime_get_ns());
	if (s.threads == 1) {
		add_thread(&s, task);
	} else {
		bpf_iter_task_new(&it, task, THREADS);
		while ((thread = bpf_iter_task_next(&it)))
			add_thread(&s, thread);
		bpf_iter_task_destroy(&it);
	}
	bpf_seq_write(ctx->meta->seq, &s, sizeof(s));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
