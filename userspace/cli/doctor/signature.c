// SPDX-License-Identifier: GPL-2.0-only
/* Does the kernel demand a signature of modules, and would it take the module's. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "doctor.h"
#include "system.h"

#define SECURE_BOOT_VARIABLE \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DKMS_KEY	"/var/lib/dkms/mok.pub"

/* Four bytes of attributes, then 1 if it is on. */
static bool secure_boot_variable(const struct doctor *doctor)
{
	unsigned char variable[5] = { 0 };
	char *path = text("%s" SECURE_BOOT_VARIABLE, doctor->root);
	FILE *file = fopen(path, "re");
	bool on = false;

	free(path);
	if (file) {
		on = fread(variable, sizeof(variable), 1, file) == 1 && variable[4] == 1;
		fclose(file);
	}
	return on;
}

static bool secure_boot(const struct doctor *doctor)
{
	char *argv[] = { (char *)"mokutil", (char *)"--sb-state", NULL };
	char *output;
	bool on;

	if (!system_exists(doctor->root, "/sys/firmware/efi"))
		return false;
	if (system_run(doctor->root, argv, &output) == 127)
		on = secure_boot_variable(doctor);
	else
		on = output && strstr(output, "SecureBoot enabled");
	free(output);
	return on;
}

static bool sig_enforce(const struct doctor *doctor)
{
	char *value = system_read(doctor->root, "/sys/module/module/parameters/sig_enforce");
	bool on = value && *value == 'Y';

	free(value);
	return on;
}

/* "none [integrity] confidentiality"; unknown where there is no such file. */
static bool locked_down(const struct doctor *doctor, bool *known)
{
	char *value = system_read(doctor->root, "/sys/kernel/security/lockdown");
	bool on = value && (strstr(value, "[integrity]") || strstr(value, "[confidentiality]"));

	*known = value;
	free(value);
	return on;
}

struct enforcement {
	bool secure_boot;
	const char *by;		/* what demands signatures; NULL: nothing does */
	const char *option;	/* of the kernel's command line, that asks for it */
};

static void find_enforcement(const struct doctor *doctor, struct enforcement *enforcement)
{
	bool known, locked = locked_down(doctor, &known), enforced = sig_enforce(doctor);

	enforcement->secure_boot = secure_boot(doctor);
	enforcement->option = enforced ? "module.sig_enforce" : "lockdown";
	enforcement->by = NULL;
	/*
	 * Secure Boot makes the kernel lock itself down. Where lockdown is known to be off, shim
	 * was told not to pass Secure Boot on (mokutil --disable-validation).
	 */
	if (enforcement->secure_boot && (enforced || locked || !known))
		enforcement->by = "Secure Boot";
	else if (enforced)
		enforcement->by = "module.sig_enforce";
	else if (locked)
		enforcement->by = "lockdown";
}

/* /proc/keys, "... asymmetri SIGNER: ID: X509.rsa ...", has those that the reader may see. */
static bool kernel_has_key(const struct doctor *doctor, const char *signer)
{
	char *keys = system_read(doctor->root, "/proc/keys"), *line, *rest;
	char *name = text(" %s: ", signer);
	bool found = false;

	for (rest = keys; !found && (line = strsep(&rest, "\n"));)
		found = strstr(line, " asymmetri ") && strstr(line, name);
	free(name);
	free(keys);
	return found;
}

enum answer { NO, YES, UNKNOWN, AFTER_REBOOT };

static enum answer key_is_enrolled(const struct doctor *doctor)
{
	char *argv[] = { (char *)"mokutil", (char *)"--test-key", (char *)DKMS_KEY, NULL };
	enum answer answer = UNKNOWN;
	char *output;

	system_run(doctor->root, argv, &output);
	/* Its exit status has changed its meaning, its words have not. */
	if (output && strstr(output, "is already enrolled"))
		answer = YES;
	else if (output && strstr(output, "is already in the enrollment request"))
		answer = AFTER_REBOOT;
	else if (output && strstr(output, "is not enrolled"))
		answer = NO;
	free(output);
	return answer;
}

