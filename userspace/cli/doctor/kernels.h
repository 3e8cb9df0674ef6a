/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels that are installed. */
#ifndef USERTIME_KERNELS_H
#define USERTIME_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

struct kernels {
	char **list;		/* newest first; the running one may not be among them */
	size_t nr;
	char *running;
	const char *newest;	/* installed; the running one if none is */
};

/* false, with errno: cannot tell which one runs. */
bool kernels_find(struct kernels *kernels, const char *root);
void kernels_free(struct kernels *kernels);

bool kernel_has_headers(const char *root, const char *kernel);

/* As dkms.conf has it: Linux 5.10 and all that came after it. */
bool kernel_is_supported(const char *kernel);

#endif
