// The structure that the packer fills in. It stays read-only and has no relocation, so it can be
// read from the first instruction on.

#include "packed.h"

const struct packed_head __packed_head = {
    .marker = {0x7f, 's', 'y', 's', 'f', 'l', 'o', 'w', '-', 'h', 'e', 'a', 'd', 0xa5, 0x5a, 0xc3},
    .layout = PACKED_LAYOUT,
};
