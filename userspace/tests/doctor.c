// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime doctor, on systems that are made up of files and of programs that say what they are
 * told to. One thing at a time is broken, so all other lines have to be OK.
 */
#define _GNU_SOURCE
#include <jansson.h>

#include "cli/command.h"
#include "module.h"
#include "run.h"

#define RUNNING		"6.12.1-amd64"
#define NEWEST		"6.12.10-amd64"
#define OLD		"6.9.7-amd64"
#define ANCIENT		"5.9.0-5-amd64"
#define REINSTALL(kernel)	"dkms uninstall -m usertime -v 1.2.3 -k " kernel " && " \
				"dkms install --force -m usertime -v 1.2.3 -k " kernel
#define FILE_OF(kernel)	"/lib/modules/" kernel "/updates/dkms/usertime.ko"

#define MODULE_INFO(kernel, version, abi) \
	"vermagic=" kernel " SMP preempt mod_unload modversions \0version=" version "\0" \
	"srcversion=ABCDEF\0usertime_abi=" abi

#define HEALTHY_REST \
	"OK   signature " RUNNING ": none is demanded; unsigned\n" \
	"OK   loaded    version 1.2.3, 2 registered\n" \
	"OK   abi       version 1 of the interface, in the module and in the tools\n" \
	"OK   boot      /usr/lib/modules-load.d/usertime.conf has boots load the module\n" \
	"OK   access    /proc/urt can be used by this user\n"

#define NOT_LOADED "FAIL loaded    not loaded -> modprobe usertime"

/* doctor(WORD, ..., NULL): usertime doctor WORD... */
#define doctor(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ "doctor", __VA_ARGS__ })
#define usertime(...) \
	run_program(usertime_cli, "usertime", (const char *const[]){ __VA_ARGS__ })

static void put(const char *name, const char *text)
{
	tree_parents(name);
	tree_file(name, text);
}

static void take_away(const char *name)
{
	char path[PATH_MAX];

	tree_path(path, name);
	need(!nftw(path, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS));
}

static void set_mode(const char *name, mode_t mode)
{
	char path[PATH_MAX];

	tree_path(path, name);
	need(!chmod(path, mode));
}

/* A program that says that and ends so, whatever it is asked; it notes the words. */
static void program(const char *name, const char *says, int ends)
{
	char file[64], script[1024];

	snprintf(file, sizeof(file), "bin/%s", name);
	snprintf(script, sizeof(script), "#!/bin/sh\n"
		 "echo \"$*\" >>\"$0.asked\"\nprintf '%s'\nexit %d\n", says, ends);
	put(file, script);
	set_mode(file, 0755);
}

/* info ends with a null byte of its own. */
#define install_module(kernel, info, signer) module_install(kernel, info, sizeof(info), signer)

static void install_kernel(const char *kernel)
{
	char name[256];

	snprintf(name, sizeof(name), "boot/vmlinuz-%s", kernel);
	put(name, "");
	snprintf(name, sizeof(name), "usr/lib/modules/%s/build/include/x", kernel);
	put(name, "");
}

static void load_module(void)
{
	put("sys/module/usertime/initstate", "live\n");
	put("sys/module/usertime/refcnt", "0\n");
	put("sys/module/usertime/version", "1.2.3\n");
	put("sys/module/usertime/srcversion", "ABCDEF\n");
	put("proc/urt/stats", "abi 1\ntargets 2\nsessions 0\n");
	put("proc/urt/detail", "pid\n");
	put("proc/urt/status", "");
	set_mode("proc/urt/status", 0666);
}

static void unload_module(void)
{
	take_away("sys/module/usertime");
	take_away("proc/urt");
}

/* A system with one kernel on which there is nothing to find. */
static void healthy(void)
{
	tree_empty();
	put("proc/sys/kernel/osrelease", RUNNING "\n");
	put("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro quiet\n");
	put("proc/misc", " 58 rfkill\n");
	put("sys/module/module/parameters/sig_enforce", "N\n");
	put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put("usr/lib/modules-load.d/usertime.conf", "# a comment\nusertime\n");
	tree_link("lib", "usr/lib");
	install_kernel(RUNNING);
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), NULL);
	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: installed\\n", 0);
	load_module();
}

/* A newer kernel that is installed, not running, and all right. */
static void healthy_newest(void)
{
	healthy();
	install_kernel(NEWEST);
	install_module(NEWEST, MODULE_INFO(NEWEST, "1.2.3", "1"), NULL);
	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: installed\\n"
			"usertime/1.2.3, " NEWEST ", x86_64: installed\\n", 0);
}

/* It has that whole line. */
static bool has_line(const char *line)
{
	const char *at;

	for (at = out; (at = strstr(at, line)); at++)
		if ((at == out || at[-1] == '\n') && at[strlen(line)] == '\n')
			return true;
	return false;
}

