/* SPDX-License-Identifier: MIT */
#include "probe/tlslib.h"

#include "base/cleanup.h"
#include "probe/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	SYMBOLS_MAX = 1 << 22,   /* of one table */
	ACCESSOR_MAX = 24,       /* bytes of code that matter */
	TEXT_MAX = 256 << 20,    /* bytes of constants searched for a stripped libssl */
};

static const char *const function_names[SLO_TLS__FUNCTIONS] = {
	[SLO_TLS_DO_HANDSHAKE] = "SSL_do_handshake",
	[SLO_TLS_CONNECT] = "SSL_connect",
	[SLO_TLS_ACCEPT] = "SSL_accept",
	[SLO_TLS_SET_CONNECT_STATE] = "SSL_set_connect_state",
	[SLO_TLS_SET_ACCEPT_STATE] = "SSL_set_accept_state",
	[SLO_TLS_GET_ERROR] = "SSL_get_error",
	[SLO_TLS_FREE] = "SSL_free",
	[SLO_TLS_CLEAR] = "SSL_clear",
	[SLO_TLS_SET_FD] = "SSL_set_fd",
	[SLO_TLS_SET_RFD] = "SSL_set_rfd",
	[SLO_TLS_READ] = "SSL_read",
	[SLO_TLS_READ_EX] = "SSL_read_ex",
	[SLO_TLS_WRITE] = "SSL_write",
	[SLO_TLS_WRITE_EX] = "SSL_write_ex",
};

static const struct {
	const char *name;
	bool wide;
} accessors[SLO_TLS__MEMBERS] = {
	[SLO_TLS_IN_INIT] = { "SSL_in_init", false },
	[SLO_TLS_HIT] = { "SSL_session_reused", false },
	[SLO_TLS_SERVER] = { "SSL_is_server", false },
	[SLO_TLS_WANT] = { "SSL_want", false },
	[SLO_TLS_VERIFY] = { "SSL_get_verify_result", true },
};

/* --- code -------------------------------------------------------------------- */

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* [endbr64] mov OFFSET(%rdi),%eax [xor REG,REG, REG not eax]... ret */
static uint32_t accessor_x86(const uint8_t *c, size_t size, bool wide)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	const uint8_t *end = c + size;
	uint32_t offset;

	if (size < ACCESSOR_MAX)
		return 0;
	if (memcmp(c, endbr64, sizeof(endbr64)) == 0)
		c += sizeof(endbr64);
	if (wide && *c++ != 0x48)
		return 0;
	if (c[0] != 0x8b || (c[1] != 0x47 && c[1] != 0x87))
		return 0;
	offset = c[1] == 0x47 ? c[2] : le32(c + 2);
	if (c[1] == 0x47 && offset > 0x7f)
		return 0; /* negative */
	c += c[1] == 0x47 ? 3 : 6;
	while (end - c > 2 && c[0] == 0x31 && c[1] >= 0xc9 && (c[1] - 0xc0) % 9 == 0)
		c += 2; /* hardened builds clear the registers they used */
	return c < end && *c == 0xc3 && offset < 0x10000 ? offset : 0;
}

/* [bti c] ldr w0|x0, [x0, #OFFSET]; ret */
static uint32_t accessor_arm64(const uint8_t *c, size_t size, bool wide)
{
	uint32_t load = wide ? 0xf9400000 : 0xb9400000;

	if (size < ACCESSOR_MAX)
		return 0;
	if (le32(c) == 0xd503245f)
		c += 4;
	if ((le32(c) & 0xffc003ff) != load || le32(c + 4) != 0xd65f03c0)
		return 0;
	return (le32(c) >> 10 & 0xfff) * (wide ? 8 : 4);
}

uint32_t slo_tlslib_accessor(uint16_t machine, const uint8_t *code, size_t size, bool wide)
{
	if (machine == EM_X86_64)
		return accessor_x86(code, size, wide);
	return machine == EM_AARCH64 ? accessor_arm64(code, size, wide) : 0;
}

