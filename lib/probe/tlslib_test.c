/* SPDX-License-Identifier: MIT */
/* Finding libssl: in this very process, which uses one, and in files made from it. */
#include "probe/tlslib.h"

#include <check.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- code -------------------------------------------------------------------------- */

static const struct {
	const char *code;
	uint16_t machine;
	bool wide;
	uint32_t offset;
} accessor_cases[] = {
	{ "8b 47 64 c3", EM_X86_64, false, 0x64 },
	{ "f3 0f 1e fa 8b 47 64 c3", EM_X86_64, false, 0x64 },
	{ "8b 47 64 31 ff c3", EM_X86_64, false, 0x64 },
	{ "8b 87 d0 04 00 00 31 ff 31 d2 c3", EM_X86_64, false, 0x4d0 },
	{ "48 8b 87 b8 09 00 00 31 ff c3", EM_X86_64, true, 0x9b8 },
	/* not the width asked for */
	{ "48 8b 47 64 c3", EM_X86_64, false, 0 },
	{ "8b 47 64 c3", EM_X86_64, true, 0 },
	/* another register, a negative offset, one no SSL has */
	{ "8b 46 64 c3", EM_X86_64, false, 0 },
	{ "8b 47 f0 c3", EM_X86_64, false, 0 },
	{ "8b 87 00 00 10 00 c3", EM_X86_64, false, 0 },
	/* what it returns is not what it loaded */
	{ "8b 47 64 31 c0 c3", EM_X86_64, false, 0 },
	{ "8b 47 64 83 e0 01 c3", EM_X86_64, false, 0 },
	{ "8b 57 64 31 c0 85 d2 c3", EM_X86_64, false, 0 },
	/* OpenSSL 3.2: which kind of object is it? */
	{ "48 85 ff 74 0b 8b 07 85 c0 75 05 8b 87 a0 00 00 00 c3", EM_X86_64, false, 0 },
	/* ldr w0, [x0, #100]; ret, and after bti c; ldr x0, [x0, #2488]; ret */
	{ "00 64 40 b9 c0 03 5f d6", EM_AARCH64, false, 100 },
	{ "5f 24 03 d5 00 64 40 b9 c0 03 5f d6", EM_AARCH64, false, 100 },
	{ "00 dc 44 f9 c0 03 5f d6", EM_AARCH64, true, 2488 },
	{ "01 64 40 b9 c0 03 5f d6", EM_AARCH64, false, 0 },
	{ "00 64 40 b9 1f 20 03 d5", EM_AARCH64, false, 0 },
	{ "8b 47 64 c3", EM_RISCV, false, 0 },
};

START_TEST(an_accessors_code_says_where_its_member_is)
{
	uint8_t code[32];
	char *end = (char *)(uintptr_t)accessor_cases[_i].code;

	memset(code, 0xcc, sizeof(code));
	for (size_t n = 0; *end && n < sizeof(code); n++)
		code[n] = (uint8_t)strtoul(end, &end, 16);
	ck_assert_uint_eq(slo_tlslib_accessor(accessor_cases[_i].machine, code, sizeof(code), accessor_cases[_i].wide),
			  accessor_cases[_i].offset);
	ck_assert_uint_eq(slo_tlslib_accessor(accessor_cases[_i].machine, code, 7, accessor_cases[_i].wide), 0);
}
END_TEST

/* --- maps ---------------------------------------------------------------------------- */

START_TEST(reads_a_line_of_maps)
{
	static const char line[] = "7f2a4c021000-7f2a4c07f000 r-xp 0001e000 fe:01 1312 "
				   "                      /usr/lib/libssl.so.3 (deleted)";
	struct slo_tlslib_map m;

	ck_assert(slo_tlslib_parse(slo_str(line), &m));
	ck_assert_uint_eq(m.start, 0x7f2a4c021000);
	ck_assert_uint_eq(m.end, 0x7f2a4c07f000);
	ck_assert_uint_eq(m.ino, 1312);
	ck_assert_uint_eq(m.dev, 0xfe01);
	ck_assert(slo_str_is(m.path, "/usr/lib/libssl.so.3 (deleted)"));
}
END_TEST