/* Lines that are not OK. */
static int complaints(void)
{
	const char *line;
	int n = 0;

	for (line = out; *line; line = strchr(line, '\n') + 1)
		n += strncmp(line, "OK   ", 5) != 0;
	return n;
}

/* The only line that is not OK is that one, and the exit status is as it has to be then. */
static void only(const char *line, const char *name)
{
	int want = !strncmp(line, "FAIL", 4);

	doctor(NULL);
	if (!ok(status == want && !*err && has_line(line) && complaints() == 1, "%s", name))
		printf("# status %d, err: %s, want: %s\n# out:\n%s", status, err, line, out);
}

/* All is OK, and there is that line. */
static void fine(const char *line, const char *name)
{
	doctor(NULL);
	if (!ok(!status && !*err && has_line(line) && !complaints(), "%s", name))
		printf("# status %d, err: %s, want: %s\n# out:\n%s", status, err, line, out);
}

static bool has_check(const char *check)
{
	char word[32];

	snprintf(word, sizeof(word), " %-9s ", check);
	return strstr(out, word);
}

static void test_healthy(void)
{
	char asked[256];

	healthy();
	doctor(NULL);
	ok(!status && !*err, "a healthy system has status 0");
	is_text(out,
		"OK   headers   " RUNNING ": installed, of the running kernel\n"
		"OK   dkms      " RUNNING ": usertime 1.2.3 is installed\n"
		"OK   module    " RUNNING ": " FILE_OF(RUNNING) "\n"
		HEALTHY_REST, "all checks are OK, in order");
	slurp("bin/dkms.asked", asked, sizeof(asked));
	is_text(asked, "status -m usertime\n", "DKMS is asked once");

	healthy_newest();
	doctor(NULL);
	ok(!status && !*err, "so has one with a newer kernel");
	is_text(out,
		"OK   headers   " RUNNING ": installed, of the running kernel\n"
		"OK   headers   " NEWEST ": installed, of the newest kernel\n"
		"OK   dkms      " RUNNING ": usertime 1.2.3 is installed\n"
		"OK   dkms      " NEWEST ": usertime 1.2.3 is installed\n"
		"OK   module    " RUNNING ": " FILE_OF(RUNNING) "\n"
		"OK   module    " NEWEST ": " FILE_OF(NEWEST) "\n"
		HEALTHY_REST, "which has lines of its own");
}

static void test_headers(void)
{
	healthy();
	take_away("usr/lib/modules/" RUNNING "/build");
	only("FAIL headers   " RUNNING ": missing, of the running kernel"
	     " -> apt install linux-headers-" RUNNING, "no headers of the running kernel");
	tree_link("usr/lib/modules/" RUNNING "/build", "../nowhere");
	only("FAIL headers   " RUNNING ": missing, of the running kernel"
	     " -> apt install linux-headers-" RUNNING, "a link to headers that are gone");
	take_away("usr/lib/modules/" RUNNING "/updates");
	unload_module();
	tree_unlink("usr/lib/modules/" RUNNING "/modules.dep.bin");
	program("dkms", "usertime/1.2.3: added\\n", 0);
	only("FAIL headers   " RUNNING ": missing, of the running kernel"
	     " -> apt install linux-headers-" RUNNING, "what follows from that is not said");

	healthy();
	put("boot/vmlinuz-" NEWEST, "");
	put("usr/lib/modules/" NEWEST "/modules.dep", "");
	only("FAIL headers   " NEWEST ": missing, of the newest kernel"
	     " -> apt install linux-headers-" NEWEST, "no headers of the newest kernel");
	tree_unlink("boot/vmlinuz-" NEWEST);
	doctor(NULL);
	ok(!status && !strstr(out, NEWEST), "modules without a kernel are none");
	put("usr/lib/modules/" NEWEST "/vmlinuz", "");
	only("FAIL headers   " NEWEST ": missing, of the newest kernel"
	     " -> apt install linux-headers-" NEWEST, "the image may lie with the modules");

	healthy();
	put("boot/vmlinuz-" OLD, "");
	put("usr/lib/modules/" OLD "/modules.dep", "");
	doctor(NULL);
	ok(!status && !strstr(out, OLD), "an old kernel needs no headers");
}