/* --- ELF --------------------------------------------------------------------- */

struct elf {
	Elf *e;
	int fd;
	GElf_Ehdr head;
	bool go, stripped;
};

static int elf_open(struct elf *f, int fd)
{
	*f = (struct elf){ .fd = fd, .stripped = true };
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOSYS;
	f->e = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (f->e && elf_kind(f->e) == ELF_K_ELF && gelf_getehdr(f->e, &f->head))
		return 0;
	elf_end(f->e);
	return -ENOEXEC;
}

/* Where in the file the code at virtual address @addr is; 0 = nowhere. */
static uint64_t file_offset(const struct elf *f, uint64_t addr)
{
	for (int i = 0; i < f->head.e_phnum; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(f->e, i, &p) || p.p_type != PT_LOAD || !(p.p_flags & PF_X))
			continue;
		if (addr >= p.p_vaddr && addr - p.p_vaddr < p.p_filesz)
			return addr - p.p_vaddr + p.p_offset;
	}
	return 0;
}

static void take_function(const struct elf *f, const char *name, uint64_t addr, struct slo_tlslib *out)
{
	uint8_t code[ACCESSOR_MAX];

	for (int i = 0; i < SLO_TLS__FUNCTIONS; i++)
		if (strcmp(name, function_names[i]) == 0)
			out->offset[i] = file_offset(f, addr);
	for (int i = 0; i < SLO_TLS__MEMBERS; i++) {
		uint64_t at;

		if (strcmp(name, accessors[i].name) != 0)
			continue;
		at = file_offset(f, addr);
		if (at && pread(f->fd, code, sizeof(code), (off_t)at) == sizeof(code))
			out->member[i] = slo_tlslib_accessor(f->head.e_machine, code, sizeof(code),
							     accessors[i].wide);
	}
}

static int take_symbols(struct elf *f, Elf_Scn *section, const GElf_Shdr *sh, struct slo_tlslib *out)
{
	Elf_Data *data = elf_getdata(section, NULL);
	uint64_t n = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;

	if (!data)
		return -ENOEXEC;
	if (n > SYMBOLS_MAX)
		return -EFBIG;
	for (uint64_t i = 0; i < n; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
		    (GELF_ST_TYPE(sym.st_info) != STT_FUNC))
			continue;
		name = elf_strptr(f->e, sh->sh_link, sym.st_name);
		if (name && strncmp(name, "SSL_", 4) == 0)
			take_function(f, name, sym.st_value, out);
	}
	return 0;
}

static int take_all(struct elf *f, struct slo_tlslib *out)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(f->e, &names))
		return -ENOEXEC;
	while ((section = elf_nextscn(f->e, section))) {
		const char *name;
		GElf_Shdr sh;
		int r;

		if (!gelf_getshdr(section, &sh))
			continue;
		name = elf_strptr(f->e, names, sh.sh_name);
		if (name && (strcmp(name, ".gopclntab") == 0 || strcmp(name, ".go.buildinfo") == 0))
			f->go = true;
		if (sh.sh_type != SHT_DYNSYM && sh.sh_type != SHT_SYMTAB)
			continue;
		f->stripped &= sh.sh_type != SHT_SYMTAB;
		r = take_symbols(f, section, &sh, out);
		if (r)
			return r;
	}
	return 0;
}

/* The library's error reports name its source files: the one trace of it in a stripped program. */
static bool mentions_libssl(const struct elf *f)
{
	static const char trace[] = "ssl/ssl_lib.c";
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(f->e, &names))
		return false;
	while ((section = elf_nextscn(f->e, section))) {
		const char *name;
		GElf_Shdr sh;
		Elf_Data *data;

		if (!gelf_getshdr(section, &sh) || sh.sh_type != SHT_PROGBITS || sh.sh_size > TEXT_MAX)
			continue;
		name = elf_strptr(f->e, names, sh.sh_name);
		if (!name || strncmp(name, ".rodata", 7) != 0)
			continue;
		data = elf_getdata(section, NULL);
		if (data && data->d_buf && memmem(data->d_buf, data->d_size, trace, sizeof(trace) - 1))
			return true;
	}
	return false;
}

