/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes files that look like kernel modules, as far as libkmod and depmod(8) look. */
#ifndef USERTIME_TESTS_MODULE_H
#define USERTIME_TESTS_MODULE_H

#include <arpa/inet.h>
#include <elf.h>

#include "tree.h"

static inline void module_section(Elf64_Shdr *header, int name, int type, size_t offset,
				  size_t size)
{
	*header = (Elf64_Shdr){ .sh_name = name, .sh_type = type, .sh_offset = offset,
				.sh_size = size, .sh_addralign = 1 };
}

/* An object file whose only content is .modinfo: "key=value", each with its null byte. */
static inline void module_write(FILE *file, const char *info, size_t size)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	Elf64_Shdr sections[3] = { 0 };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(sections[0]),
		.e_shnum = 3,
		.e_shstrndx = 2,
	};
	size_t offset = sizeof(header) + sizeof(sections);

	module_section(&sections[1], 1, SHT_PROGBITS, offset, size);
	module_section(&sections[2], 10, SHT_STRTAB, offset + size, sizeof(names));
	need(fwrite(&header, sizeof(header), 1, file) == 1 &&
	     fwrite(sections, sizeof(sections), 1, file) == 1 &&
	     (!size || fwrite(info, size, 1, file) == 1) &&
	     fwrite(names, sizeof(names), 1, file) == 1);
}

/* A signature's envelope, of the kind that has its signer's name as a plain text. */
static inline void module_sign(FILE *file, const char *signer)
{
	static const char magic[] = "~Module signature appended~\n";
	struct {
		uint8_t algorithm, hash, id_type, signer_length, key_id_length, pad[3];
		uint32_t signature_length;
	} envelope = { .algorithm = 1, .hash = 4, .id_type = 1, .signer_length = strlen(signer),
		       .key_id_length = 4, .signature_length = htonl(4) };

	need(fputs(signer, file) >= 0 && fwrite("\1\2\3\4SIGN", 8, 1, file) == 1 &&
	     fwrite(&envelope, sizeof(envelope), 1, file) == 1 && fputs(magic, file) >= 0);
}

/* Puts one where DKMS does and has modprobe(8) find it. The signer may be NULL. */
static inline void module_install(const char *kernel, const char *info, size_t size,
				  const char *signer)
{
	char name[256], path[PATH_MAX], command[PATH_MAX + 64];
	FILE *file;

	snprintf(name, sizeof(name), "usr/lib/modules/%s/updates/dkms/usertime.ko", kernel);
	tree_parents(name);
	tree_path(path, name);
	file = fopen(path, "w");
	need(file);
	module_write(file, info, size);
	if (signer)
		module_sign(file, signer);
	need(!fclose(file));
	snprintf(command, sizeof(command), "/sbin/depmod -b %s %s 2>/dev/null", tree_root, kernel);
	need(!system(command));
}

#endif