static void test_dkms(void)
{
	healthy();
	program("dkms", "usertime, 1.2.3, " RUNNING ", x86_64: installed\\n", 0);
	fine("OK   dkms      " RUNNING ": usertime 1.2.3 is installed", "the form of dkms 2.8");
	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: installed"
			" (original_module exists)\\n", 0);
	fine("OK   dkms      " RUNNING ": usertime 1.2.3 is installed", "with a note");
	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: installed"
			" (WARNING! Diff between built and installed module!)\\n", 0);
	only("WARN dkms      " RUNNING ": the installed file is not the one that DKMS built"
	     " -> " REINSTALL(RUNNING), "another file");
	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: built\\n"
			"usertime/1.2.4, " RUNNING ", x86_64: installed\\n", 0);
	fine("OK   dkms      " RUNNING ": usertime 1.2.4 is installed", "of two versions one");

	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: built\\n", 0);
	only("FAIL dkms      " RUNNING ": usertime 1.2.3 is built, but not installed"
	     " -> dkms install -m usertime -v 1.2.3 -k " RUNNING, "only built");
	program("dkms", "usertime, 1.2.3, " RUNNING ", x86_64: built\\n", 0);
	only("FAIL dkms      " RUNNING ": usertime 1.2.3 is built, but not installed"
	     " -> dkms install -m usertime -v 1.2.3 -k " RUNNING, "only built, says dkms 2.8");

	program("dkms", "usertime_other/9, " RUNNING ", x86_64: installed\\n"
			"usertime/0.9.0: added\\nusertime/0.10.0: added\\nusertime: broken\\n", 0);
	only("FAIL dkms      " RUNNING ": usertime 0.10.0 is not built"
	     " -> dkms install -m usertime -v 0.10.0 -k " RUNNING, "not built");
	unload_module();
	take_away("usr/lib/modules/" RUNNING "/updates");
	tree_unlink("usr/lib/modules/" RUNNING "/modules.dep.bin");
	program("dkms", "usertime, 1.2.3: added\\n", 0);
	only("FAIL dkms      " RUNNING ": usertime 1.2.3 is not built"
	     " -> dkms install -m usertime -v 1.2.3 -k " RUNNING, "what follows is not said");
	put("var/lib/dkms/usertime/1.2.3/build/make.log",
	    "DKMS make.log for usertime-1.2.3 for kernel " RUNNING " (x86_64)\nerror\n");
	only("FAIL dkms      " RUNNING ": usertime 1.2.3 is not built, the build failed:"
	     " see /var/lib/dkms/usertime/1.2.3/build/make.log"
	     " -> dkms install -m usertime -v 1.2.3 -k " RUNNING, "a failed build has its log");
	put("var/lib/dkms/usertime/1.2.3/build/make.log",
	    "DKMS make.log for usertime-1.2.3 for kernel " NEWEST " (x86_64)\n"
	    "for kernel " RUNNING " (x86_64)\n");
	only("FAIL dkms      " RUNNING ": usertime 1.2.3 is not built"
	     " -> dkms install -m usertime -v 1.2.3 -k " RUNNING, "another kernel's log is none");
}

static void test_dkms_missing(void)
{
	static const char missing[] = "FAIL dkms      DKMS does not have usertime"
				      " -> apt install usertime-dkms";

	healthy();
	program("dkms", "", 0);
	only(missing, "DKMS knows nothing");
	program("dkms", "other/1.2.3, " RUNNING ", x86_64: installed\\n", 0);
	only(missing, "DKMS knows others");
	put("usr/src/usertime-1.2.3/dkms.conf", "");
	only("FAIL dkms      " RUNNING ": usertime 1.2.3 is not built"
	     " -> dkms install -m usertime -v 1.2.3 -k " RUNNING, "the sources are there");

	healthy();
	take_away("bin/dkms");
	only("FAIL dkms      DKMS is not installed -> apt install usertime-dkms", "no DKMS");
	unload_module();
	take_away("usr/lib/modules/" RUNNING "/updates");
	tree_unlink("usr/lib/modules/" RUNNING "/modules.dep.bin");
	take_away("usr/lib/modules-load.d");
	only("FAIL dkms      DKMS is not installed -> apt install usertime-dkms",
	     "what follows from that is not said");

	healthy();
	program("dkms", "", 1);
	prepare = unprivileged;
	only("WARN dkms      cannot tell as this user: 'dkms status' fails"
	     " -> sudo usertime doctor", "a user who may not ask DKMS");

	healthy();
	put("etc/dkms/no-autoinstall", "");
	only("WARN dkms      /etc/dkms/no-autoinstall keeps new kernels from getting the module"
	     " -> rm /etc/dkms/no-autoinstall", "no-autoinstall");
}

static void test_dkms_kernels(void)
{
	healthy_newest();
	install_kernel(OLD);
	only("WARN dkms      " OLD ": usertime 1.2.3 is not built"
	     " -> dkms install -m usertime -v 1.2.3 -k " OLD, "an old kernel is only a warning");
	take_away("boot/vmlinuz-" OLD);
	install_kernel(ANCIENT);
	fine("OK   dkms      " ANCIENT ": below the floor of Linux 5.10, not built",
	     "one that is too old is OK");

	healthy_newest();
	program("dkms", "usertime/1.2.3, " RUNNING ", x86_64: installed\\n", 0);
	only("FAIL dkms      " NEWEST ": usertime 1.2.3 is not built"
	     " -> dkms install -m usertime -v 1.2.3 -k " NEWEST, "the newest one fails");
}