START_TEST(passes_over_what_is_no_code_of_a_file)
{
	static const char *const lines[] = {
		"", "x", "7f2a4c021000-7f2a4c07f000 r--p 0001e000 fe:01 1312 /usr/lib/libssl.so.3",
		"7f2a4c021000-7f2a4c07f000 r-xp 00000000 00:00 0 ", "7ffd1-7ffd2 r-xp 00000000 00:00 0      [vdso]",
		"7f2a4c021000-7f2a4c07f000 r-xp 00000000 00:0f 77 anon_inode:[perf_event]",
		"7f2a4c021000-7f2a4c07f000 r-xp 00000000 fe:01 1312",
	};
	struct slo_tlslib_map m;

	for (size_t i = 0; i < SLO_ARRAY_LEN(lines); i++)
		ck_assert_msg(!slo_tlslib_parse(slo_str(lines[i]), &m), "%s", lines[i]);
}
END_TEST

/* --- this process ---------------------------------------------------------------------- */

static struct slo_tlslib_map ssl_map;
static char ssl_path[512];
static struct slo_buf room;

static void find_libssl(void *arg, const struct slo_tlslib_map *m)
{
	uintptr_t code = (uintptr_t)dlsym(RTLD_DEFAULT, "SSL_do_handshake");

	(void)arg;
	if (code < m->start || code >= m->end)
		return;
	ssl_map = *m;
	snprintf(ssl_path, sizeof(ssl_path), "%.*s", SLO_STR_ARG(m->path));
}

static void setup(void)
{
	ssl_map = (struct slo_tlslib_map){ 0 };
	slo_buf_init(&room, 1 << 20);
	ck_assert_int_eq(slo_tlslib_maps("/proc", getpid(), &room, find_libssl, NULL), 0);
	ck_assert_uint_ne(ssl_map.start, 0);
}

static void teardown(void)
{
	slo_buf_fini(&room);
}

static int open_libssl(void)
{
	int fd = slo_tlslib_open("/proc", getpid(), &ssl_map);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* The code at the offset in the file is what the process runs. */
static void same_code(int fd, uint64_t offset, const char *function)
{
	const unsigned char *memory = dlsym(RTLD_DEFAULT, function);
	unsigned char file[16];

	ck_assert_uint_ne(offset, 0);
	ck_assert_int_eq(pread(fd, file, sizeof(file), (off_t)offset), sizeof(file));
	/* The first byte is a breakpoint while somebody else has a uprobe there. */
	ck_assert_msg(memory && (memory[0] == file[0] || memory[0] == 0xcc), "%s", function);
	ck_assert_msg(memcmp(file + 1, memory + 1, sizeof(file) - 1) == 0, "%s", function);
}

START_TEST(finds_the_functions_of_our_own_libssl)
{
	struct slo_tlslib lib;
	int fd = open_libssl();

	ck_assert_int_eq(slo_tlslib_inspect(fd, &lib), 0);
	for (int i = 0; i < SLO_TLS__FUNCTIONS; i++)
		ck_assert_uint_ne(lib.offset[i], 0);
	same_code(fd, lib.offset[SLO_TLS_DO_HANDSHAKE], "SSL_do_handshake");
	same_code(fd, lib.offset[SLO_TLS_GET_ERROR], "SSL_get_error");
	same_code(fd, lib.offset[SLO_TLS_WRITE_EX], "SSL_write_ex");
	close(fd);
}
END_TEST

static int int_at(const SSL *s, uint32_t offset)
{
	int v;

	memcpy(&v, (const char *)(const void *)s + offset, sizeof(v));
	return v;
}

START_TEST(the_members_hold_what_the_functions_return)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	SSL *s = SSL_new(ctx);
	struct slo_tlslib lib;
	int fd = open_libssl();

	ck_assert_int_eq(slo_tlslib_inspect(fd, &lib), 0);
	if (!lib.member[SLO_TLS_IN_INIT]) {
		printf("SKIP: this libssl's accessors do more than load a member\n");
		return;
	}
	ck_assert_int_eq(int_at(s, lib.member[SLO_TLS_IN_INIT]), 1);
	SSL_set_accept_state(s);
	ck_assert_int_eq(int_at(s, lib.member[SLO_TLS_SERVER]), 1);
	SSL_set_connect_state(s);
	ck_assert_int_eq(int_at(s, lib.member[SLO_TLS_SERVER]), 0);
	SSL_set_verify_result(s, 42);
	ck_assert_int_eq(int_at(s, lib.member[SLO_TLS_VERIFY]), 42);
	ck_assert_int_eq(int_at(s, lib.member[SLO_TLS_WANT]), SSL_NOTHING);
	ck_assert_int_eq(int_at(s, lib.member[SLO_TLS_HIT]), 0);
	SSL_free(s);
	SSL_CTX_free(ctx);
	close(fd);
}
END_TEST

