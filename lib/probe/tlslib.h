/* SPDX-License-Identifier: MIT */
/*
 * Where libssl is: which files a process has code of, and what uprobes need to
 * know about such a file. A libssl is whatever defines SSL_do_handshake:
 * OpenSSL or BoringSSL, a library of its own, a part of another one, or linked
 * into a program; found in the dynamic or the full symbol table.
 */
#ifndef SLO_PROBE_TLSLIB_H
#define SLO_PROBE_TLSLIB_H

#include "base/buf.h"
#include "bpf/tls.h"

#include <stdbool.h>

/* What one file has. */
struct slo_tlslib {
	uint64_t offset[SLO_TLS__FUNCTIONS]; /* of each function's first instruction in the file; 0 = not there */
	uint32_t member[SLO_TLS__MEMBERS];   /* of struct slo_tls_image; 0 = not known */
};

/**
 * slo_tlslib_inspect - what uprobes need to know about the file open at @fd
 *
 * Return: 0 with @out filled; -ENOENT when no libssl is in it; -ENODATA when
 * one is but its symbols are not (stripped, linked statically); -EOPNOTSUPP
 * for a Go program (return probes would break its moving stacks); -ENOEXEC when
 * it is no ELF file; -EFBIG when it is too large to be looked through.
 */
int slo_tlslib_inspect(int fd, struct slo_tlslib *out);

/** slo_tlslib_entry - file offset of the entry point of the program open at @fd. Return: it, 0 when there is none. */
uint64_t slo_tlslib_entry(int fd);

/**
 * slo_tlslib_accessor - the offset that a function returns the member at
 * @machine: EM_X86_64 or EM_AARCH64
 * @code:    its first @size bytes
 * @wide:    the member is a long; else an int
 *
 * Only for functions that do nothing but load that member of their first argument and
 * return it. Return: the offset, 0 for any other code.
 */
uint32_t slo_tlslib_accessor(uint16_t machine, const uint8_t *code, size_t size, bool wide);

/* One file a process may run code of. */
struct slo_tlslib_map {
	uint64_t start, end; /* of the mapping: names it in map_files */
	uint64_t dev, ino;
	struct slo_str path; /* in the process' own mount namespace; " (deleted)" may follow */
};

/**
 * slo_tlslib_maps - call @each for the executable file mappings of a process
 * @room: memory to read into; what does not fit in its maximum is not looked at
 *
 * Return: 0; -ESRCH when the process is gone; negative errno otherwise.
 */
int slo_tlslib_maps(const char *proc_root, int64_t pid, struct slo_buf *room,
		    void (*each)(void *arg, const struct slo_tlslib_map *m), void *arg);

/** slo_tlslib_parse - one line of /proc/PID/maps. Return: whether it is an executable mapping of a file. */
bool slo_tlslib_parse(struct slo_str line, struct slo_tlslib_map *m);

/**
 * slo_tlslib_open - open the mapped file itself, in whatever mount namespace it is, deleted or not
 *
 * Through map_files; where that is forbidden through the process' root, if the file there is still the same.
 * Return: a descriptor for reading, or negative errno.
 */
int slo_tlslib_open(const char *proc_root, int64_t pid, const struct slo_tlslib_map *m);

/* Names a file's content, whatever mount it is reached by. */
struct slo_tlslib_id {
	uint64_t dev, ino, size, mtime_ns; /* dev is 0 on overlays: containers of one image share the inode below */
};

/** slo_tlslib_identify - Return: 0 or negative errno. */
int slo_tlslib_identify(int fd, struct slo_tlslib_id *out);

#endif