static void test_module(void)
{
	healthy();
	take_away("usr/lib/modules/" RUNNING "/updates");
	only("FAIL module    " RUNNING ": " FILE_OF(RUNNING) " cannot be read:"
	     " No such file or directory"
	     " -> " REINSTALL(RUNNING), "the file is gone");
	tree_unlink("usr/lib/modules/" RUNNING "/modules.dep.bin");
	only("FAIL module    " RUNNING ": modprobe finds none"
	     " -> " REINSTALL(RUNNING), "modprobe finds none");
	unload_module();
	only("FAIL module    " RUNNING ": modprobe finds none"
	     " -> " REINSTALL(RUNNING),
	     "that it is not loaded then is not said");

	healthy();
	install_module(RUNNING, MODULE_INFO(NEWEST, "1.2.3", "1"), NULL);
	only("FAIL module    " RUNNING ": " FILE_OF(RUNNING) " is for another kernel:"
	     " " NEWEST " SMP preempt mod_unload modversions "
	     " -> " REINSTALL(RUNNING), "another kernel's");
	ok(!has_check("signature"), "its signature does not matter then");
	install_module(RUNNING, MODULE_INFO(RUNNING "1", "1.2.3", "1"), NULL);
	doctor(NULL);
	ok(status == 1 && strstr(out, " is for another kernel: " RUNNING "1 SMP"),
	   "of one whose name is longer");
	install_module(RUNNING, "version=1.2.3", NULL);
	doctor(NULL);
	ok(status == 1 && strstr(out, " is for another kernel: none is named"), "of none");
	put("usr" FILE_OF(RUNNING), "this is no module");
	doctor(NULL);
	ok(status == 1 && strstr(out, FILE_OF(RUNNING) " cannot be read: "), "no module at all");

	healthy_newest();
	install_module(NEWEST, MODULE_INFO(RUNNING, "1.2.3", "1"), NULL);
	only("FAIL module    " NEWEST ": " FILE_OF(NEWEST) " is for another kernel:"
	     " " RUNNING " SMP preempt mod_unload modversions "
	     " -> " REINSTALL(NEWEST), "the newest kernel's");
}

static void test_compressed(void)
{
	char command[2 * PATH_MAX];

	healthy();
	snprintf(command, sizeof(command), "PATH=/usr/bin:/bin xz %s/usr" FILE_OF(RUNNING)
		 " && /sbin/depmod -b %s " RUNNING " 2>/dev/null", tree_root, tree_root);
	need(!system(command));
	fine("OK   module    " RUNNING ": " FILE_OF(RUNNING) ".xz", "a compressed module");
}

static void test_unreadable(void)
{
	healthy();
	set_mode("usr" FILE_OF(RUNNING), 0);
	prepare = unprivileged;
	doctor(NULL);
	ok(has_line("WARN module    " RUNNING ": cannot tell as this user: " FILE_OF(RUNNING)
		    " is not readable -> sudo usertime doctor"), "a module that may not be read");
}

#define KEY "2b0d5f5d I------     1 perm 1f030000     0     0 "

static void enforce(void)
{
	put("sys/module/module/parameters/sig_enforce", "Y\n");
}

static void secure_boot(void)
{
	put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	put("sys/firmware/efi/x", "");
	program("mokutil", "SecureBoot enabled\\n", 0);
}

static void test_signature(void)
{
	healthy();
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), "DKMS");
	fine("OK   signature " RUNNING ": none is demanded; signed by DKMS", "signed, no need");

	healthy();
	enforce();
	fine("OK   signature " RUNNING ": module.sig_enforce demands one,"
	     " the kernel took that of the loaded module", "loaded all the same");
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), "DKMS");
	fine("OK   signature " RUNNING ": module.sig_enforce demands one, the kernel took DKMS",
	     "signed and loaded");

	healthy();
	unload_module();
	enforce();
	only("FAIL signature " RUNNING ": module.sig_enforce demands one, the module has none"
	     " -> apt install openssl && dpkg-reconfigure usertime-dkms", "unsigned");

	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), "DKMS");
	put("proc/keys", KEY "asymmetri Other: 12: X509.rsa 12 []\n" KEY "keyring   DKMS: 12\n");
	put("proc/cmdline", "ro module.sig_enforce=1\n");
	if (getuid()) {
		doctor(NULL);
		ok(!!strstr(out, ": module.sig_enforce demands one; cannot tell as this user"),
		   "a user does not see the kernel's keys");
	} else {
		only("FAIL signature " RUNNING ": module.sig_enforce demands one by a key that the"
		     " kernel knows, not that of DKMS, and without Secure Boot none can be"
		     " enrolled: remove module.sig_enforce from the kernel's command line"
		     " -> editor /etc/default/grub && update-grub && reboot", "an unknown key");
		put("proc/cmdline", "ro\n");
		only("FAIL signature " RUNNING ": module.sig_enforce demands one by a key that the"
		     " kernel knows, not that of DKMS, and without Secure Boot none can be"
		     " enrolled -> reboot", "demanded since the boot only");
	}
	put("proc/keys", KEY "asymmetri DKMS: 12: X509.rsa 12 []\n");
	only(NOT_LOADED, "a known key only has to be used");
	ok(has_line("OK   signature " RUNNING
		    ": module.sig_enforce demands one, the kernel knows DKMS's key"),
	   "that it is known is said");
}