START_TEST(other_files_have_no_libssl)
{
	struct slo_tlslib lib = { .offset = { 7 } };
	int self = open("/proc/self/exe", O_RDONLY), text = open("/proc/self/maps", O_RDONLY);

	ck_assert_int_eq(slo_tlslib_inspect(self, &lib), -ENOENT);
	ck_assert_int_eq(slo_tlslib_inspect(text, &lib), -ENOEXEC);
	ck_assert_uint_eq(lib.offset[0], 7);
	ck_assert_uint_ne(slo_tlslib_entry(self), 0);
	ck_assert_uint_eq(slo_tlslib_entry(text), 0);
	close(self);
	close(text);
}
END_TEST

START_TEST(a_process_that_is_gone_is_no_process)
{
	ck_assert_int_eq(slo_tlslib_maps("/proc", 0x7ffffff0, &room, find_libssl, NULL), -ESRCH);
}
END_TEST

/* --- files made from it ------------------------------------------------------------------ */

static char copy_path[64];

/* A copy of our libssl with all @from in it replaced by @to, which is no longer. */
static int copy_libssl(const char *from, const char *to)
{
	struct stat st;
	int in = open(ssl_path, O_RDONLY), fd;
	char *data, *p;

	ck_assert_int_ge(in, 0);
	ck_assert_int_eq(fstat(in, &st), 0);
	data = malloc((size_t)st.st_size);
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(pread(in, data, (size_t)st.st_size, 0), st.st_size);
	close(in);
	for (p = data; from && (p = memmem(p, (size_t)(data + st.st_size - p), from, strlen(from))); p++)
		memcpy(p, to, strlen(to) + 1);
	snprintf(copy_path, sizeof(copy_path), "/tmp/tlslib-XXXXXX");
	fd = mkstemp(copy_path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, (size_t)st.st_size), st.st_size);
	free(data);
	return fd;
}

START_TEST(a_go_program_is_left_alone)
{
	struct slo_tlslib lib;
	int fd = copy_libssl(".eh_frame_hdr", ".gopclntab");

	ck_assert_int_eq(slo_tlslib_inspect(fd, &lib), -EOPNOTSUPP);
	close(fd);
	unlink(copy_path);
}
END_TEST

START_TEST(a_libssl_without_symbols_is_told_from_no_libssl)
{
	struct slo_tlslib lib;
	int fd = copy_libssl("SSL_do_handshake", "XXX_do_handshake");

	ck_assert_int_eq(slo_tlslib_inspect(fd, &lib), -ENODATA);
	close(fd);
	unlink(copy_path);
}
END_TEST

START_TEST(a_deleted_file_is_found_through_its_mapping)
{
	struct slo_tlslib_map m = ssl_map;
	struct slo_tlslib lib;
	int fd = copy_libssl(NULL, NULL), again;
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	struct stat st;

	ck_assert_ptr_ne(code, MAP_FAILED);
	ck_assert_int_eq(fstat(fd, &st), 0);
	close(fd);
	unlink(copy_path);
	m.start = (uintptr_t)code;
	m.end = m.start + 4096;
	m.ino = st.st_ino;
	again = slo_tlslib_open("/proc", getpid(), &m);
	if (again < 0 && geteuid() != 0) {
		printf("SKIP: map_files need a capability\n");
		return;
	}
	ck_assert_int_ge(again, 0);
	ck_assert_int_eq(slo_tlslib_inspect(again, &lib), 0);
	close(again);
	munmap(code, 4096);
}
END_TEST

START_TEST(without_map_files_another_file_under_the_name_is_refused)
{
	struct slo_tlslib_map m = ssl_map;
	int fd;

	m.start = 1; /* no such mapping */
	m.end = 2;
	m.path = slo_str(ssl_path);
	fd = slo_tlslib_open("/proc", getpid(), &m);
	ck_assert_int_ge(fd, 0);
	close(fd);
	m.ino++;
	ck_assert_int_eq(slo_tlslib_open("/proc", getpid(), &m), -ESTALE);
	m.path = slo_str("/nowhere/libssl.so");
	ck_assert_int_eq(slo_tlslib_open("/proc", getpid(), &m), -ENOENT);
}
END_TEST

