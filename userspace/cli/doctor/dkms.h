/* SPDX-License-Identifier: GPL-2.0-only */
/* What DKMS says about the module. */
#ifndef USERTIME_DKMS_H
#define USERTIME_DKMS_H

#include <stdbool.h>
#include <stddef.h>

struct dkms_build {
	char *version;		/* of the module */
	char *kernel;
	bool installed;		/* otherwise only built */
	bool differs;		/* the installed file is not the one that was built */
};

struct dkms {
	bool present;		/* there is DKMS */
	bool answered;		/* and it could be asked */
	char *version;		/* the newest of the module that it has or could have; or NULL */
	struct dkms_build *builds;
	size_t nr;
};

void dkms_ask(struct dkms *dkms, const char *root);
void dkms_free(struct dkms *dkms);

/* The build for a kernel, an installed one if there is; or NULL. */
const struct dkms_build *dkms_find(const struct dkms *dkms, const char *kernel);

/* The log of a build for that kernel that failed, to be freed; or NULL. */
char *dkms_failed_log(const struct dkms *dkms, const char *root, const char *kernel);

#endif