static void test_lockdown(void)
{
	healthy();
	unload_module();
	put("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	only("FAIL signature " RUNNING ": lockdown demands one, the module has none"
	     " -> apt install openssl && dpkg-reconfigure usertime-dkms", "lockdown");
	put("proc/cmdline", "lockdown=confidentiality\n");
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), "K");
	put("proc/keys", "");
	if (!getuid())
		only("FAIL signature " RUNNING ": lockdown demands one by a key that the kernel"
		     " knows, not that of K, and without Secure Boot none can be enrolled: remove lockdown"
		     " from the kernel's command line"
		     " -> editor /etc/default/grub && update-grub && reboot", "and an unknown key");
}

static void test_secure_boot(void)
{
	static const char unsigned_line[] =
		"FAIL signature " RUNNING ": Secure Boot demands one, the module has none"
		" -> apt install openssl && dpkg-reconfigure usertime-dkms";

	healthy();
	unload_module();
	secure_boot();
	only(unsigned_line, "Secure Boot, says mokutil");
	put("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	only(NOT_LOADED, "shim was told to ignore it");
	take_away("sys/kernel/security/lockdown");
	only(unsigned_line, "it counts where lockdown is unknown");
	program("mokutil", "SecureBoot disabled\\n", 0);
	only(NOT_LOADED, "it is off, says mokutil");
	take_away("bin/mokutil");
	tree_parents("sys/firmware/efi/efivars/x");
	tree_bytes("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		   "\6\0\0\0\1", 5);
	only(unsigned_line, "Secure Boot, says the variable");
	tree_bytes("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		   "\6\0\0\0\0", 5);
	only(NOT_LOADED, "it is off, says the variable");
}

static void test_enrolment(void)
{
	healthy();
	unload_module();
	secure_boot();
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), "DKMS");
	program("mokutil", "SecureBoot enabled\\n/var/lib/dkms/mok.pub is not enrolled\\n", 0);
	only("FAIL signature " RUNNING ": Secure Boot demands one by a key that the kernel knows,"
	     " not that of DKMS"
	     " -> mokutil --import /var/lib/dkms/mok.pub && reboot", "a key that is not enrolled");
	program("mokutil", "SecureBoot enabled\\n"
			   "/var/lib/dkms/mok.pub is already in the enrollment request\\n", 1);
	only("FAIL signature " RUNNING ": Secure Boot demands one by a key that the kernel knows:"
	     " DKMS's will be enrolled -> reboot", "a key that is about to be enrolled");
	/* The exit status that it has then. */
	program("mokutil", "SecureBoot enabled\\n/var/lib/dkms/mok.pub is already enrolled\\n", 1);
	only(NOT_LOADED, "an enrolled one only has to be used");

	take_away("bin/mokutil");
	tree_parents("sys/firmware/efi/efivars/x");
	tree_bytes("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		   "\6\0\0\0\1", 5);
	prepare = unprivileged;
	doctor(NULL);
	ok(status == 1 && complaints() == 2 &&
	   has_line("WARN signature " RUNNING ": Secure Boot demands one; cannot tell as this user"
		    " if the kernel knows DKMS's key -> sudo usertime doctor") &&
	   has_line(NOT_LOADED), "a user cannot tell");
}

static void test_loaded(void)
{
	healthy();
	unload_module();
	only(NOT_LOADED, "not loaded");
	ok(!has_check("abi") && !has_check("access"), "what follows from that is not said");
	put("sys/module/usertime/parameters/period_ms", "5000\n");
	only(NOT_LOADED, "parameters alone are no module");
	put("etc/modprobe.d/x.conf", "install usertime /bin/false\n");
	only("FAIL loaded    not loaded: an install command in modprobe.d replaces it"
	     " -> modprobe --ignore-install usertime", "replaced");
	put("proc/cmdline", "module_blacklist=pcspkr,usertime ro\n");
	only("FAIL loaded    not loaded: the kernel's command line forbids it, remove"
	     " module_blacklist=usertime -> editor /etc/default/grub && update-grub && reboot",
	     "forbidden");
	tree_unlink("etc/modprobe.d/x.conf");
	put("proc/cmdline", "module_blacklist=pcspkr module_blacklists=usertime\n");
	only(NOT_LOADED, "others are forbidden");

	healthy();
	take_away("sys/module/usertime/initstate");
	fine("OK   loaded    version 1.2.3, 2 registered", "one sign is enough");
}

static void test_versions(void)
{
	healthy();
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.3.0", "1"), NULL);
	only("WARN loaded    version 1.2.3 is loaded, 1.3.0 is installed, 2 registered -> reboot",
	     "another version, in use");
	put("proc/urt/stats", "abi 1\ntargets 0\n");
	only("WARN loaded    version 1.2.3 is loaded, 1.3.0 is installed, 0 registered"
	     " -> modprobe -r usertime && modprobe usertime", "another version, idle");
	put("sys/module/usertime/refcnt", "1\n");
	only("WARN loaded    version 1.2.3 is loaded, 1.3.0 is installed, 0 registered -> reboot",
	     "another version, referenced");

	healthy();
	put("sys/module/usertime/srcversion", "123456\n");
	only("WARN loaded    another build of version 1.2.3 is loaded than installed, 2 registered"
	     " -> reboot", "another build");
}

static void test_abi(void)
{
	healthy();
	put("proc/urt/stats", "abi 2\ntargets 0\n");
	only("FAIL abi       version 2 of the interface is loaded, 1 is installed"
	     " -> modprobe -r usertime && modprobe usertime",
	     "another loaded one, idle");
	put("proc/urt/stats", "targets 3\n");
	only("FAIL abi       version 0 of the interface is loaded, 1 is installed"
	     " -> reboot", "one that does not tell, in use");

	healthy();
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "2"), NULL);
	put("proc/urt/stats", "abi 2\ntargets 0\n");
	only("FAIL abi       the installed module has version 2 of the interface, the tools have 1"
	     " -> apt install --only-upgrade usertime-tools", "the tools are old");
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "0"), NULL);
	only("FAIL abi       the installed module has version 0 of the interface, the tools have 1"
	     " -> apt install --only-upgrade usertime-dkms", "the module is old");
}

