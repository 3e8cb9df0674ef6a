// SPDX-License-Identifier: GPL-2.0-only
/* Is there a module for the kernels: headers to build it with, DKMS that builds it, its file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "doctor.h"
#include "system.h"

/* The running one and the newest matter: the one runs now, the other after the next boot. */
static bool matters(const struct doctor *doctor, const char *kernel)
{
	return !strcmp(kernel, doctor->kernels.running) || !strcmp(kernel, doctor->kernels.newest);
}

static bool newest_is_other(const struct doctor *doctor)
{
	return strcmp(doctor->kernels.running, doctor->kernels.newest);
}

static void check_headers_of(struct doctor *doctor, const char *kernel, const char *which)
{
	if (kernel_has_headers(doctor->root, kernel))
		findings_add(&doctor->findings, OK, "headers", kernel, NULL,
			     "installed, of the %s kernel", which);
	else
		findings_add(&doctor->findings, FAIL, "headers", kernel,
			     text("apt install linux-headers-%s", kernel),
			     "missing, of the %s kernel", which);
}

void check_headers(struct doctor *doctor)
{
	check_headers_of(doctor, doctor->kernels.running, "running");
	if (newest_is_other(doctor))
		check_headers_of(doctor, doctor->kernels.newest, "newest");
}

/*
 * Before DKMS 3 --force does not install again what is installed by its books, so that goes first;
 * since then a file that is not DKMS's own stays in its place, and is only replaced by force.
 */
static char *install_command(const struct doctor *doctor, const char *kernel)
{
	const struct dkms_build *build = dkms_find(&doctor->dkms, kernel);
	const char *version = doctor->dkms.version;

	if (!version)
		return text("apt install --reinstall usertime-dkms");
	if (build && build->installed)
		return text("dkms uninstall -m usertime -v %s -k %s && "
			    "dkms install --force -m usertime -v %s -k %s",
			    version, kernel, version, kernel);
	return text("dkms install -m usertime -v %s -k %s", version, kernel);
}

static void not_installed(struct doctor *doctor, const char *kernel, const char *state)
{
	char *log = dkms_failed_log(&doctor->dkms, doctor->root, kernel);

	findings_add(&doctor->findings, matters(doctor, kernel) ? FAIL : WARN, "dkms", kernel,
		     install_command(doctor, kernel), "usertime %s is %s%s%s",
		     doctor->dkms.version, state, log ? ", the build failed: see " : "",
		     log ? log : "");
	free(log);
}

static void check_dkms_of(struct doctor *doctor, const char *kernel)
{
	const struct dkms_build *build = dkms_find(&doctor->dkms, kernel);

	if (!kernel_is_supported(kernel))
		findings_add(&doctor->findings, OK, "dkms", kernel, NULL,
			     "below the floor of Linux 5.10, not built");
	else if (!build)
		not_installed(doctor, kernel, "not built");
	else if (!build->installed)
		not_installed(doctor, kernel, "built, but not installed");
	else if (build->differs)
		findings_add(&doctor->findings, WARN, "dkms", kernel,
			     install_command(doctor, kernel),
			     "the installed file is not the one that DKMS built");
	else
		findings_add(&doctor->findings, OK, "dkms", kernel, NULL,
			     "usertime %s is installed", build->version);
}

/* The running kernel first. Those without headers have a line for that, or do not matter. */
static void check_all_kernels(struct doctor *doctor)
{
	const struct kernels *kernels = &doctor->kernels;
	size_t i;

	if (kernel_has_headers(doctor->root, kernels->running))
		check_dkms_of(doctor, kernels->running);
	for (i = 0; i < kernels->nr; i++)
		if (strcmp(kernels->list[i], kernels->running) &&
		    kernel_has_headers(doctor->root, kernels->list[i]))
			check_dkms_of(doctor, kernels->list[i]);
}

void check_dkms(struct doctor *doctor)
{
	const struct dkms *dkms = &doctor->dkms;

	if (!dkms->present)
		findings_add(&doctor->findings, FAIL, "dkms", NULL, text(INSTALL_MODULE),
			     "DKMS is not installed");
	else if (!dkms->answered)
		findings_add(&doctor->findings, WARN, "dkms", NULL, text(ASK_AS_ROOT),
			     "cannot tell as this user: 'dkms status' fails");
	else if (!dkms->version)
		findings_add(&doctor->findings, FAIL, "dkms", NULL, text(INSTALL_MODULE),
			     "DKMS does not have usertime");
	else
		check_all_kernels(doctor);

	if (dkms->present && system_exists(doctor->root, "/etc/dkms/no-autoinstall"))
		findings_add(&doctor->findings, WARN, "dkms", NULL,
			     text("rm /etc/dkms/no-autoinstall"),
			     "/etc/dkms/no-autoinstall keeps new kernels from getting the module");
}

/* Something above says why there can be none. */
static bool is_explained(const struct doctor *doctor, const char *kernel)
{
	const struct findings *findings = &doctor->findings;

	return findings_failed(findings, "headers", kernel) ||
	       findings_failed(findings, "dkms", kernel) ||
	       (findings_failed(findings, "dkms", NULL) && !doctor->dkms.version);
}

static void no_module(struct doctor *doctor, const char *kernel)
{
	if (is_explained(doctor, kernel))
		return;
	if (kernel_is_supported(kernel))
		findings_add(&doctor->findings, FAIL, "module", kernel,
			     install_command(doctor, kernel), "modprobe finds none");
	else if (!strcmp(kernel, doctor->kernels.running))
		findings_add(&doctor->findings, FAIL, "module", kernel,
			     text("apt full-upgrade && reboot"), "needs Linux 5.10 or later");
}

static void check_module_of(struct doctor *doctor, const struct modfile *file, const char *kernel)
{
	if (!file->path)
		no_module(doctor, kernel);
	else if (file->error == EACCES || file->error == EPERM)
		findings_add(&doctor->findings, WARN, "module", kernel, text(ASK_AS_ROOT),
			     "cannot tell as this user: %s is not readable", file->path);
	else if (file->error)
		findings_add(&doctor->findings, FAIL, "module", kernel,
			     install_command(doctor, kernel), "%s cannot be read: %s",
			     file->path, strerror(file->error));
	else if (!modfile_fits(file, kernel))
		findings_add(&doctor->findings, FAIL, "module", kernel,
			     install_command(doctor, kernel), "%s is for another kernel: %s",
			     file->path, file->vermagic ? file->vermagic : "none is named");
	else
		findings_add(&doctor->findings, OK, "module", kernel, NULL, "%s", file->path);
}

void check_module(struct doctor *doctor)
{
	check_module_of(doctor, &doctor->running, doctor->kernels.running);
	if (newest_is_other(doctor))
		check_module_of(doctor, &doctor->newest, doctor->kernels.newest);
}
