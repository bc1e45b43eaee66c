// FileFlow.openFlags: Falco's PPM_O_* bits, not the kernel's O_* values. RDONLY and WRONLY are one
// bit each here, and RDWR is both together: a test for the RDONLY bit alone is also true of files
// that were opened for reading and writing.

export const OPEN_NONE = 0;
export const OPEN_RDONLY = 0x1;
export const OPEN_WRONLY = 0x2;
export const OPEN_RDWR = OPEN_RDONLY | OPEN_WRONLY;
export const OPEN_CREAT = 0x4;
export const OPEN_APPEND = 0x8;
export const OPEN_DSYNC = 0x10;
export const OPEN_EXCL = 0x20;
export const OPEN_NONBLOCK = 0x40;
export const OPEN_SYNC = 0x80;
export const OPEN_TRUNC = 0x100;
export const OPEN_DIRECT = 0x200;
export const OPEN_DIRECTORY = 0x400;
export const OPEN_LARGEFILE = 0x800;
export const OPEN_CLOEXEC = 0x1000;
// Newer Falco libs pass these through; upstream's readers do not name them.
export const OPEN_TMPFILE = 0x2000;
/** The open created the file. */
export const OPEN_F_CREATED = 0x4000;
export const OPEN_UPPER_LAYER = 0x8000;
export const OPEN_LOWER_LAYER = 0x10000;