static enum answer key_is_trusted(const struct doctor *doctor, bool by_secure_boot)
{
	enum answer enrolled = UNKNOWN;

	if (kernel_has_key(doctor, doctor->running.signer))
		return YES;
	if (by_secure_boot)
		enrolled = key_is_enrolled(doctor);
	/* Root sees all of the kernel's keys. */
	return enrolled == UNKNOWN && !geteuid() ? NO : enrolled;
}

static char *import_command(const struct doctor *doctor)
{
	char *argv[] = { (char *)"mokutil", (char *)"--version", NULL };
	char *output;
	bool missing = system_run(doctor->root, argv, &output) == 127;

	free(output);
	return text("%smokutil --import " DKMS_KEY " && reboot",
		    missing ? "apt install mokutil && " : "");
}

/* Without Secure Boot there is no way to have the kernel trust one more key. */
static void not_trusted(struct doctor *doctor, const struct enforcement *enforcement,
			const char *kernel)
{
	const char *signer = doctor->running.signer;
	char *option;

	if (enforcement->secure_boot) {
		findings_add(&doctor->findings, FAIL, "signature", kernel, import_command(doctor),
			     "%s demands one by a key that the kernel knows, not that of %s",
			     enforcement->by, signer);
		return;
	}
	option = system_boot_option(doctor->root, enforcement->option);
	findings_add(&doctor->findings, FAIL, "signature", kernel,
		     text("%s", option ? EDIT_BOOT_OPTIONS : "reboot"),
		     "%s demands one by a key that the kernel knows, not that of %s,"
		     " and without Secure Boot none can be enrolled%s%s%s", enforcement->by, signer,
		     option ? ": remove " : "", option ? enforcement->option : "",
		     option ? " from the kernel's command line" : "");
	free(option);
}

static void not_loaded(struct doctor *doctor, const struct enforcement *enforcement,
		       const char *kernel)
{
	const char *signer = doctor->running.signer;

	if (!signer) {
		findings_add(&doctor->findings, FAIL, "signature", kernel,
			     text("apt install openssl && dpkg-reconfigure usertime-dkms"),
			     "%s demands one, the module has none", enforcement->by);
		return;
	}
	switch (key_is_trusted(doctor, enforcement->secure_boot)) {
	case YES:
		findings_add(&doctor->findings, OK, "signature", kernel, NULL,
			     "%s demands one, the kernel knows %s's key", enforcement->by, signer);
		break;
	case NO:
		not_trusted(doctor, enforcement, kernel);
		break;
	case AFTER_REBOOT:
		findings_add(&doctor->findings, FAIL, "signature", kernel, text("reboot"),
			     "%s demands one by a key that the kernel knows: %s's will be enrolled",
			     enforcement->by, signer);
		break;
	case UNKNOWN:
		findings_add(&doctor->findings, WARN, "signature", kernel, text(ASK_AS_ROOT),
			     "%s demands one; cannot tell as this user if the kernel knows %s's key",
			     enforcement->by, signer);
	}
}

void check_signature(struct doctor *doctor)
{
	const char *kernel = doctor->kernels.running;
	const struct modfile *file = &doctor->running;
	struct enforcement enforcement;

	if (!file->path || file->error || !modfile_fits(file, kernel))
		return;
	find_enforcement(doctor, &enforcement);
	if (!enforcement.by)
		findings_add(&doctor->findings, OK, "signature", kernel, NULL,
			     "none is demanded; %s%s", file->signer ? "signed by " : "unsigned",
			     file->signer ? file->signer : "");
	else if (doctor->loaded)
		findings_add(&doctor->findings, OK, "signature", kernel, NULL,
			     "%s demands one, the kernel took %s", enforcement.by,
			     file->signer ? file->signer : "that of the loaded module");
	else
		not_loaded(doctor, &enforcement, kernel);
}