static void test_boot(void)
{
	static const char listed[] = "OK   boot      %s has boots load the module";
	static const char *const others[] = { "/etc/modules-load.d/modules.conf",
					      "/run/modules-load.d/x.conf",
					      "/usr/local/lib/modules-load.d/usertime.conf" };
	char line[128];
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		healthy();
		take_away("usr/lib/modules-load.d/usertime.conf");
		put(others[i] + 1, "other\nusertime\n");
		snprintf(line, sizeof(line), listed, others[i]);
		fine(line, others[i]);
	}

	healthy();
	tree_parents("etc/modules-load.d/x");
	tree_link("etc/modules-load.d/usertime.conf", "/dev/null");
	only("WARN boot      /etc/modules-load.d/usertime.conf keeps boots from loading the module"
	     " -> rm /etc/modules-load.d/usertime.conf", "masked");
	tree_unlink("etc/modules-load.d/usertime.conf");
	put("run/modules-load.d/usertime.conf", "# usertime\n;usertime\nusertime_mp\nusertime x\n");
	only("WARN boot      /run/modules-load.d/usertime.conf keeps boots from loading the module"
	     " -> rm /run/modules-load.d/usertime.conf", "hidden by one without it");
	put("etc/modules-load.d/another.conf", "  usertime\n");
	fine("OK   boot      /etc/modules-load.d/another.conf has boots load the module",
	     "another one has it");

	healthy();
	take_away("usr/lib/modules-load.d/usertime.conf");
	put("usr/lib/modules-load.d/usertime.conf.bak", "usertime\n");
	only("WARN boot      no file in modules-load.d has boots load the module"
	     " -> apt install --reinstall usertime-dkms", "missing");
}

static void test_blacklist(void)
{
	static const char blacklisted[] =
		"WARN boot      /etc/modprobe.d/no.conf keeps boots from loading the module (blacklist)"
		" -> sed -Ei '/^[[:blank:]]*blacklist[[:blank:]]+usertime([[:blank:]]|$)/d'"
		" /etc/modprobe.d/no.conf";

	healthy();
	put("etc/modprobe.d/no.conf", "blacklist pcspkr\n blacklist\tusertime\n");
	only(blacklisted, "blacklisted");
	unload_module();
	doctor(NULL);
	ok(status == 1 && has_line(blacklisted) && complaints() == 2 &&
	   has_line("FAIL loaded    not loaded: blacklisted in modprobe.d -> modprobe usertime"),
	   "blacklisted and not loaded");
	put("etc/modprobe.d/no.conf", "#blacklist usertime\nblacklist usertimer\n");
	only(NOT_LOADED, "others are");
}