int slo_tlslib_inspect(int fd, struct slo_tlslib *out)
{
	struct slo_tlslib found = { { 0 }, { 0 } };
	struct elf f;
	int r = elf_open(&f, fd);

	if (r)
		return r;
	r = take_all(&f, &found);
	if (r == 0 && f.go)
		r = -EOPNOTSUPP;
	else if (r == 0 && !found.offset[SLO_TLS_DO_HANDSHAKE])
		r = f.stripped && mentions_libssl(&f) ? -ENODATA : -ENOENT;
	elf_end(f.e);
	if (r == 0)
		*out = found;
	return r;
}

uint64_t slo_tlslib_entry(int fd)
{
	uint64_t at;
	struct elf f;

	if (elf_open(&f, fd))
		return 0;
	at = file_offset(&f, f.head.e_entry);
	elf_end(f.e);
	return at;
}

/* --- processes ----------------------------------------------------------------- */

bool slo_tlslib_parse(struct slo_str line, struct slo_tlslib_map *m)
{
	unsigned major, minor;
	char text[160], perms[5];
	size_t n = line.len < sizeof(text) ? line.len : sizeof(text) - 1;
	int path = 0;

	memcpy(text, line.p, n);
	text[n] = '\0';
	if (sscanf(text, "%" SCNx64 "-%" SCNx64 " %4s %*x %x:%x %" SCNu64 " %n", &m->start, &m->end, perms, &major,
		   &minor, &m->ino, &path) != 6 || perms[2] != 'x' || m->ino == 0 || path == 0 ||
	    (size_t)path >= line.len || line.p[path] != '/')
		return false;
	m->dev = makedev(major, minor);
	m->path = slo_str_n(line.p + path, line.len - (size_t)path);
	return true;
}

int slo_tlslib_maps(const char *proc_root, int64_t pid, struct slo_buf *room,
		    void (*each)(void *arg, const struct slo_tlslib_map *m), void *arg)
{
	struct slo_tlslib_map m, last = { 0 };
	int r = slo_procfs_read(room, "%s/%" PRId64 "/maps", proc_root, pid);
	const char *p, *end, *line_end;

	if (r && r != -EFBIG)
		return r == -ENOENT ? -ESRCH : r;
	for (p = room->data, end = p + room->len; p < end; p = line_end + 1) {
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (!line_end)
			break;
		if (!slo_tlslib_parse(slo_str_n(p, (size_t)(line_end - p)), &m) ||
		    (m.ino == last.ino && m.dev == last.dev))
			continue;
		last = m;
		each(arg, &m);
	}
	return 0;
}

/* Overlays show a device of their own, and some file systems another one in maps than in stat. */
static bool is_overlay(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

int slo_tlslib_open(const char *proc_root, int64_t pid, const struct slo_tlslib_map *m)
{
	char path[SLO_PROCFS_PATH];
	struct stat st;
	int fd, n;

	n = snprintf(path, sizeof(path), "%s/%" PRId64 "/map_files/%" PRIx64 "-%" PRIx64, proc_root, pid, m->start,
		     m->end);
	fd = n < (int)sizeof(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	if (fd >= 0)
		return fd;
	n = snprintf(path, sizeof(path), "%s/%" PRId64 "/root%.*s", proc_root, pid, SLO_STR_ARG(m->path));
	if (n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_ino != m->ino) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

int slo_tlslib_identify(int fd, struct slo_tlslib_id *out)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*out = (struct slo_tlslib_id){ .dev = is_overlay(fd) ? 0 : st.st_dev, .ino = st.st_ino,
				       .size = (uint64_t)st.st_size,
				       .mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000ULL +
						   (uint64_t)st.st_mtim.tv_nsec };
	return 0;
}