START_TEST(two_names_of_a_file_are_one_and_a_copy_is_another)
{
	struct slo_tlslib_id a, b, c;
	char name[80];
	int fd = copy_libssl(NULL, NULL), linked, own = open_libssl();

	snprintf(name, sizeof(name), "%s.link", copy_path);
	ck_assert_int_eq(link(copy_path, name), 0);
	linked = open(name, O_RDONLY);
	ck_assert_int_eq(slo_tlslib_identify(fd, &a), 0);
	ck_assert_int_eq(slo_tlslib_identify(linked, &b), 0);
	ck_assert_int_eq(slo_tlslib_identify(own, &c), 0);
	ck_assert_mem_eq(&a, &b, sizeof(a));
	ck_assert_mem_ne(&a, &c, sizeof(a));
	close(fd);
	close(linked);
	close(own);
	unlink(name);
	unlink(copy_path);
}
END_TEST

/* --- how it ends -------------------------------------------------------------------------- */

START_TEST(only_errors_that_are_final_are_failures)
{
	static const int again[] = { SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_X509_LOOKUP,
				     SSL_ERROR_WANT_CONNECT, SSL_ERROR_WANT_ACCEPT, SSL_ERROR_WANT_ASYNC,
				     SSL_ERROR_WANT_ASYNC_JOB, SSL_ERROR_WANT_CLIENT_HELLO_CB, SSL_ERROR_NONE };

	for (size_t i = 0; i < SLO_ARRAY_LEN(again); i++)
		ck_assert(!slo_tls_error_is_final((__u32)again[i]));
	ck_assert(slo_tls_error_is_final(SSL_ERROR_SSL));
	ck_assert(slo_tls_error_is_final(SSL_ERROR_SYSCALL));
	ck_assert(slo_tls_error_is_final(SSL_ERROR_ZERO_RETURN));
}
END_TEST

START_TEST(what_is_freed_halfway_was_given_up_or_had_failed)
{
	/* The application asked, and was told to call again. */
	ck_assert_uint_eq(slo_tls_unfinished(1, SSL_NOTHING, SLO_TLS_BLOCKING), SLO_BPF_ABORTED);
	/* It did not ask: the library had met an error, a blocking call came back. */
	ck_assert_uint_eq(slo_tls_unfinished(0, SSL_NOTHING, SLO_TLS_BLOCKING_UNKNOWN), SLO_BPF_FAILED);
	ck_assert_uint_eq(slo_tls_unfinished(0, SSL_READING, SLO_TLS_BLOCKING), SLO_BPF_FAILED);
	ck_assert_uint_eq(slo_tls_unfinished(0, SSL_READING, SLO_TLS_NON_BLOCKING), SLO_BPF_ABORTED);
	ck_assert_uint_eq(slo_tls_unfinished(0, 0, SLO_TLS_BLOCKING_UNKNOWN), SLO_BPF_ABORTED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tlslib");
	TCase *pure = tcase_create("pure"), *live = tcase_create("this process");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(pure, an_accessors_code_says_where_its_member_is, 0,
			    (int)SLO_ARRAY_LEN(accessor_cases));
	tcase_add_test(pure, reads_a_line_of_maps);
	tcase_add_test(pure, passes_over_what_is_no_code_of_a_file);
	tcase_add_test(pure, only_errors_that_are_final_are_failures);
	tcase_add_test(pure, what_is_freed_halfway_was_given_up_or_had_failed);
	suite_add_tcase(s, pure);
	tcase_add_checked_fixture(live, setup, teardown);
	tcase_add_test(live, finds_the_functions_of_our_own_libssl);
	tcase_add_test(live, the_members_hold_what_the_functions_return);
	tcase_add_test(live, other_files_have_no_libssl);
	tcase_add_test(live, a_process_that_is_gone_is_no_process);
	tcase_add_test(live, a_go_program_is_left_alone);
	tcase_add_test(live, a_libssl_without_symbols_is_told_from_no_libssl);
	tcase_add_test(live, a_deleted_file_is_found_through_its_mapping);
	tcase_add_test(live, without_map_files_another_file_under_the_name_is_refused);
	tcase_add_test(live, two_names_of_a_file_are_one_and_a_copy_is_another);
	suite_add_tcase(s, live);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