static void test_access(void)
{
	healthy();
	prepare = unprivileged;
	fine("OK   access    /proc/urt can be used by this user", "a user may");
	set_mode("proc/urt/status", 0400);
	prepare = unprivileged;
	only("FAIL access    /proc/urt/status cannot be opened for reading and writing:"
	     " Permission denied -> chmod 0666 /proc/urt/status", "a user may not");
	set_mode("proc/urt/status", 0666);
	set_mode("proc/urt/detail", 0);
	prepare = unprivileged;
	only("FAIL access    /proc/urt/detail cannot be opened for reading:"
	     " Permission denied -> chmod 0444 /proc/urt/detail", "a user may not read all");

	healthy();
	tree_unlink("proc/urt/status");
	only("FAIL access    /proc/urt/status cannot be opened for reading and writing:"
	     " No such file or directory -> modprobe -r usertime && modprobe usertime", "no file");
}

static void test_device(void)
{
	healthy();
	put("proc/misc", " 58 rfkill\n200 urt\n 10 myurt\n");
	only("FAIL access    /dev/urt cannot be opened for reading and writing:"
	     " No such file or directory -> udevadm trigger --sysname-match=urt", "no device node");
	put("dev/urt", "");
	fine("OK   access    /proc/urt and /dev/urt can be used by this user", "a device node");
	set_mode("dev/urt", 0400);
	prepare = unprivileged;
	only("FAIL access    /dev/urt cannot be opened for reading and writing:"
	     " Permission denied -> chmod 0666 /dev/urt", "a device that may not be opened");
	put("proc/misc", " 58 rfkill\n 10 myurt\nx\n");
	prepare = unprivileged;
	fine("OK   access    /proc/urt can be used by this user", "another device");
}

static void test_container(void)
{
	static const char container[] =
		"WARN module    this is a container and the module belongs to its host: look there"
		" -> usertime doctor";

	healthy();
	take_away("usr");
	take_away("bin/dkms");
	put("run/systemd/container", "lxc\n");
	only(container, "a container needs no module of its own");
	ok(!has_check("headers") && !has_check("dkms") && !has_check("boot") &&
	   has_line("OK   access    /proc/urt can be used by this user"), "but access to it");
	take_away("run");
	tree_parents("proc/1/environ");
	tree_bytes("proc/1/environ", "container=lxc\0HOME=/", 20);
	only(container, "a container, says its first process");
	unload_module();
	doctor(NULL);
	ok(status == 1 && complaints() == 2 && has_line(container) &&
	   has_line("FAIL loaded    the module is not loaded, which the container's host has to do"
		    " -> modprobe usertime"), "whose host has no module");
}

/* The finding of that check as JSON; or NULL. */
static json_t *json_check(json_t *all, const char *check)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(all, "checks"), i, entry)
		if (!strcmp(json_string_value(json_object_get(entry, "check")) ?: "", check))
			return entry;
	return NULL;
}

static bool has_string(json_t *object, const char *key, const char *want)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string && !strcmp(string, want);
}

static json_t *parse(void)
{
	json_error_t error;
	json_t *all = json_loads(out, JSON_REJECT_DUPLICATES, &error);

	if (!ok(!!all, "it is JSON"))
		printf("# line %d: %s\n# %s\n", error.line, error.text, out);
	return all;
}

static void test_json(void)
{
	json_t *all, *check;

	healthy();
	doctor("--json", NULL);
	ok(!status && !*err, "--json");
	all = parse();
	ok(has_string(all, "version", USERTIME_VERSION) && has_string(all, "kernel", RUNNING) &&
	   has_string(all, "status", "ok"), "what it is about");
	ok(json_array_size(json_object_get(all, "checks")) == 8, "all checks");
	check = json_check(all, "dkms");
	ok(has_string(check, "status", "ok") && has_string(check, "kernel", RUNNING) &&
	   has_string(check, "finding", "usertime 1.2.3 is installed") &&
	   json_is_null(json_object_get(check, "command")), "a check of a kernel");
	ok(!json_object_get(json_check(all, "loaded"), "kernel"), "a check of no kernel");
	json_decref(all);

	unload_module();
	doctor("-j", NULL);
	ok(status == 1 && !*err, "-j has the same exit status");
	all = parse();
	check = json_check(all, "loaded");
	ok(has_string(all, "status", "fail") && has_string(check, "status", "fail") &&
	   has_string(check, "command", "modprobe usertime"), "a failure and its command");
	json_decref(all);

	healthy();
	put("etc/dkms/no-autoinstall", "");
	doctor("--format", "json", NULL);
	all = parse();
	ok(!status && has_string(all, "status", "warn"), "--format json, a warning");
	json_decref(all);
}

