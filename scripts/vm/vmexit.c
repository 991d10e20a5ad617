/* SPDX-License-Identifier: MIT */
/*
 * vmexit - end the virtual machine from inside, through qemu's isa-debug-exit
 * device at port 0xf4: qemu then exits with 2 * CODE + 1. That the status is
 * odd and of our choosing is what tells "the guest finished" from a panic, a
 * power-off or an error of qemu itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <unistd.h>

#define DEBUG_EXIT_PORT 0xf4

int main(int argc, char **argv)
{
	char *end = NULL;
	long code = argc == 2 ? strtol(argv[1], &end, 10) : -1;

	if (code < 0 || code > 127 || !end || *end) {
		fprintf(stderr, "usage: vmexit CODE, 0 to 127\n");
		return 2;
	}
	sync();
	if (ioperm(DEBUG_EXIT_PORT, 1, 1)) {
		perror("vmexit: ioperm");
		return 1;
	}
	outb((unsigned char)code, DEBUG_EXIT_PORT);
	sleep(5);
	fprintf(stderr, "vmexit: the machine is still there\n");
	return 1;
}