static void test_bytes(void)
{
	json_t *all;

	healthy();
	install_module(RUNNING, MODULE_INFO(RUNNING, "1.2.3", "1"), "a\xff\xc3\xa4\x1b[7m\\\xc3");
	fine("OK   signature " RUNNING ": none is demanded; signed by"
	     " a\\377\\303\\244\\033[7m\\134\\303",
	     "a terminal gets no bytes that could harm it");
	doctor("-j", NULL);
	ok(!status, "they do not make JSON fail");
	all = parse();
	ok(has_string(json_check(all, "signature"), "finding",
		      "none is demanded; signed by a\xef\xbf\xbd\xc3\xa4\x1b[7m\\\xef\xbf\xbd"),
	   "what is UTF-8 stays");
	json_decref(all);
}

/* Its status, and that its only message begins so. */
static void fails(int want, const char *message, const char *name)
{
	if (!ok(status == want && !strncmp(err, message, strlen(message)) && !*out, "%s", name))
		printf("# status %d, out: %s, err: %s\n", status, out, err);
}

static void test_usage(void)
{
	static char help[sizeof(out)];

	healthy();
	usertime(NULL);
	fails(2, "usertime: no command given\n", "no command");
	usertime("frobnicate", NULL);
	fails(2, "usertime: frobnicate: no such command\n", "an unknown command");
	usertime("--frobnicate", "doctor", NULL);
	ok(status == 2 && strstr(err, "--frobnicate"), "an unknown option");
	doctor("--frobnicate", NULL);
	ok(status == 2 && strstr(err, "usertime doctor: ") && strstr(err, "--frobnicate"),
	   "an unknown option of doctor");
	doctor("--format", "xml", NULL);
	fails(2, "usertime doctor: xml: no such format: table or json\n", "an unknown format");
	doctor("word", NULL);
	ok(status == 2 && !*out, "an argument that doctor does not take");
	usertime("help", "frobnicate", NULL);
	fails(2, "usertime help: frobnicate: no such command\n", "help for an unknown command");

	usertime("--version", NULL);
	is_text(out, "usertime " USERTIME_VERSION "\n", "--version");
	usertime("-V", NULL);
	ok(!status && *USERTIME_VERSION && strstr(out, USERTIME_VERSION), "-V");
	usertime("--help", NULL);
	ok(!status && !*err && strstr(out, "Usage: usertime ") && strstr(out, "\n  doctor "),
	   "--help lists the commands");
	memcpy(help, out, sizeof(help));
	usertime("-h", NULL);
	is_text(out, help, "-h is --help");
	usertime("help", NULL);
	ok(!status, "help succeeds");
	is_text(out, help, "help is --help");
	usertime("--usage", NULL);
	ok(!status && strstr(out, "Usage: usertime "), "--usage");
	doctor("--help", NULL);
	ok(!status && strstr(out, "Usage: usertime doctor ") && strstr(out, "--json"),
	   "doctor --help");
	memcpy(help, out, sizeof(help));
	doctor("-h", NULL);
	is_text(out, help, "doctor -h is the same");
	usertime("help", "doctor", NULL);
	is_text(out, help, "help doctor is the same");
}

static void test_output(void)
{
	healthy();
	prepare = full_disk;
	doctor(NULL);
	ok(status == 1, "a full disk is a failure");
	is_text(err, "usertime: cannot write the output: No space left on device\n", "it is said");
	prepare = full_disk;
	doctor("-j", NULL);
	ok(status == 1 && *err, "for JSON, too");
	prepare = full_disk;
	usertime("help", NULL);
	ok(status == 1 && *err, "for help, too");
	take_away("proc/sys");
	doctor(NULL);
	fails(1, "usertime doctor: cannot tell which kernel runs: No such file", "no /proc");
}

int main(void)
{
	char path[PATH_MAX];

	tree_make();
	tree_path(path, "bin");
	need(!setenv("PATH", path, 1));
	test_healthy();
	test_headers();
	test_dkms();
	test_dkms_missing();
	test_dkms_kernels();
	test_module();
	test_compressed();
	test_unreadable();
	test_signature();
	test_lockdown();
	test_secure_boot();
	test_enrolment();
	test_loaded();
	test_versions();
	test_abi();
	test_boot();
	test_blacklist();
	test_access();
	test_device();
	test_container();
	test_json();
	test_bytes();
	test_usage();
	test_output();
	return tap_done();
}
